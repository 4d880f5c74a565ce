# SPDX-License-Identifier: BSD-2-Clause
# Every check, failing. Only run by t/lib/runner_fails.t, which counts on each of them being noticed.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(no_module);
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
run_tests();

__DATA__

=== TEST 1: status
--- config
    location = /t { return 404 "x\n"; }
--- request
GET /t
--- response_body
x



=== TEST 2: body
--- config
    location = /t { return 200 "x\n"; }
--- request
GET /t
--- response_body
y



=== TEST 3: body pattern
--- config
    location = /t { return 200 "x\n"; }
--- request
GET /t
--- response_body_like: y



=== TEST 4: header value
--- config
    location = /t { add_header X-A one; return 200 "x\n"; }
--- request
GET /t
--- response_headers
X-A: two



=== TEST 5: header absent
--- config
    location = /t { add_header X-A one; return 200 "x\n"; }
--- request
GET /t
--- response_headers
! X-A



=== TEST 6: raw headers
--- config
    location = /t { return 200 "x\n"; }
--- request
GET /t
--- raw_response_headers_like: X-Nothing
--- raw_response_headers_unlike: Server



=== TEST 7: error log
--- config
    location = /t { root /nonexistent; }
--- request
GET /t
--- error_code: 404
--- error_log
never said
--- no_error_log
No such file



=== TEST 8: nginx that lives
--- config
    location = /t { return 200 "x\n"; }
--- must_die



=== TEST 9: second of two
--- config
    location = /t { return 200 "x\n"; }
--- request eval
["GET /t", "GET /t"]
--- response_body eval
["x\n", "y\n"]



=== TEST 10: time
--- config
    location = /t { limit_rate 1; return 200 "never there in time"; }
--- request
GET /t
--- timeout: 0.2
--- response_body chomp
never there in time



=== TEST 11: grep
--- config
    location = /t { root /nonexistent; }
--- request
GET /t
--- error_code: 404
--- grep_error_log eval: qr/open\(\)/
--- grep_error_log_out
close()



=== TEST 12: query of a mock
--- config
    location = /t { proxy_pass http://unix:$TEST_NGINX_DIR/mock.sock:/x; }
--- tcp_listen: $TEST_NGINX_DIR/mock.sock
--- tcp_query eval
"GET /y HTTP/1.0\r\n"
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"
--- request
GET /t



=== TEST 13: a list whose last entry is never compared
--- config
    location = /t { return 200; }
--- request
GET /t
--- grep_error_log eval: qr/never there/
--- grep_error_log_out eval
[ qr/\A/, qr/never compared/ ]



=== TEST 14: a second section on the body, which is never compared
--- config
    location = /t { return 200 hello; }
--- request
GET /t
--- response_body_like: hello
--- response_body_unlike: hello
