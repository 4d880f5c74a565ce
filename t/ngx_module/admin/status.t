# SPDX-License-Identifier: BSD-2-Clause
# slo_status: counters for machines, with or without a store.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Slo;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
Test::Nginx::Socket::log_level('info');
receiver( a => 'ok' );
receiver( b => '400' );
make_key('op');
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part() ) if !defined $block->http_config;
    $block->set_value( config => server_part() )    if !defined $block->config;
} );
run_tests();

__DATA__

=== TEST 1: the status page counts
--- request eval
[ SloTest::Slo::registration(client_id => 'back'), 'GET /logout', 'GET /status' ]
--- error_code eval
[201, 200, 200]
--- response_body_like eval
['', '', '(?s)slo_store_up 1.*slo_logouts_already_over_total [1-9].*slo_registrations_total [1-9].*slo_store_new_total\{provider="main"\} 1']


=== TEST 2: as JSON, where that is configured
--- config eval
SloTest::Slo::server_part() . "location = /json { slo_status format=json; }\n"
--- request eval
['GET /api/main/sessions/none', 'GET /json']
--- error_code eval
[404, 200]
--- response_body_like eval
['', '^\{"store_up":true,"host":\{"logouts_ended":\d+,.*"providers":\{"main":\{"deliveries_pending":0,"deliveries_dead":0.*\}\}\}$']


=== TEST 3: without a store it says that, and goes on
--- init
SloTest::Redis::stop();
--- request
GET /status
--- response_body_like: (?s)\A# TYPE slo_store_up gauge\nslo_store_up 0\n.*slo_logouts_ended_total 0


=== TEST 4: it is read with GET and HEAD only
--- request eval
['POST /status', 'HEAD /status', 'DELETE /status']
--- error_code eval
[405, 200, 405]
--- response_headers eval
['Allow: GET, HEAD', 'Allow: ', 'Allow: GET, HEAD']


=== TEST 5: all providers are shown, more than are asked about at once
--- http_config eval
SloTest::Slo::http_part() . CORE::join '', map { "slo_provider p$_ { issuer https://p$_.example; signing_key $ENV{TEST_NGINX_DIR}/op.pem; session_cookie c$_; client plain { } }\n" } 1 .. 17
--- request eval
[ SloTest::Slo::registration(client_id => 'plain') =~ s{/api/main}{/api/p17}r, 'GET /status' ]
--- error_code eval
[201, 200]
--- response_body_like eval
['', '(?s)\A.*slo_store_up 1\n.*# TYPE slo_deliveries_pending gauge\nslo_deliveries_pending\{provider="main"\} 0\n'
   . CORE::join( '', map {"slo_deliveries_pending\\{provider=\"p$_\"\\} 0\n"} 1 .. 17 )
   . '.*# TYPE slo_store_new_total counter\nslo_store_new_total\{provider="main"\} 0\n'
   . CORE::join( '', map { "slo_store_new_total\\{provider=\"p$_\"\\} " . ( $_ == 17 ? 1 : 0 ) . "\n" } 1 .. 17 )]
