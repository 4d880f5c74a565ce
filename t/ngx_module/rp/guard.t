# SPDX-License-Identifier: BSD-2-Clause
# slo_guard: judges behind every access check and in front of content, each request once (see t/journeys/guard.mjs).
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Slo;
use SloTest::Rp;
use SloTest::Logged;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
Test::Nginx::Socket::log_level('info');
receiver( a => 'ok' );
receiver( b => 'ok' );
make_key('op');
look_at_logged();
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part('client_id gateway;') . ( $block->http // '' ) );
    $block->set_value( config => server_part() . rp_part() . ( $block->config // '' ) );
    $block->set_value( more_headers => 'Content-Type: application/x-www-form-urlencoded' );
} );
run_tests();

__DATA__

=== TEST 1: who is not marked passes, who is does not, and who names no session does
--- config
location /app/ { slo_guard main sid=$arg_sid; add_header X-Status $slo_status always; empty_gif; }
--- request eval
['GET /app/?sid=g1', SloTest::Rp::logout_token(sid => 'g1'), 'GET /app/?sid=g1', 'GET /app/?sid=g2', 'GET /app/']
--- error_code eval
[200, 200, 401, 200, 200]
--- response_headers_like eval
['', '', "X-Status: ended\nCache-Control: no-store", "X-Status: (?:ok|syncing)", 'X-Status: none']
--- no_error_log
[warn]
[error]


=== TEST 2: "satisfy any" does not overrule it
--- config
location /app/ { satisfy any; allow all; deny all; slo_guard main sid=$arg_sid; empty_gif; }
--- request eval
[SloTest::Rp::logout_token(sid => 'g1'), 'GET /app/?sid=g1', 'GET /app/?sid=g2']
--- error_code eval
[200, 401, 200]


=== TEST 3: it sees what auth_request has learnt, also from a cache, and does not judge its subrequests
--- http
proxy_cache_path cache keys_zone=auth:1m;
--- config
location = /auth-upstream { add_header X-Sid $arg_sid; add_header Cache-Control max-age=3600; empty_gif; }
location = /auth { internal; slo_guard main sid=$arg_sid; proxy_cache auth; proxy_cache_valid 200 1h; proxy_cache_key one;
    proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/auth-upstream?sid=g1; proxy_pass_request_body off; }
location /app/ { auth_request /auth; auth_request_set $sid $upstream_http_x_sid; slo_guard main sid=$sid;
    add_header X-Sid $sid always; empty_gif; }
--- request eval
['GET /app/', SloTest::Rp::logout_token(sid => 'g1'), 'GET /app/']
--- error_code eval
[200, 200, 401]
--- response_headers eval
['X-Sid: g1', '', 'X-Sid: g1']


=== TEST 4: an error page is served, though its location is guarded as well
--- config
error_page 401 = /login;
slo_guard main sid=$arg_sid;
location = /login { add_header X-Status $slo_status always; return 403 'log in'; }
location /app/ { empty_gif; }
location @named { empty_gif; }
--- request eval
[SloTest::Rp::logout_token(sid => 'g1'), 'GET /app/?sid=g1']
--- error_code eval
[200, 403]
--- response_body_like eval
['', 'log in']
--- response_headers eval
['', 'X-Status: ended']


=== TEST 5: an error page by content is served, and by a named location
--- config
slo_guard main sid=$arg_sid;
location /app/ { error_page 401 = /page; empty_gif; }
location = /page { add_header X-Page yes always; empty_gif; }
location /other/ { error_page 401 = @page; empty_gif; }
location @page { add_header X-Page named always; empty_gif; }
--- request eval
[SloTest::Rp::logout_token(sid => 'g1'), 'GET /app/?sid=g1', 'GET /other/?sid=g1']
--- error_code eval
[200, 200, 200]
--- response_headers eval
['', 'X-Page: yes', 'X-Page: named']


=== TEST 6: what is reached by an internal redirect alone is guarded as well
--- config
location /open/ { try_files /nothing /app$uri?$args; }
location /accel/ { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/accel-upstream?$args; }
location = /accel-upstream { add_header X-Accel-Redirect /app/?$args; empty_gif; }
location /rewritten/ { rewrite ^ /app/ last; }
location /app/ { slo_guard main sid=$arg_sid; empty_gif; }
--- request eval
[SloTest::Rp::logout_token(sid => 'g1'), 'GET /open/?sid=g1', 'GET /accel/?sid=g1', 'GET /rewritten/?sid=g1',
 'GET /open/?sid=g2', 'GET /accel/?sid=g2', 'GET /rewritten/?sid=g2']
--- error_code eval
[200, 401, 401, 401, 200, 200, 200]


=== TEST 7: behind try_files, an index and SSI a request is counted once, and our own locations are not guarded
--- user_files
>>> app/index.html
<!--#include virtual="/part" -->
>>> part
part
--- config
slo_guard main sid=$arg_sid;
location /app/ { try_files /nothing /files/app/; }
location /files/ { alias html/; ssi on; }
--- request eval
['GET /app/', 'GET /status']
--- response_body_like eval
['^part', 'slo_guard_without_evidence_total\{provider="main"\} 1\n']


=== TEST 8: "error" says with what, and error_page maps that
--- config
location /app/ { slo_guard main sid=$arg_sid error=403; empty_gif; }
--- request eval
[SloTest::Rp::logout_token(sid => 'g1'), 'GET /app/?sid=g1']
--- error_code eval
[200, 403]


=== TEST 9: "dry_run" lets pass what it would have refused
--- config
location /app/ { slo_guard main sid=$arg_sid dry_run; add_header X-Status $slo_status; empty_gif; }
--- request eval
[SloTest::Rp::logout_token(sid => 'g1'), 'GET /app/?sid=g1']
--- error_code eval
[200, 200]
--- response_headers eval
['', 'X-Status: ended']


=== TEST 10: "off" guards a location below a guarded one no more, and one below inherits
--- config
slo_guard main sid=$arg_sid;
location /open/ { slo_guard off; empty_gif; location /open/in { empty_gif; } }
location /app/ { empty_gif; location /app/in { empty_gif; } }
--- request eval
[SloTest::Rp::logout_token(sid => 'g1'), 'GET /open/?sid=g1', 'GET /open/in?sid=g1', 'GET /app/?sid=g1', 'GET /app/in?sid=g1']
--- error_code eval
[200, 200, 200, 401, 401]


=== TEST 11: "if" and "limit_except" are guarded as their location is
--- config
location /app/ { slo_guard main sid=$arg_sid; if ($arg_x) { add_header X-If yes; } limit_except GET { allow all; } empty_gif; }
--- request eval
[SloTest::Rp::logout_token(sid => 'g1'), 'GET /app/?sid=g1&x=1', 'HEAD /app/?sid=g1', 'GET /app/?sid=g2&x=1']
--- error_code eval
[200, 401, 401, 200]


=== TEST 12: a refused request's body is read or ends its connection
--- config
location /app/ { slo_guard main sid=$arg_sid; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/echo; }
location = /echo { empty_gif; }
--- request eval
[SloTest::Rp::logout_token(sid => 'g1'), "POST /app/?sid=g1\nsome body", 'GET /app/?sid=g2']
--- error_code eval
[200, 401, 200]


=== TEST 13: a session under a name of any length and any bytes is another one
--- config
location /app/ { slo_guard main sid=$arg_sid; empty_gif; }
--- request eval
[SloTest::Rp::logout_token(sid => 'x' x 255), 'GET /app/?sid=' . 'x' x 255, 'GET /app/?sid=' . 'x' x 254, 'GET /app/?sid=' . 'x' x 256,
 'GET /app/?sid=' . 'x' x 700, 'GET /app/?sid=%00']
--- error_code eval
[200, 401, 200, 200, 200, 200]


=== TEST 14: a token is remembered as a whole: one that ends like another tells what it says itself
--- config
location /app/ { slo_guard main token=$arg_token; empty_gif; }
--- request eval
my ($one, $other) = map { SloTest::sign_token({ iss => 'https://op.example', sid => $_, iat => time }, key => 'op', header => {}) } qw(g1 g2);
my $forged = ($other =~ s/[^.]+$//r) . ($one =~ s/.*\.//r);
["GET /app/?token=$one", "GET /app/?token=$forged", SloTest::Rp::logout_token(sid => 'g1'),
 map { "GET /app/?token=$_" } $one, $forged, $one, $other, $forged]
--- error_code eval
[200, 200, 200, 401, 200, 401, 200, 200]


=== TEST 15: who has found no session judges again behind an internal redirect, where more is known
--- user_files
>>> site/index.html
page
--- config
location = /auth-upstream { add_header X-Sid g1; empty_gif; }
location = /auth { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/auth-upstream; proxy_pass_request_body off; }
slo_guard main sid=$sid;
location /try/ { set $sid ''; try_files /nothing @app; }
location /gone/ { set $sid ''; error_page 404 = @app; empty_gif; return 404; }
location @app { auth_request /auth; auth_request_set $sid $upstream_http_x_sid; empty_gif; }
location /site/ { set $sid ''; index index.html; }
location = /site/index.html { auth_request /auth; auth_request_set $sid $upstream_http_x_sid; }
--- request eval
['GET /try/x', 'GET /site/', SloTest::Rp::logout_token(sid => 'g1'), 'GET /try/x', 'GET /gone/x', 'GET /site/', 'GET /site/index.html']
--- error_code eval
[200, 200, 200, 401, 401, 401, 401]


=== TEST 16: each guard judges, however many internal redirects have brought
--- config
location /four/ { slo_guard main sid=$arg_a; slo_guard main sid=$arg_b; slo_guard main sid=$arg_c; slo_guard main sid=$arg_d; try_files /nothing /five/?$args; }
location /five/ { slo_guard main sid=$arg_e; slo_guard main sid=$arg_f; slo_guard main sid=$arg_g; slo_guard main sid=$arg_h; try_files /nothing /nine/?$args; }
location /nine/ { slo_guard main sid=$arg_sid; empty_gif; }
--- request eval
my $others = 'b=2&c=3&d=4&e=5&f=6&g=7&h=8';
["GET /four/?a=1&$others&sid=g1", SloTest::Rp::logout_token(sid => 'g1'), "GET /four/?a=1&$others&sid=g1"]
--- error_code eval
[200, 200, 401]


=== TEST 17: a token without a sid is told of, once, with what to switch on at the OP
--- config
location /app/ { slo_guard main token=$arg_token; empty_gif; }
--- request eval
my ($ann, $bob) = map { SloTest::Slo::hint(sid => undef, sub => $_) } qw(ann bob);
["GET /app/?token=$ann", "GET /app/?token=$ann", "GET /app/?token=$bob"]
--- error_code eval
[200, 200, 200]
--- logged_once eval
qr/\[warn\] [^,]*slo: a guarded request's token has no sid, so that no logout of one session ends it: have the OP put one in, backchannel_logout_session_required of its client, provider "main"/


=== TEST 18: it is not where the token has one, where it is no token, or where the guard means users
--- config
location /app/ { slo_guard main token=$arg_token sid=$arg_sid; empty_gif; }
location /users/ { slo_guard main token=$arg_token sub=$arg_sub since=$arg_since; empty_gif; }
--- request eval
my ($session, $user) = (SloTest::Slo::hint(sub => 'ann'), SloTest::Slo::hint(sid => undef, sub => 'ann'));
["GET /app/?token=$session", 'GET /app/?token=x&sid=g1', 'GET /app/', "GET /users/?token=$user", 'GET /users/?sub=ann&since=1']
--- error_code eval
[200, 200, 200, 200, 200]
--- no_error_log
has no sid


=== TEST 19: who is refused is named in the log as in the line of the logout: by session, or by user
--- config
location /app/ { slo_guard main token=$arg_token sid=$arg_sid sub=$arg_sub since=$arg_since; empty_gif; }
--- request eval
[SloTest::Rp::logout_token(sid => 'g1'), SloTest::Rp::logout_token(sub => 'ann'),
 'GET /app/?sid=g1&sub=bob&since=1', 'GET /app/?sid=g2&sub=ann&since=1', 'GET /app/?sub=ann&since=1', 'GET /app/?token=' . SloTest::Slo::hint(sid => 'g1', sub => 'eve')]
--- error_code eval
[200, 200, 401, 401, 401, 401]
--- logged eval
[qr/slo: logout received: session #cRQw9hZO, backchannel/, qr/slo: logout received: all sessions of user #SZFeDX1L, backchannel/,
 qr{slo: refused a request: its session has ended, session #cRQw9hZO, provider "main",.*"GET /app/\?sid=g1&},
 qr{slo: refused a request: its session has ended, subject #SZFeDX1L, provider "main",.*"GET /app/\?sid=g2&},
 qr{slo: refused a request: its session has ended, subject #SZFeDX1L, provider "main",.*"GET /app/\?sub=ann},
 qr{slo: refused a request: its session has ended, session #cRQw9hZO, provider "main",.*"GET /app/\?token=}]
--- no_error_log
[error]
