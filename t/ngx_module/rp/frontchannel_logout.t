# SPDX-License-Identifier: BSD-2-Clause
# slo_frontchannel_logout: the request of an OP's iframe ends a session, by iss and sid and without a cookie.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Slo;
use SloTest::Rp;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
Test::Nginx::Socket::log_level('info');
receiver( a => 'ok' );
receiver( b => 'ok' );
make_key('op');
our $iss = 'https%3A%2F%2Fop.example';
add_block_preprocessor( sub {
    my $block = shift;
    my $store = $block->store // '';
    $block->set_value( http_config => http_part( 'client_id gateway; ' . ( $block->provider // '' ) ) =~ s/zone=slo:256k/zone=slo:256k $store/r );
    $block->set_value( config => server_part() . rp_part() . 'location /app/ { slo_guard main sid=$arg_sid; empty_gif; }'
          . ( $block->config // '' ) );
} );
run_tests();

__DATA__

=== TEST 1: the session is over, and the answer may be framed by its issuer alone
--- config
add_header X-Frame-Options DENY always;
add_header Content-Security-Policy "frame-ancestors 'none'" always;
--- request eval
["GET /slo/front?iss=$main::iss&sid=secret-sid", 'GET /app/?sid=other']
--- error_code eval
[200, 200]
--- response_headers eval
["Cache-Control: no-store\nContent-Security-Policy: default-src 'none'; frame-ancestors https://op.example\n! X-Frame-Options\n! Set-Cookie", '']
--- no_error_log
secret-sid
[warn]
[error]


=== TEST 2: again it succeeds, and what nobody knows does as well
--- request eval
["GET /slo/front?iss=$main::iss&sid=s1", "GET /slo/front?sid=s1&iss=$main::iss&other=1", "HEAD /slo/front?iss=$main::iss&sid=s1"]
--- error_code eval
[200, 200, 200]


=== TEST 3: iss and sid come together, once, and iss is ours
--- request eval
["GET /slo/front", "GET /slo/front?iss=$main::iss", "GET /slo/front?sid=s1", "GET /slo/front?iss=https://else.example&sid=s1",
 "GET /slo/front?iss=$main::iss&sid=s1&sid=s2", "GET /slo/front?iss=$main::iss&iss=$main::iss&sid=s1", "GET /slo/front?iss=$main::iss&sid=",
 'GET /app/?sid=s1']
--- error_code eval
[(400) x 7, 200]
--- response_headers eval
[("Cache-Control: no-store") x 7, '']


=== TEST 4: an OP that sends no iss is obeyed where that is configured
--- provider: frontchannel_iss optional;
--- request eval
["GET /slo/front?sid=s1", 'GET /app/?sid=s1', "GET /slo/front?iss=https://else.example&sid=s2"]
--- error_code eval
[200, 401, 400]


=== TEST 5: it is read with GET and HEAD only
--- request eval
["POST /slo/front?iss=$main::iss&sid=s1\na=b", 'GET /app/?sid=s1']
--- error_code eval
[405, 200]


=== TEST 6: while the store is away the OP's page learns that nothing has ended
--- init
SloTest::Redis::stop();
--- request eval
"GET /slo/front?iss=$main::iss&sid=s1"
--- error_code: 503
--- response_headers
Content-Security-Policy: default-src 'none'; frame-ancestors https://op.example


=== TEST 7: who knows no sid cannot fill the zone: what no signature proves has a quarter of it (marks_full)
--- store: marks=64k
--- init
SloTest::redis_command( 'XADD', 'slo{53t}:0Y3Fr5hHvd3HOqRaRcvxQT:rs', '*', map { ( 'f', "flood-$_" ) } 1 .. 832 ); select undef, undef, undef, 0.5;
--- request eval
["GET /slo/front?iss=$main::iss&sid=s1", 'GET /app/?sid=flood-7', 'GET /app/?sid=s1', SloTest::Rp::logout_token(sid => 's1'), 'GET /app/?sid=s1']
--- more_headers
Content-Type: application/x-www-form-urlencoded
--- error_code eval
[503, 401, 200, 200, 401]


=== TEST 8: the log names the method that came, and those that are needed
--- request eval
"POST /slo/front?iss=$main::iss&sid=s1\na=b"
--- error_code: 405
--- error_log
slo: refused a method: POST, where GET or HEAD is needed, provider "main"
