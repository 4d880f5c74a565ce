# SPDX-License-Identifier: BSD-2-Clause
# slo_logout: a logout button in front of an application, or alone (who may press it: t/core/rp/logout_button_test.cpp).
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Slo;
use SloTest::Rp;
use Digest::SHA qw(hmac_sha256);
use MIME::Base64 qw(encode_base64url);
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
Test::Nginx::Socket::log_level('info');
receiver( a => 'ok' );
receiver( b => 'ok' );
make_key('op');
our $own  = "Sec-Fetch-Site: same-origin\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document";
our $away = "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document";
our $back = $away . "\nCookie: slo-logout=" . 'k' x 22;
our $state = 'n' x 22 . substr encode_base64url( hmac_sha256( 'slo-logout https://op.example ' . 'n' x 22, 'k' x 22 ) ), 0, 22;    # with that cookie
our $img  = "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: no-cors\nSec-Fetch-Dest: image";
add_block_preprocessor( sub {
    my $block = shift;
    my $op = $block->op // 'end_session https://op.example/bye?realm=r1;';
    $block->set_value( http_config => http_part("client_id gateway wiki; $op") . ( $block->http // '' ) );
    $block->set_value( config => server_part() . rp_part()
          . 'location /app/ { slo_guard main sid=$arg_sid sub=$arg_sub since=$arg_since; add_header X-Button $slo_logout_url; empty_gif; }'
          . ( $block->config // 'location = /out { slo_logout main token=$arg_token then=/gone; }' ) );
    $block->set_value( more_headers => $own ) if !defined $block->more_headers;
} );
run_tests();

__DATA__

=== TEST 1: a press ends the session of the token, and the browser goes on to the OP with all that it must know
--- request eval
my $token = SloTest::Slo::hint(aud => 'wiki', sid => 'secret-sid');
["GET /out?token=$token", 'GET /app/?sid=secret-sid', 'GET /app/?sid=other', 'GET /status']
--- error_code eval
[303, 401, 200, 200]
--- response_headers_like eval
['Location: https://op\.example/bye\?realm=r1&id_token_hint=[\w.-]+&client_id=wiki&post_logout_redirect_uri=http%3A%2F%2Flocalhost(?:%3A\d+)?%2Fout&state=[\w-]{44}
Set-Cookie: slo-logout=[\w-]{22}; Path=/out; HttpOnly; SameSite=Lax; Max-Age=600
Cache-Control: no-store
Referrer-Policy: no-referrer', '', 'X-Button: /out', '']
--- response_body_like eval
['^$', '', '', "slo_logouts_received_total 1\n"]
--- no_error_log
[warn]
[error]


=== TEST 2: it has its line, without its names
--- request eval
'GET /out?token=' . SloTest::Slo::hint(aud => 'wiki', sid => 'secret-sid')
--- error_code: 303
--- error_log eval
qr/\[info\].* slo: logout received: session #[\w-]{8}, button, provider "main".*request(?:_line)?: "GET \/out HTTP/
--- no_error_log eval
['secret-sid', SloTest::Slo::hint(aud => 'wiki', sid => 'secret-sid')]


=== TEST 3: without a token the guard's own parameters tell, sid before sub
--- config
slo_guard main sid=$arg_sid sub=$arg_sub since=$arg_since;
location = /out { slo_logout main; }
--- request eval
['GET /out?sid=s1&sub=ann', 'GET /app/?sid=s1', 'GET /app/?sid=s2&sub=ann', 'GET /out?sub=ann', 'GET /app/?sid=s2&sub=ann', 'GET /app/?sid=s2&sub=bob']
--- error_code eval
[303, 401, 200, 303, 401, 200]


=== TEST 4: who is out already, and who names no session, goes on to the OP all the same
--- config
location = /out { slo_guard main sid=$arg_sid; slo_logout main; }
--- request eval
[SloTest::Rp::logout_token(sid => 's1'), 'GET /out?sid=s1', 'GET /out']
--- more_headers eval
"Content-Type: application/x-www-form-urlencoded\n$main::own"
--- error_code eval
[200, 303, 303]
--- response_headers_like eval
['', ('Location: https://op\.example/bye\?realm=r1&client_id=gateway&post_logout_redirect_uri=.*') x 2]


=== TEST 5: an image of another site ends nothing
--- request eval
['GET /out?token=' . SloTest::Slo::hint(sid => 's1'), 'GET /app/?sid=s1']
--- more_headers eval
$main::img
--- error_code eval
[403, 200]
--- response_body_like eval
['opening this page', '']
--- response_headers eval
["Cache-Control: no-store\n! Set-Cookie\n! Location", '']


=== TEST 6: a link on another site is answered with a question, which ends nothing
--- request eval
['GET /out?token=' . SloTest::Slo::hint(sid => 's1'), "POST /out?token=" . SloTest::Slo::hint(sid => 's1') . "\nx=1", 'GET /app/?sid=s1']
--- more_headers eval
$main::away
--- error_code eval
[200, 200, 200]
--- response_body_like eval
[('<form method="post" action="./out">\s*<button') x 2, '']


=== TEST 7: the answer to the question, from our own page, does, by Sec-Fetch-Site and by Origin alone
--- request eval
"POST /out?token=" . SloTest::Slo::hint(sid => 's1') . "\n"
--- more_headers
Origin: http://localhost
--- error_code: 303


=== TEST 8: an Origin of another host is asked
--- request
POST /out
--- more_headers
Origin: http://localhost.example
--- error_code: 200
--- response_body_like: Sign out\?


=== TEST 9: what a browser loads in advance ends nothing, nor does a HEAD, which has the headers of a GET; others are not allowed
--- request eval
[map({ "$_ /out?token=" . SloTest::Slo::hint(sid => 's1') } qw(HEAD PUT DELETE)), 'GET /app/?sid=s1']
--- error_code eval
[303, 405, 405, 200]
--- response_headers_like eval
['Location: https://op\.example/bye\?realm=r1&id_token_hint=.*', ('Allow: GET, HEAD, POST') x 2, '']


=== TEST 10: it says so in the log
--- request
GET /out
--- more_headers eval
$main::img
--- error_code: 403
--- error_log eval
qr/\[info\].* slo: refused a logout that no user has navigated to/


=== TEST 11: in advance
--- request
GET /out
--- more_headers
Sec-Fetch-Site: same-origin
Sec-Fetch-Dest: document
Sec-Purpose: prefetch
--- error_code: 403


=== TEST 12: a return ends nobody's session, and lands where the operator says, whatever it brings
--- request eval
['GET /out?state=x&token=' . SloTest::Slo::hint(sid => 's1') . '&then=https://evil.example/&post_logout_redirect_uri=https://evil.example/', 'GET /out?state=a&state=b',
 'GET /app/?sid=s1']
--- more_headers eval
$main::away
--- error_code eval
[303, 303, 200]
--- raw_response_headers_like eval
[('(?s)Location: (?:http://localhost(?::\d+)?)?/gone\r\n.*Set-Cookie: slo-logout=; Path=/out; HttpOnly; SameSite=Lax; Max-Age=0') x 2, '']
--- no_error_log
[warn]


=== TEST 13: a state that is not its own is told, and no more
--- request
GET /out?state=x
--- error_code: 303
--- error_log
slo: a browser came back from the OP with no state of its own, provider "main"


=== TEST 14: "local" goes nowhere else
--- config
location = /out { slo_logout main local token=$arg_token then=https://www.example.com/bye?x=1#y; }
--- request eval
['GET /out?token=' . SloTest::Slo::hint(sid => 's1'), 'GET /app/?sid=s1']
--- error_code eval
[303, 401]
--- response_headers eval
["Location: https://www.example.com/bye?x=1#y\n! Set-Cookie", '']
--- no_error_log
[warn]


=== TEST 15: and says so
--- config
slo_guard main sid=$arg_sid;
location = /out { slo_logout main local token=$arg_token; }
--- request
GET /out?sid=s1
--- error_code: 303
--- error_log
slo: a logout ends here, not at the OP: slo_logout is "local", provider "main"


=== TEST 16: so it does where no endpoint of the OP is known
--- op:
--- config
location = /out { slo_logout main token=$arg_token; }
--- request eval
['GET /out?token=' . SloTest::Slo::hint(sid => 's1'), 'GET /out']
--- error_code eval
[303, 303]
--- raw_response_headers_like eval
['Location: (?:http://localhost(?::\d+)?)?/\r\n', 'Location: ']


=== TEST 17: which is warned of
--- op:
--- request
GET /out
--- error_code: 303
--- error_log eval
qr/\[warn\].* slo: a logout ends nothing here, as no session is known: no end_session endpoint is known, provider "main"/


=== TEST 18: a long token travels as a form
--- request eval
'GET /out?token=' . SloTest::Slo::hint(sid => 's1', more => 'x' x 2000)
--- error_code: 200
--- response_headers_like
Content-Security-Policy: .*script-src 'nonce-[\w-]{22}'; .*
Set-Cookie: slo-logout=[\w-]{22}; .*
--- response_body_like: (?s)<form method="post" action="https://op.example/bye\?realm=r1">.*name="id_token_hint" value="[\w.-]{2000,}".*name="client_id" value="gateway".*name="post_logout_redirect_uri".*name="state" value="[\w-]{44}".*<script nonce=


=== TEST 19: while the store is away nothing is claimed
--- init
SloTest::Redis::stop();
--- request eval
'GET /out?token=' . SloTest::Slo::hint(sid => 's1')
--- error_code: 503
--- response_headers
Retry-After: 5
Cache-Control: no-store
! Location
! Set-Cookie


=== TEST 20: an application sees its own logout first; its cookies are kept, and nothing else of its answer
--- config
location = /upstream { add_header Set-Cookie "app=; Max-Age=0" always; add_header Set-Cookie "app2=; Max-Age=0" always; add_header X-App yes always; if ($arg_code = 302) { return 302 /elsewhere; } if ($arg_code = 404) { return 404; } if ($arg_code = 500) { return 500; } if ($arg_code = 503) { return 503 busy; } return 200 "body of the application"; }
location = /out { slo_logout main token=$arg_token post_logout_redirect_uri=https://app.example/out; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/upstream?code=$arg_code; }
--- request eval
[map({ "GET /out?code=$_&token=" . SloTest::Slo::hint(sid => "s$_") } 200, 302, 404, 500, 503), "POST /out?code=200&token=" . SloTest::Slo::hint(sid => 'post') . "\nx=1",
 'GET /app/?sid=s200', 'GET /app/?sid=post', 'GET /app/?sid=s1']
--- error_code eval
[(303) x 6, 401, 401, 200]
--- raw_response_headers_like eval
[('(?s)^(?!.*X-App)(?=.*Set-Cookie: app=; Max-Age=0)(?=.*Set-Cookie: app2=; Max-Age=0)(?=.*Set-Cookie: slo-logout=[^\n]*Secure).*Location: https://op\.example/bye\?realm=r1&id_token_hint=[^\n]*&post_logout_redirect_uri=https%3A%2F%2Fapp\.example%2Fout&state=') x 6, '', '', '']
--- response_body_like eval
[('^$') x 6, '', '', '']


=== TEST 21: one that cannot be reached holds nobody up, whatever page there is for that
--- config
error_page 502 /sorry;
location = /sorry { return 502 'sorry'; }
location = /page { internal; empty_gif; }
location = /out { slo_logout main token=$arg_token; proxy_pass http://127.0.0.1:1; }
location = /intercepted { slo_logout main token=$arg_token; error_page 502 /page; proxy_pass http://127.0.0.1:1; }
--- request eval
['GET /out?token=' . SloTest::Slo::hint(sid => 's1'), 'GET /intercepted?token=' . SloTest::Slo::hint(sid => 's2'), 'GET /app/?sid=s1', 'GET /app/?sid=s2']
--- error_code eval
[303, 303, 401, 401]
--- response_headers_like eval
[('Location: https://op\.example/bye\?.*') x 2, '', '']
--- response_body_like eval
['^$', '^$', '', '']


=== TEST 22: where nothing ends the application is not asked
--- config
location = /out { slo_logout main token=$arg_token; proxy_pass http://127.0.0.1:1; }
--- request eval
['GET /out', 'GET /out?state=x']
--- more_headers eval
$main::away
--- error_code eval
[200, 303]
--- no_error_log
[error]


=== TEST 23: an application that answers slowly, at length and without a length
--- config
location = /upstream { limit_rate 200k; gzip on; gzip_min_length 1; gzip_types text/plain; default_type text/plain; alias $TEST_NGINX_DIR/op.pem; }
location = /out { slo_logout main token=$arg_token; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/upstream; proxy_buffering off; }
location = /buffered { slo_logout main token=$arg_token; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/upstream; }
--- request eval
['GET /out?token=' . SloTest::Slo::hint(sid => 's1'), 'GET /buffered?token=' . SloTest::Slo::hint(sid => 's2'), 'GET /app/?sid=s1']
--- error_code eval
[303, 303, 401]
--- response_body_like eval
['^$', '^$', '']
--- no_error_log
[alert]


=== TEST 24: "if" and "limit_except" have the button of their location; one below it has none
--- config
location /out { slo_logout main token=$arg_token; if ($arg_x) { add_header X-If yes; } limit_except GET { allow all; } location /out/below { empty_gif; } }
--- request eval
['GET /out?x=1&token=' . SloTest::Slo::hint(sid => 's1'), 'POST /out?token=' . SloTest::Slo::hint(sid => 's2'), 'GET /out/below?token=' . SloTest::Slo::hint(sid => 's3'),
 'GET /app/?sid=s1', 'GET /app/?sid=s2', 'GET /app/?sid=s3']
--- error_code eval
[303, 303, 200, 401, 401, 200]


=== TEST 25: headers of the server do not reach our answers, and conditions do not undo them
--- config
add_header Cache-Control "public" always;
location = /upstream { add_header ETag '"x"'; return 200 ok; }
location = /out { slo_logout main token=$arg_token; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/upstream; }
--- request eval
'GET /out?token=' . SloTest::Slo::hint(sid => 's1')
--- more_headers eval
"$main::own\nIf-None-Match: \"x\"\nIf-Match: \"y\""
--- error_code: 303
--- response_headers
Cache-Control: no-store
! ETag


=== TEST 26: an application that leads to the button itself, from behind a guard
--- config
location = /upstream { add_header X-Accel-Redirect /out?$args; empty_gif; }
location /application/ { slo_guard main sid=$arg_sid; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/upstream?$args; }
location = /out { slo_guard main sid=$arg_sid; slo_logout main; }
--- request eval
['GET /application/out?sid=s1', 'GET /app/?sid=s1']
--- error_code eval
[303, 401]
--- response_headers_like eval
['Location: https://op\.example/bye\?.*', '']


=== TEST 27: a store that hangs is waited for, for its timeout
--- init
SloTest::Redis::freeze();
--- request eval
'GET /out?token=' . SloTest::Slo::hint(sid => 's1')
--- error_code: 503


=== TEST 28: the token may be what logs users in has told
--- config
location = /auth-upstream { add_header X-Token $http_x_in; empty_gif; }
location = /auth { internal; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/auth-upstream; }
location = /out { auth_request /auth; auth_request_set $id_token $upstream_http_x_token; slo_logout main token=$id_token; }
--- request eval
['GET /out', 'GET /app/?sid=s1']
--- more_headers eval
"$main::own\nX-In: Bearer " . SloTest::Slo::hint(sid => 's1')
--- error_code eval
[303, 401]
--- response_headers_like eval
['Location: https://op\.example/bye\?realm=r1&id_token_hint=eyJ.*', '']


=== TEST 29: who comes back from the OP is not asked for the login that the button has ended
--- config
location = /nobody { internal; return 401; }
location = /out  { auth_request /nobody; slo_logout main token=$arg_token then=/gone; }
location = /deny { deny all; slo_logout main token=$arg_token then=/gone; }
location = /any  { satisfy any; deny all; auth_basic x; auth_basic_user_file users; slo_logout main token=$arg_token then=/gone; }
location = /verb { limit_except POST { deny all; } slo_logout main token=$arg_token then=/gone; }
location = /bye  { rewrite ^ /deny last; }
--- request eval
[map { ("GET $_?state=$main::state", "HEAD $_?state=$main::state") } qw(/out /deny /any /verb /bye)]
--- more_headers eval
$main::back
--- error_code eval
[(303) x 10]
--- response_headers_like eval
[map { ("Location: (?:http://localhost(?::\\d+)?)?/gone\nSet-Cookie: slo-logout=; Path=$_; HttpOnly; SameSite=Lax; Max-Age=0; .*\nCache-Control: no-store") x 2 } qw(/out /deny /any /verb /deny)]
--- no_error_log
[warn]
[error]


=== TEST 30: whoever else comes is asked as before
--- config
location = /out  { deny all; slo_logout main token=$arg_token then=/gone; }
location = /page { default_type text/html; ssi on; return 200 '<!--#include virtual="/out?state=$arg_state" -->'; }
--- request eval
my $other = 'm' . substr $main::state, 1;
['GET /out', "GET /out?state=$other", "GET /out?state=$main::state&state=x", 'GET /out?state=', "POST /out?state=$main::state\n", "PUT /out?state=$main::state\n", "GET /out?state=$main::state", "GET /out?state=$main::state", "GET /page?state=$main::state"]
--- more_headers eval
[($main::back) x 6, $main::away, "$main::back\nSec-Purpose: prefetch", $main::back]
--- error_code eval
[(403) x 8, 200]
--- raw_response_headers_unlike eval
[('Set-Cookie|Location') x 9]


=== TEST 31: limits count it
--- http
limit_req_zone $uri zone=presses:64k rate=1r/m;
--- config
location = /out { deny all; limit_req zone=presses; slo_logout main then=/gone; }
--- request eval
["GET /out?state=$main::state", "GET /out?state=$main::state"]
--- more_headers eval
$main::back
--- error_code eval
[303, 503]


=== TEST 32: what an application leads to is no return
--- config
location = /upstream { add_header X-Accel-Redirect "/back?state=$arg_s"; empty_gif; }
location = /out  { slo_logout main local token=$arg_token then=/gone; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/upstream?$args; }
location = /back { slo_logout main local then=/wrong; }
--- request eval
["GET /out?token=" . SloTest::Slo::hint(sid => 's1') . "&s=$main::state", 'GET /app/?sid=s1']
--- more_headers eval
"$main::own\nCookie: slo-logout=" . 'k' x 22
--- error_code eval
[303, 401]
--- response_headers_like eval
['Location: (?:http://localhost(?::\d+)?)?/gone', '']


=== TEST 33: the log names the method that came, and those that are needed
--- request eval
'DELETE /out'
--- error_code: 405
--- error_log
slo: refused a method: DELETE, where GET, HEAD or POST is needed, provider "main"
