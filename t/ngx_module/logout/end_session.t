# SPDX-License-Identifier: BSD-2-Clause
# slo_end_session: requests from browsers, good and bad, and what becomes of the session.
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
receiver( b => 'ok' );
make_key('op');
make_key('other');
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part() ) if !defined $block->http_config;
    $block->set_value( config => server_part() )    if !defined $block->config;
} );
our $state = join '', map { chr } 0x21 .. 0x7e;
our $encoded = join '', map { sprintf '%%%02X', ord } split //, $state;
run_tests();

__DATA__

=== TEST 1: a proven logout ends the session, tells the client and redirects with the state
--- request eval
[
  SloTest::Slo::registration(client_id => 'back'),
  'GET /logout?id_token_hint=' . SloTest::Slo::hint() . '&post_logout_redirect_uri=https://back.example/bye&state=a%20b%2Bc',
  'GET /api/main/sessions/s1',
]
--- error_code eval
[201, 303, 200]
--- response_headers eval
['', 'Location: https://back.example/bye?state=a%20b%2Bc', '']
--- response_body_like eval
['"new_session"|client', '', '"state":"ended"']
--- received
a: POST /logout?tenant=1
--- received_claims
a: iss=https://op.example
a: sid=s1
a: sub=alice
a: nonce!


=== TEST 2: a POST is served alike, and its query has no effect
--- request eval
[
  SloTest::Slo::registration(client_id => 'back'),
  "POST /logout?post_logout_redirect_uri=https://evil.example/\nid_token_hint=" . SloTest::Slo::hint()
    . '&post_logout_redirect_uri=https%3A%2F%2Fback.example%2Fbye',
]
--- more_headers
Content-Type: application/x-www-form-urlencoded; charset=UTF-8
--- error_code eval
[201, 303]
--- response_headers eval
['', 'Location: https://back.example/bye']
--- received
a: POST /logout?tenant=1


=== TEST 3: every printable character of a state comes back, once
--- request eval
[
  SloTest::Slo::registration(client_id => 'back'),
  'GET /logout?id_token_hint=' . SloTest::Slo::hint() . "&post_logout_redirect_uri=https://back.example/bye&state=$::encoded",
]
--- error_code eval
[201, 303]
--- raw_response_headers_like eval
['', '(?i)\r\nLocation: https://back\.example/bye\?state=%21%22%23%24%25%26%27%28%29%2A%2B%2C-\.%2F0[^\r\n?&]+%7B%7C%7D~\r\n']


=== TEST 4: a registered query stays in front of the state
--- request eval
[
  SloTest::Slo::registration(client_id => 'back'),
  'GET /logout?id_token_hint=' . SloTest::Slo::hint() . '&post_logout_redirect_uri=https://back.example/bye%3Flang%3Dde&state=x',
]
--- error_code eval
[201, 303]
--- response_headers eval
['', 'Location: https://back.example/bye?lang=de&state=x']


=== TEST 5: an unregistered redirect refuses the request and ends nothing
--- request eval
[
  SloTest::Slo::registration(client_id => 'back'),
  'GET /logout?id_token_hint=' . SloTest::Slo::hint() . '&post_logout_redirect_uri=https://back.example/bye/',
  'DELETE /api/main/sessions/s1',
]
--- error_code eval
[201, 400, 200]
--- response_headers eval
['', '! Location', '']
--- response_body_like eval
['', 'not registered for this client', '"notified"|"participants"|clients']
--- received
a: POST /logout?tenant=1


=== TEST 6: a hint signed by another key is refused, and nothing of it is used
--- request eval
[
  SloTest::Slo::registration(client_id => 'back'),
  'GET /logout?id_token_hint=' . SloTest::id_token({ aud => 'back', sid => 's1' }, key => 'other')
    . '&post_logout_redirect_uri=https://back.example/bye&client_id=back',
  'GET /api/main/deliveries',
]
--- error_code eval
[201, 400, 200]
--- response_headers eval
['', '! Location', '']
--- response_body_like eval
['', 'id_token_hint is not valid', '"deliveries":\[\]']
--- received


=== TEST 7: alg none, a logout token, a foreign issuer, a truncated token and duplicate members are refused
--- request eval
my $head = SloTest::base64url('{"alg":"RS256","alg":"none"}');
[
  'GET /logout?id_token_hint=' . SloTest::sign_token({ iss => 'https://op.example', aud => 'back', sub => 'alice' }, alg => 'none'),
  'GET /logout?id_token_hint=' . SloTest::id_token({ aud => 'back', events => { 'http://schemas.openid.net/event/backchannel-logout' => {} } }, key => 'op'),
  'GET /logout?id_token_hint=' . SloTest::id_token({ aud => 'back', iss => 'https://other.example' }, key => 'op'),
  'GET /logout?id_token_hint=' . substr(SloTest::Slo::hint(), 0, -9),
  "GET /logout?id_token_hint=$head.e30.c2ln",
]
--- error_code eval
[400, 400, 400, 400, 400]
--- response_body_like eval
[('id_token_hint is not valid') x 5]


=== TEST 8: a repeated parameter is an error, an unknown one is not
--- request eval
[
  'GET /logout?state=a&state=b',
  'GET /logout?ignored=1&ignored=2&ui_locales=xx-nonsense',
]
--- error_code eval
[400, 200]
--- response_body_like eval
['sent more than once', 'You are not signed in here']


=== TEST 9: other methods are refused with Allow
--- request
PUT /logout
--- error_code: 405
--- response_headers
Allow: GET, POST
--- error_log
slo: refused a method: PUT, where GET or POST is needed, provider "main"


=== TEST 10: another content type is refused
--- request
POST /logout
{"a":1}
--- more_headers
Content-Type: application/json
--- error_code: 415


=== TEST 11: a body over 64 KiB is refused
--- request eval
"POST /logout\nid_token_hint=" . ('x' x 70000)
--- more_headers
Content-Type: application/x-www-form-urlencoded
--- error_code: 413
--- error_log
slo: refused a form that is too large


=== TEST 12: a hint of 60 KB counts for nothing, and nothing is claimed
--- request eval
"POST /logout\nid_token_hint=" . ('x' x 60000)
--- more_headers
Content-Type: application/x-www-form-urlencoded
--- error_code: 200
--- response_body_like: It is not known whether you are signed in
--- error_log
slo: refused a token that is too large


=== TEST 13: without a hint, the question is asked and nothing happens
--- request eval
[
  SloTest::Slo::registration(client_id => 'back', session_cookie => 'c00kie'),
  'GET /logout?client_id=back&post_logout_redirect_uri=https://back.example/bye',
  'GET /api/main/deliveries',
]
--- more_headers
Cookie: a=b; op_session=c00kie
--- error_code eval
[201, 200, 200]
--- response_headers eval
['', '! Location', '']
--- response_body_like eval
['', '(?s)Back &amp; Sons.*<form.*method="post".*name="ticket"', '"deliveries":\[\]']
--- received


=== TEST 14: a hint of another session than the cookie's asks as well
--- request eval
[
  SloTest::Slo::registration(client_id => 'back', sid => 's1', session_cookie => 'c00kie'),
  SloTest::Slo::registration(client_id => 'back', sid => 's2', sub => 'bob'),
  'GET /logout?id_token_hint=' . SloTest::Slo::hint(sid => 's2', sub => 'bob'),
  'GET /api/main/deliveries',
]
--- more_headers
Cookie: op_session=c00kie
--- error_code eval
[201, 201, 200, 200]
--- response_body_like eval
['', '', '(?s)<form.*name="ticket"', '"deliveries":\[\]']


=== TEST 15: a repeated logout is no error and enqueues nothing more
--- request eval
my $logout = 'GET /logout?id_token_hint=' . SloTest::Slo::hint() . '&post_logout_redirect_uri=https://back.example/bye';
[ SloTest::Slo::registration(client_id => 'back'), $logout, $logout ]
--- error_code eval
[201, 303, 303]
--- received
a: POST /logout?tenant=1


=== TEST 16: an expired hint of a live session counts
--- request eval
[
  SloTest::Slo::registration(client_id => 'back'),
  'GET /logout?id_token_hint=' . SloTest::Slo::hint(iat => time - 9000, exp => time - 5000) . '&post_logout_redirect_uri=https://back.example/bye',
]
--- error_code eval
[201, 303]


=== TEST 17: client_id must be the hint's client
--- request eval
[
  SloTest::Slo::registration(client_id => 'back'),
  'GET /logout?client_id=plain&id_token_hint=' . SloTest::Slo::hint() . '&post_logout_redirect_uri=https://plain.example/',
]
--- error_code eval
[201, 400]
--- response_headers eval
['', '! Location']


=== TEST 18: front-channel clients get their iframes, with iss and sid
--- request eval
[
  SloTest::Slo::registration(client_id => 'back'),
  SloTest::Slo::registration(client_id => 'front'),
  SloTest::Slo::registration(client_id => 'both'),
  'GET /logout?id_token_hint=' . SloTest::Slo::hint() . '&post_logout_redirect_uri=https://back.example/bye&state=1',
]
--- error_code eval
[201, 201, 201, 200]
--- response_body_like eval
['', '', '', '(?s)(?=.*https://front\.example/out\?a=1&amp;iss=https%3A%2F%2Fop\.example&amp;sid=s1)(?=.*https://both\.example:8443/out\?iss=https%3A%2F%2Fop\.example&amp;sid=s1)(?=.*https://back\.example/bye\?state=1)']
--- raw_response_headers_like eval
['', '', '', '(?s)(?=.*Content-Security-Policy: [^\r\n]*frame-src [^;]*https://front\.example)(?=.*Cache-Control: no-store)(?=.*Referrer-Policy)(?=.*Set-Cookie: op_session=;)']
--- received
a: POST /logout?tenant=1
b: POST /


=== TEST 19: errors are JSON where that is asked for
--- request
GET /logout?id_token_hint=x
--- more_headers
Accept: application/json
--- error_code: 400
--- response_headers
Content-Type: application/json
--- response_body_like: "error":"invalid_id_token_hint"


=== TEST 20: with Redis down nothing is claimed
--- init
SloTest::Redis::stop();
--- request eval
'GET /logout?id_token_hint=' . SloTest::Slo::hint() . '&post_logout_redirect_uri=https://back.example/bye'
--- error_code: 503
--- response_headers
! Location
Retry-After: 5
--- response_body_like: session store cannot be reached
--- error_log
cannot be reached


=== TEST 21: neither log holds the token, though the access log is written
--- http_config eval
SloTest::Slo::http_part() . "\nlog_format all '\$request|\$request_uri|\$args|\$slo_result|\$slo_fault';\n"
--- config eval
SloTest::Slo::server_part() . "\naccess_log $ENV{TEST_NGINX_DIR}/all.log all;\nlocation = /log { alias $ENV{TEST_NGINX_DIR}/all.log; }\n"
--- request eval
[ 'GET /logout?id_token_hint=' . SloTest::Slo::hint(aud => 'nobody'), 'GET /log' ]
--- error_code eval
[400, 200]
--- response_body_like eval
['', '\AGET /logout HTTP/1\.1\|/logout\|-?\|refused\|client_unknown\n']
--- no_error_log
eyJ


=== TEST 22: an unregistered redirect is logged at info
--- request eval
'GET /logout?id_token_hint=' . SloTest::Slo::hint() . '&post_logout_redirect_uri=https://evil.example/'
--- error_code: 400
--- error_log
[info]
slo: refused an unregistered post-logout redirect
--- no_error_log
[error]


=== TEST 23: an unknown key is logged at info
--- request eval
'GET /logout?id_token_hint=' . SloTest::Slo::hint_by('other')
--- error_code: 400
--- error_log
[info]
slo: refused a token signed by an unknown key
--- no_error_log
[error]


=== TEST 24: a wrong signature is logged at warn
--- request eval
'GET /logout?id_token_hint=' . substr(SloTest::Slo::hint(), 0, -20) . 'A' x 20
--- error_code: 400
--- error_log
[warn]
slo: refused a token with a wrong signature
--- no_error_log
[error]


=== TEST 25: a logout token for a hint is logged at warn
--- request eval
'GET /logout?id_token_hint=' . SloTest::Slo::hint(events => {})
--- error_code: 400
--- error_log
[warn]
slo: refused a token that is not an ID Token
--- no_error_log
[error]


=== TEST 26: a foreign issuer is logged at info
--- request eval
'GET /logout?id_token_hint=' . SloTest::Slo::hint(iss => 'https://other.example')
--- error_code: 400
--- error_log
[info]
slo: refused a token from another issuer
--- no_error_log
[error]


=== TEST 27: a duplicate member is logged at warn
--- request eval
'GET /logout?id_token_hint=' . SloTest::base64url('{"alg":"RS256","alg":"none"}') . '.e30.c2ln'
--- error_code: 400
--- error_log
[warn]
slo: refused a token with a duplicate member
--- no_error_log
[error]


=== TEST 28: a repeated parameter is logged at info
--- request eval
'GET /logout?state=a&state=b'
--- error_code: 400
--- error_log
[info]
slo: refused a repeated parameter
--- no_error_log
[error]


=== TEST 29: the variables tell what became of a request, in the access log
--- http_config eval
SloTest::Slo::http_part() . "\nlog_format all '\$slo_provider|\$slo_result|\$slo_fault|\$slo_logout_id|\$slo_post_logout_redirect_uri';\n"
--- config eval
SloTest::Slo::server_part() . "\naccess_log $ENV{TEST_NGINX_DIR}/all2.log all;\nlocation = /log { access_log off; alias $ENV{TEST_NGINX_DIR}/all2.log; }\n"
--- request eval
[
  SloTest::Slo::registration(client_id => 'back'),
  'GET /logout?id_token_hint=' . SloTest::Slo::hint() . '&post_logout_redirect_uri=https://back.example/bye',
  "POST /logout\n{}",
  'GET /api/main/sessions/none',
  'GET /log',
]
--- more_headers
Content-Type: application/json
--- error_code eval
[201, 303, 415, 404, 200]
--- response_body_like eval
['', '', '', '', 'main\|ended\|-?\|[\w-]{22}\|https://back\.example/bye\nmain\|refused\|content_type_unsupported\|[\w-]{22}\|-?\n.*\|session_unknown\|']


=== TEST 30: a secret in a referrer is cut as well
--- http_config eval
SloTest::Slo::http_part() . "\nlog_format referrer '\$http_referer';\n"
--- config eval
SloTest::Slo::server_part() . "\naccess_log $ENV{TEST_NGINX_DIR}/referrer.log referrer;\nlocation = /log { alias $ENV{TEST_NGINX_DIR}/referrer.log; }\n"
--- request eval
['GET /logout', 'GET /log']
--- more_headers
Referer: https://op.example/logout?id_token_hint=eyJsecret
--- response_body_like eval
['', '\Ahttps://op\.example/logout\n']
--- no_error_log
eyJsecret


=== TEST 31: no page of ours links to the host that a path with two slashes names
--- request
GET //evil.example/..%2flogout?id_token_hint=broken
--- error_code: 400
--- response_body_like eval
qr{\A(?!.*evil).*This request cannot be honoured}s
--- no_error_log
[error]
