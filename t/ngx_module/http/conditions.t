# SPDX-License-Identifier: BSD-2-Clause
# Conditions around our handlers: `if` and `limit_except` within their locations, and conditional requests. None of them
# changes what a logout is. (slo_end_session, slo_api, slo_status, slo_jwks)
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Logged;
use SloTest::Slo;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
Test::Nginx::Socket::log_level('info');
receiver( a => 'ok' );
receiver( b => 'ok' );
make_key('op');
our $ifs = <<'END';
    location = /if/access_log { slo_end_session main; if ($arg_client_id) { access_log off; } }
    location = /if/set        { slo_end_session main; if ($http_user_agent ~* bot) { set $limit_rate 1k; } }
    location = /if/header     { slo_end_session main; if ($request_method = GET) { add_header X-If yes always; } }
    location = /if/break      { slo_end_session main; if ($args) { break; } }
    location = /if/nested     { slo_end_session main; if ($args) { set $x 1; } if ($x) { set $x 2; } if ($x = 2) { add_header X-If twice always; } }
    location = /if/jwks       { slo_jwks main; if ($args) { add_header X-If yes; } }
    location = /if/json       { slo_status format=json; if ($args) { add_header X-If yes; } }
    location /if/api/         { slo_api write=on; if ($request_method = DELETE) { add_header X-If yes; } }
END
our $excepts = <<'END';
    location = /le/logout { slo_end_session main; limit_except GET { allow 127.0.0.1; deny all; } }
    location = /le/denied { slo_end_session main; limit_except GET { deny all; } }
    location /le/api/     { slo_api write=on; limit_except GET { allow 127.0.0.1; deny all; } }
    location = /le/status { slo_status format=json; limit_except POST { allow 127.0.0.1; deny all; } }
    location = /le/jwks   { slo_jwks main; limit_except POST { allow 127.0.0.1; deny all; } }
END
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part() );
    $block->set_value( config => server_part() . ( $block->config // '' ) );
} );
look_at_logged();
run_tests();

__DATA__

=== TEST 1: an `if` that holds leaves the handler what it is
--- config eval: $::ifs
--- request eval
[ map { "GET /if/$_?client_id=back" } qw(access_log set header break nested) ]
--- more_headers
User-Agent: robot
--- error_code eval
[ (200) x 5 ]
--- response_body_like eval
[ ('You are not signed in here') x 5 ]
--- raw_response_headers_like eval
[ '', '', 'X-If: yes', '', 'X-If: twice' ]


=== TEST 2: keys, counters and the API, too
--- config eval: $::ifs
--- request eval
[ 'GET /if/jwks?x=1', 'GET /if/json?x=1', 'POST /if/api/main/sessions
{"client_id":"back","sid":"s1","sub":"alice"}', 'DELETE /if/api/main/sessions/s1' ]
--- more_headers
Content-Type: application/json
--- error_code eval
[ 200, 200, 201, 200 ]
--- response_body_like eval
[ '"keys":\[\{', '^\{.*"providers":', '"sid":"s1"', '"sid":"s1"' ]
--- received
a: POST /logout?tenant=1


=== TEST 3: and the query stays out of the log
--- config eval: $::ifs
--- request eval
[ 'GET /if/break?id_token_hint=eyJsecret.a.b', 'GET /if/header?id_token_hint=eyJsecret.a.b' ]
--- error_code eval
[ 400, 400 ]
--- error_log
slo: refused
--- no_error_log
eyJsecret


=== TEST 4: whom limit_except lets pass is answered by the location around it
--- config eval: $::excepts
--- request eval
[
  'GET /le/logout',
  "POST /le/logout\nclient_id=back",
  "POST /le/denied\nclient_id=back",
  'GET /le/status',
  'GET /le/jwks',
]
--- more_headers
Content-Type: application/x-www-form-urlencoded
--- error_code eval
[ 200, 200, 403, 200, 200 ]
--- response_body_like eval
[ ('You are not signed in here') x 2, '403', '^\{.*"providers":', '"keys":\[\{' ]


=== TEST 5: writes included
--- config eval: $::excepts
--- request eval
[ "POST /le/api/main/sessions\n" . '{"client_id":"back","sid":"s1","sub":"alice"}', 'DELETE /le/api/main/sessions/s1' ]
--- more_headers
Content-Type: application/json
--- error_code eval
[ 201, 200 ]
--- received
a: POST /logout?tenant=1


=== TEST 6: what has happened is not answered as if it had not: conditional requests
--- request eval
[
  SloTest::Slo::registration(client_id => 'back', session_cookie => 'c'),
  'DELETE /api/main/sessions/s1',
  'DELETE /api/main/sessions/s1',
  'DELETE /api/main/sessions/s1',
  'GET /logout?id_token_hint=' . SloTest::Slo::hint(),
  'GET /logout?id_token_hint=' . SloTest::Slo::hint(),
]
--- more_headers eval
[ map { "Content-Type: application/json\n$_" } '', 'If-Match: "x"', 'If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT', 'If-None-Match: *', 'If-Match: "x"', 'If-None-Match: *' ]
--- error_code eval
[ 201, (200) x 5 ]
--- response_body_like eval
[ '', ('"sid":"s1"') x 3, ('You are signed out') x 2 ]
--- raw_response_headers_like eval
[ ('') x 4, ('Set-Cookie: op_session=;') x 2 ]


=== TEST 7: a mirrored request leaves no query of it in our lines
--- config
    location = /mirrored { slo_end_session main; mirror /m; }
    location = /m        { internal; proxy_pass $TEST_NGINX_RECEIVER_B; }
--- request eval
[ SloTest::Slo::registration(client_id => 'back'), 'GET /mirrored?id_token_hint=' . SloTest::Slo::hint() ]
--- error_code eval
[ 201, 200 ]
--- logged
^(?!.*id_token_hint).*slo: logout ended
