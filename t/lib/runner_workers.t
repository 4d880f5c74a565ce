# SPDX-License-Identifier: BSD-2-Clause
# The runner starts a master with several workers where a suite asks for them, and repeats blocks.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(no_module);
use Test::Nginx::Socket 'no_plan';

workers(2);
master_on();
worker_connections(128);
log_level('notice');
repeat_each(2);
run_tests();

__DATA__

=== TEST 1: two workers
--- config
    location = /t { return 200 "$pid\n"; }
--- request
GET /t
--- response_body_like: ^\d+$
--- init
die "no master\n" if !-s Test::Nginx::Socket::server_root() . '/logs/nginx.pid';
my $log = Test::Nginx::Socket::server_root() . '/logs/error.log';
for (1 .. 100) { last if (grep { /start worker process \d/ } do { open my $in, '<', $log; <$in> }) == 2; select undef, undef, undef, 0.02 }
my $started = grep { /start worker process \d/ } do { open my $in, '<', $log; <$in> };
die "$started workers\n" if $started != 2;
