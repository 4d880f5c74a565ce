# SPDX-License-Identifier: BSD-2-Clause
# slo_bind: the cookies that a login callback sets are tied to their session before they leave.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Slo;
use SloTest::Rp;
use SloTest::App;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
Test::Nginx::Socket::log_level('info');
receiver( a => 'ok' );
receiver( b => 'ok' );
make_key('op');

# An application that is its own client: its callback sets what `set` says; its pages know nothing of sessions.
our $app = <<'END';
slo_cookie JSESSIONID track;
location /app/ { slo_guard main; proxy_set_header X-Status $slo_status; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
location = /app/callback { slo_bind main sid=$arg_session_state sub=$arg_sub; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/saw; }
END
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part('client_id gateway;') . ( $block->http // '' ) );
    $block->set_value( config => server_part() . rp_part() . app_part() . ( $block->config // $main::app ) );
    SloTest::App::visit($block);
} );
run_tests();

__DATA__

=== TEST 1: what the callback sets is its session's at once, and ends with it
--- visits
/app/callback?session_state=s1&set=JSESSIONID=x => 200, saw []
   sets JSESSIONID=x
/app/ <- JSESSIONID=x => 200, saw [ok|JSESSIONID=x]
/app/ <- JSESSIONID=y => 200, saw [unbound|JSESSIONID=y]
logout sid=s1
/app/ <- JSESSIONID=x => 401
/app/ <- JSESSIONID=y => 200, saw [unbound|JSESSIONID=y]
--- no_error_log
[warn]
[error]


=== TEST 2: nothing is bound where nothing names the session, where nothing is set, or the answer is no success
--- config eval
$main::app =~ s{/saw;}{/saw; error_page 418 = /none;}r . 'location = /refused { slo_bind main sid=$arg_session_state; add_header Set-Cookie $arg_set always; return 403; }'
--- visits
/app/callback?set=JSESSIONID=x => 200, saw []
   sets JSESSIONID=x
/app/callback?session_state=%01&set=JSESSIONID=x => 200
/app/callback?session_state=s1 => 200
/app/callback?session_state=s1&set=JSESSIONID=;Max-Age=0 => 200
/app/callback?session_state=s1&set=other=x => 200
/refused?session_state=s1&set=JSESSIONID=x => 403
   sets JSESSIONID=x
/app/ <- JSESSIONID=x => 200, saw [unbound|JSESSIONID=x]
--- no_error_log
[warn]
[error]


=== TEST 3: a cookie that is somebody's stays his: a callback binds, and revokes nothing
--- visits
/app/callback?session_state=s1&set=JSESSIONID=x => 200
/app/callback?session_state=s2&set=JSESSIONID=x => 200
logout sid=s2
/app/ <- JSESSIONID=x => 200, saw [ok|JSESSIONID=x]
logout sid=s1
/app/ <- JSESSIONID=x => 401


=== TEST 4: a logout of the user ends it, where the callback names him
--- visits
/app/callback?session_state=s1&sub=ann&set=JSESSIONID=x => 200
/app/callback?session_state=s2&set=JSESSIONID=y => 200
DELETE /api/main/users/ann/sessions => 200
/app/ <- JSESSIONID=x => 401
/app/ <- JSESSIONID=y => 200, saw [ok|JSESSIONID=y]


=== TEST 5: while the store is away the login goes on, and is counted
--- init
SloTest::Redis::stop();
--- visits
/app/callback?session_state=s1&set=JSESSIONID=x => 200, saw []
   sets JSESSIONID=x


=== TEST 6: a store that hangs is waited for, for its timeout
--- init
SloTest::Redis::freeze();
--- visits
/app/callback?session_state=s1&set=JSESSIONID=x => 200, saw []
   sets JSESSIONID=x


=== TEST 7: several cookies, pieces, and a HEAD
--- config
slo_cookie JSESSIONID part_* track;
location /app/ { slo_guard main; proxy_set_header X-Status $slo_status; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
location = /app/callback { slo_bind main sid=$arg_session_state; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/saw; }
--- visits
/app/callback?session_state=s1&set=part_0=x&set2=part_1=y => 200
HEAD /app/callback?session_state=s1&set=JSESSIONID=z => 200
logout sid=s1
/app/ <- part_0=x => 401
/app/ <- part_1=y => 401
/app/ <- JSESSIONID=z => 401


=== TEST 8: a large answer is held whole, and goes on byte for byte
--- config
slo_cookie JSESSIONID track;
location = /large { add_header Set-Cookie "JSESSIONID=x"; alias $TEST_NGINX_DIR/large; }
location = /app/callback { slo_bind main sid=$arg_session_state; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/large; }
--- init
SloTest::write_file( 'large', 'line of text' x 50_000 );
--- request
GET /app/callback?session_state=s1
--- response_body eval
'line of text' x 50_000


=== TEST 9: by the code, what slo_learn has not seen binds nothing
--- config
slo_cookie JSESSIONID track;
location /app/ { slo_guard main; proxy_set_header X-Status $slo_status; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
location = /app/callback { slo_bind main code=$arg_code; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/saw; }
--- visits
/app/callback?code=c1&set=JSESSIONID=x => 200, saw []
   sets JSESSIONID=x
--- error_log eval
qr/\[info\].* slo: bound nothing: slo_learn has not seen this code, provider "main"/


=== TEST 10: by the code, which slo_learn has seen at both ends: the session is the OP's, as are its user and its other clients
--- config eval
my $jwt = SloTest::Slo::hint( aud => 'back', sid => 's1', sub => 'ann' );
my $token = "location = /token { slo_learn main; proxy_pass http://127.0.0.1:\$server_port/op/token; }
    location = /op/token { default_type application/json; return 200 '{\"id_token\":\"$jwt\"}'; }";
$token . <<'END';
location = /auth { slo_learn main; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/op/code; proxy_redirect off; }
location = /op/code { add_header Set-Cookie "op_session=new; Path=/"; return 302 https://app.example/cb?code=c%2F1&state=s; }
slo_cookie JSESSIONID track;
location /app/ { slo_guard main; proxy_set_header X-Status $slo_status; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
location = /app/callback { slo_bind main code=$arg_code; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/saw; }
END
--- request eval
['GET /auth', "POST /token\ncode=c%2F1", 'GET /app/callback?code=c%2F1&set=JSESSIONID=x', 'GET /app/', 'DELETE /api/main/users/ann/sessions', 'GET /app/']
--- more_headers eval
['', 'Content-Type: application/x-www-form-urlencoded', '', 'Cookie: JSESSIONID=x', '', 'Cookie: JSESSIONID=x']
--- error_code eval
[302, 200, 200, 200, 200, 401]
--- response_body_like eval
['', '', 'saw', 'saw \[(ok|syncing)\|JSESSIONID=x\]', '"ended":\["~[\w-]{22}"\]', '']
--- received
a: POST /logout?tenant=1


=== TEST 11: a callback that names no session is a line, and so is one whose name cannot be one
--- request
GET /app/callback?set=JSESSIONID=x
--- error_log eval
qr/\[info\].* slo: bound nothing: the callback has no sid, provider "main"/


=== TEST 12: what is encoded is decoded
--- request
GET /app/callback?session_state=%01&set=JSESSIONID=x
--- error_log eval
qr/\[info\].* slo: bound nothing: the callback's sid or sub cannot be one, provider "main"/
