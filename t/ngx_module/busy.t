# SPDX-License-Identifier: BSD-2-Clause
# A store that hangs fills the link only so far: then requests are refused at once instead of piling up in memory.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Slo;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
worker_connections(1000);
log_level('info');
receiver( a => 'ok' );
receiver( b => 'ok' );
make_key('op');
our @crowd;

# Each asks for the counters of every partition; nobody is answered while Redis is frozen.
sub crowd_in {
    sleep 1;    # the link is up by then
    SloTest::Redis::freeze();
    for ( 1 .. 450 ) {
        my $socket = IO::Socket::INET->new( PeerAddr => "127.0.0.1:$ENV{TEST_NGINX_PORT}" ) or die "connect: $!\n";
        $socket->syswrite("GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n");
        push @crowd, $socket;
    }
    sleep 1;
    return;
}
add_block_preprocessor( sub {
    my $block = shift;
    ( my $http = http_part() ) =~ s/timeout=500ms/timeout=20s/;
    $block->set_value( http_config => $http . "log_format fault '\$slo_fault';\n" );
    $block->set_value( config => server_part() . "    access_log $ENV{TEST_NGINX_DIR}/faults fault;\n" );
} );
add_test_cleanup_handler( sub {
    my $block = shift;
    Test::More::like( read_file('faults'), qr/^store_busy$/m, $block->name . ' - the fault is store_busy' );
    @crowd = ();
} );
run_tests();

__DATA__

=== TEST 1: refused at once
--- init
main::crowd_in();
--- request eval
'GET /logout?id_token_hint=' . SloTest::Slo::hint()
--- timeout: 5
--- error_code: 503
--- response_headers_like
Retry-After: \d+
