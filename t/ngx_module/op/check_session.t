# SPDX-License-Identifier: BSD-2-Clause
# slo_check_session: the frame that says whether a session_state holds, and the responses that have one.
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
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part() ) unless defined $block->http_config;
    $block->set_value( config => server_part() . <<'END' ) unless defined $block->config;
location = /check { slo_check_session main; }
location = /discovery { slo_discovery main; }
location = /auth {
    slo_learn main;
    add_header Set-Cookie $arg_cookie always;
    return 302 $arg_to;
}
END
} );
run_tests();

__DATA__

=== TEST 1: the frame may be framed, kept for five minutes, and runs its own script alone
--- request
GET /check
--- response_headers
Content-Type: text/html; charset=utf-8
Cache-Control: public, max-age=300
X-Content-Type-Options: nosniff
! X-Frame-Options
! Set-Cookie
--- response_headers_like
Content-Security-Policy: default-src 'none'; script-src 'sha256-[\w+/=]{44}'; base-uri 'none'
--- response_body_like: crypto\.subtle\.digest
--- no_error_log
[warn]
[error]


=== TEST 2: it is read, and nothing else
--- request
POST /check
x=y
--- error_code: 405
--- response_headers
Allow: GET, HEAD


=== TEST 3: clients find it
--- request
GET /discovery
--- response_body_like: "check_session_iframe":"https://op\.example/check"


=== TEST 4: a response of a browser that has a session cookie gets a session_state, and the browser its state
--- request
GET /auth?client_id=front&to=https://front.example/cb?code=1
--- more_headers
Cookie: op_session=one
--- error_code: 302
--- response_headers_like
Location: https://front\.example/cb\?code=1&session_state=[0-9a-f]{64}\.[\w-]{22}
Set-Cookie: __Secure-slo-state-[\w-]{6}=[\w-]{22}; Path=/; Max-Age=43200; Secure; SameSite=None
--- no_error_log
[warn]
[error]


=== TEST 5: one of a browser that has none goes as it came
--- request
GET /auth?client_id=front&to=https://front.example/cb?code=1
--- error_code: 302
--- response_headers
Location: https://front.example/cb?code=1
! Set-Cookie


=== TEST 6: so does one to an address that is none of the client's
--- request
GET /auth?client_id=front&to=https://evil.example/cb?code=1
--- more_headers
Cookie: op_session=one
--- error_code: 302
--- response_headers
Location: https://evil.example/cb?code=1
! Set-Cookie


=== TEST 7: and an error
--- request
GET /auth?client_id=front&to=https://front.example/cb?error=login_required
--- more_headers
Cookie: op_session=one
--- error_code: 302
--- response_headers
Location: https://front.example/cb?error=login_required
! Set-Cookie


=== TEST 8: without the directive nothing is told or added
--- config eval: SloTest::Slo::server_part() . 'location = /auth { slo_learn main; return 302 $arg_to; } location = /discovery { slo_discovery main; }'
--- request eval
["GET /auth?client_id=front&to=https://front.example/cb?code=1", "GET /discovery"]
--- more_headers
Cookie: op_session=one
--- error_code eval: [302, 200]
--- response_headers eval
["Location: https://front.example/cb?code=1", "! Set-Cookie"]
--- response_body_unlike eval: ["session_state", "check_session"]


=== TEST 9: the frame needs an address
--- config eval: SloTest::Slo::server_part() . 'location ~ /check { slo_check_session main; }'
--- must_die
--- error_log
"slo_check_session" directive needs an exact or prefix location, slo_provider "main"


=== TEST 10: and a cookie that it is made of
--- http_config eval: my $http = SloTest::Slo::http_part(); $http =~ s/session_cookie op_session;//; $http
--- config eval: SloTest::Slo::server_part() . 'location = /check { slo_check_session main; }'
--- must_die
--- error_log
"slo_check_session" directive needs a "session_cookie", slo_provider "main"
