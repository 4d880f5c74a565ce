# SPDX-License-Identifier: BSD-2-Clause
# A session that expires is a logout that everybody hears of; activity moves an idle limit on.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Slo;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
receiver( a => 'ok' );
receiver( b => 'ok' );
make_key('op');
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part() );
    $block->set_value( config => server_part() );
} );
run_tests();

__DATA__

=== TEST 1: the end of its absolute life ends a session, and its client is told
--- request eval
[ SloTest::Slo::registration(client_id => 'back', absolute => 1), 'GET /api/main/sessions/s1' ]
--- error_code eval
[201, 200]
--- response_body_like eval
['', '"state":"live"']
--- received
a: POST /logout?tenant=1
--- received_claims
a: sid=s1
--- redis_after
EVAL return(redis.call('HGET',redis.call('KEYS','*:s:s1')[1],'r')) 0 => expired


=== TEST 2: so does its idle limit, where there is no activity
--- request eval
[ SloTest::Slo::registration(client_id => 'both', idle => 1) ]
--- error_code eval
[201]
--- received
b: POST /
--- redis_after
EVAL return(redis.call('HGET',redis.call('KEYS','*:s:s1')[1],'r')) 0 => expired
