# SPDX-License-Identifier: BSD-2-Clause
# slo_backchannel_logout: 200 or 400, and nothing else. What is checked of a token: t/core/rp/received_logout_test.cpp.
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
make_key($_) for qw(op other);
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part('client_id gateway second;') . ( $block->http // '' ) );
    $block->set_value( config => server_part() . rp_part() . 'location /app/ { slo_guard main sid=$arg_sid; empty_gif; }'
          . ( $block->config // '' ) );
    $block->set_value( more_headers => 'Content-Type: application/x-www-form-urlencoded' ) if !defined $block->more_headers;
} );
run_tests();

__DATA__

=== TEST 1: a logout token ends its session, and has its line, without its names
--- request eval
SloTest::Rp::logout_token(sid => 'secret-sid', sub => 'secret-sub')
--- response_headers
Cache-Control: no-store
! Content-Type
! Set-Cookie
! Location
--- response_body
--- error_log eval
qr/\[info\].* slo: logout received: session #[\w-]{8}, backchannel, provider "main"/
--- no_error_log
secret-s
[warn]
[error]


=== TEST 2: once more it succeeds, by the same token and by another one
--- request eval
my $request = SloTest::Rp::logout_token(sid => 's1');
[$request, $request, SloTest::Rp::logout_token(sid => 's1'), 'GET /app/?sid=s1', 'GET /status']
--- error_code eval
[200, 200, 200, 401, 200]
--- response_body_like eval
['^$', '^$', '^$', '', "slo_logouts_received_total 3\n"]


=== TEST 3: a session that nobody knows is over as well
--- request eval
SloTest::Rp::logout_token(sid => 'never-seen')
--- error_code: 200


=== TEST 4: what is refused says why, and changes nothing
--- request eval
my %names = (sid => 's1', sub => 'alice');
[SloTest::Rp::logout_token(%names, _key => 'other'), SloTest::Rp::logout_token(%names, iss => 'https://else.example'),
 SloTest::Rp::logout_token(%names, aud => 'else'), SloTest::Rp::logout_token(%names, exp => time - 100),
 SloTest::Rp::logout_token(%names, nonce => 'n'), SloTest::Rp::logout_token(%names, events => {}),
 SloTest::Rp::logout_token(), SloTest::Rp::logout_token(%names, jti => undef), "POST /slo/back\nlogout_token=x",
 "POST /slo/back\nother=1", "POST /slo/back\n", 'GET /slo/back?logout_token=' . SloTest::Rp::signed_logout(%names),
 'PUT /slo/back', 'GET /app/?sid=s1', 'GET /status']
--- error_code eval
[(400) x 13, 200, 200]
--- response_headers eval
[("Cache-Control: no-store\nContent-Type: application/json") x 13, '', '']
--- response_body_like eval
[('^\{"error":"invalid_request","error_description":"[^"]+"\}$') x 13, '', "slo_logouts_received_refused_total 13\n"]


=== TEST 5: JSON is no form
--- more_headers
Content-Type: application/json
--- request
POST /slo/back
{"logout_token":"x"}
--- error_code: 400


=== TEST 6: a body of more than may be is not read to its end
--- request eval
"POST /slo/back\nlogout_token=" . 'x' x 100_000
--- error_code: 400
--- response_body_like: "error":


=== TEST 7: while the store is away nothing is acknowledged
--- init
SloTest::Redis::stop();
--- request eval
SloTest::Rp::logout_token(sid => 's1')
--- error_code: 400
--- response_body_like: "error":"temporarily_unavailable"
--- error_log
the store cannot be reached


=== TEST 8: a store that hangs is waited for, for its timeout, and a later attempt succeeds
--- init
SloTest::Redis::freeze();
--- request eval
SloTest::Rp::logout_token(sid => 's1')
--- error_code: 400


=== TEST 9: one door for several OPs: each token is judged by its issuer's rules
--- http
slo_provider second { issuer https://second.example; client_id their-gateway; jwks off; signing_key $TEST_NGINX_DIR/op.pem;
    client x { post_logout_redirect_uris https://x.example/; } }
--- config
location = /both { slo_backchannel_logout main second; }
location /theirs/ { slo_guard second sid=$arg_sid; empty_gif; }
--- request eval
my $theirs = SloTest::Rp::signed_logout(iss => 'https://second.example', aud => 'their-gateway', sid => 's1');
my $wrong = SloTest::Rp::signed_logout(iss => 'https://second.example', aud => 'gateway', sid => 's2');
["POST /both\nlogout_token=$wrong", "POST /both\nlogout_token=$theirs", 'GET /theirs/?sid=s1', 'GET /app/?sid=s1', 'GET /theirs/?sid=s2',
 "POST /both\nlogout_token=" . SloTest::Rp::signed_logout(sid => 's3'), 'GET /app/?sid=s3']
--- error_code eval
[400, 200, 401, 200, 200, 200, 401]


=== TEST 10: it asks nobody to log in, and needs no cookie: access rules are the operator's own
--- config
location = /here { auth_request off; slo_backchannel_logout main; }
--- request eval
"POST /here\nlogout_token=" . SloTest::Rp::signed_logout(sid => 's1')
--- error_code: 200


=== TEST 11: an "if" receives as its location does
--- config
location = /here { if ($arg_x) { add_header X-If yes; } slo_backchannel_logout main; }
--- request eval
"POST /here?x=1\nlogout_token=" . SloTest::Rp::signed_logout(sid => 's1')
--- error_code: 200


=== TEST 12: the log names the method that came, and the one that is needed
--- request eval
'GET /slo/back?logout_token=' . SloTest::Rp::signed_logout(sid => 's1')
--- error_code: 400
--- error_log
slo: refused a method: GET, where POST is needed, client
--- no_error_log
[error]
