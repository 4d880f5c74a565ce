# SPDX-License-Identifier: BSD-2-Clause
# The runner keeps its promises: each block shows one section or function at work, with nginx's own modules only.
# Runs under the real Test::Nginx as well (TEST_NGINX_REAL), which is the proof that the meaning is the same.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(no_module);
use Test::Nginx::Socket 'no_plan';

no_root_location();
no_shuffle();
$ENV{TEST_NGINX_GREETING} = 'hello';
env_to_nginx('TEST_NGINX_GREETING');
add_block_preprocessor( sub { my $block = shift; $block->set_value( http_config => "# preprocessed\n" . ( $block->http_config // '' ) ) } );
my $bodies = 0;
add_response_body_check( sub { my ( $block, $body ) = @_; ++$bodies if defined $body } );
run_tests();
Test::More::cmp_ok( $bodies, '>', 15, 'body checks are called' );

__DATA__

=== TEST 1: GET, default status, whole body
--- config
    location = /t { return 200 "one\ntwo\n"; }
--- request
GET /t
--- response_body
one
two



=== TEST 2: the body of a POST loses its last newline, and is sent with its length
--- config
    location = /t { client_body_in_file_only on; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/sink; }
    location = /sink { return 200 "$http_content_length $http_content_type\n"; }
--- request
POST /t
a=1&b=2
--- more_headers
Content-Type: application/x-www-form-urlencoded
--- response_body
7 application/x-www-form-urlencoded



=== TEST 3: requests are HTTP/1.1, for localhost, and closed
--- config
    location = /t { return 200 "$server_protocol $host $http_connection\n"; }
--- request
GET /t
--- response_body
HTTP/1.1 localhost close



=== TEST 4: several requests, several of everything
--- config
    location = /t { add_header X-Arg $arg_a; return 200 "$arg_a $http_x\n"; }
    location = /gone { return 410 "gone\n"; }
--- request eval
["GET /t?a=1", "GET /gone"]
--- more_headers eval
["X: x1", "X: x2"]
--- error_code eval
[200, 410]
--- response_body eval
["1 x1\n", "gone\n"]
--- response_headers eval
["X-Arg: 1", "! X-Arg"]



=== TEST 5: pipelined requests share a connection
--- config
    location = /t { return 200 "$connection_requests\n"; }
--- pipelined_requests eval
["GET /t", "GET /t"]
--- response_body eval
["1\n", "2\n"]



=== TEST 6: a raw request
--- config
    location = /t { return 200 "$request_method $http_x_raw\n"; }
--- raw_request eval
"PUT /t HTTP/1.0\r\nX-Raw: yes\r\n\r\n"
--- response_body
PUT yes



=== TEST 7: a request in packets
--- config
    location = /t { return 200 "$arg_a\n"; }
--- request eval
[[{value => "GET /t?a=", delay_after => 0.1}, "packets"]]
--- response_body
packets



=== TEST 8: patterns for status, headers and body
--- config
    location = /t { add_header X-Number 4711 always; return 404 "not there\n"; }
--- request
GET /t
--- error_code_like: ^4\d\d$
--- response_headers_like
X-Number: \d+
--- response_body_like chomp
not \w+
--- raw_response_headers_like: X-Number: 47
--- raw_response_headers_unlike: X-Letter



=== TEST 9: a chunked answer is put together
--- config
    location = /t { gzip off; sub_filter one two; sub_filter_types *; return 200 "one"; }
--- request
GET /t
--- response_body chomp
two



=== TEST 10: HEAD has no body
--- config
    location = /t { return 200 "body"; }
--- request
HEAD /t
--- response_body



=== TEST 11: what is logged, and what is not
--- config
    location = /t { root /nonexistent; }
--- request
GET /t
--- error_code: 404
--- error_log
No such file or directory
/nonexistent/t
--- no_error_log
[alert]
[emerg]



=== TEST 12: a pattern for the log
--- config
    location = /t { root /nonexistent; }
--- request
GET /t
--- error_code: 404
--- error_log eval
qr/open\(\) ".*" failed/
--- no_error_log eval
[qr/alpha/, qr/beta/]



=== TEST 13: the log can be searched
--- config
    location = /t { root /nonexistent; }
--- request
GET /t
--- error_code: 404
--- grep_error_log eval: qr/open\(\) "[^"]*"/
--- grep_error_log_out
open() "/nonexistent/t"



=== TEST 14: nginx must die of a wrong configuration, and says why
--- config
    no_such_directive on;
--- must_die
--- error_log
unknown directive "no_such_directive"



=== TEST 15: the exit code of a death
--- config
    no_such_thing on;
--- must_die: 1
--- error_log
[emerg]



=== TEST 16: files for nginx, with the environment expanded
--- config
    location = /greeting.txt { root html; }
--- user_files
>>> greeting.txt
$TEST_NGINX_GREETING there
>>> other.txt
unused
--- request
GET /greeting.txt
--- response_body
hello there



=== TEST 17: a mock on a unix socket, its query compared
--- config
    location = /t { proxy_pass http://unix:$TEST_NGINX_DIR/mock.sock:/x; proxy_set_header Host mock; }
--- tcp_listen: $TEST_NGINX_DIR/mock.sock
--- tcp_query eval
"GET /x HTTP/1.0\r\nHost: mock\r\nConnection: close\r\n\r\n"
--- tcp_query_len: 50
--- tcp_reply_delay: 50ms
--- tcp_reply eval
"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nmock"
--- request
GET /t
--- response_body chomp
mock



=== TEST 18: a mock DNS server
--- config
    resolver 127.0.0.1:$TEST_NGINX_RAND_PORT_1 ipv6=off;
    location = /t { set $name nobody.example; proxy_pass http://$name/; }
--- udp_listen: $TEST_NGINX_RAND_PORT_1
--- udp_reply eval
sub { my $query = shift; substr($query, 0, 2) . "\x81\x83" . substr($query, 4) }
--- request
GET /t
--- error_code: 502
--- error_log
nobody.example could not be resolved (3: Host not found)



=== TEST 19: a response may be ignored, a client may leave
--- config
    location = /t { limit_rate 1; return 200 "never read to its end"; }
--- request
GET /t
--- ignore_response
--- timeout: 0.2
--- abort
--- wait: 0.1
--- no_error_log
[error]



=== TEST 20: init runs when nginx listens, before the request
--- config
    location = /made.txt { root html; }
--- init
open my $out, '>', Test::Nginx::Socket::server_root() . '/html/made.txt' or die $!; print {$out} "made\n"; close $out;
--- request
GET /made.txt
--- response_body
made



=== TEST 21: another log level
--- log_level: error
--- config
    location = /t { return 200 "quiet\n"; }
--- request
GET /t
--- response_body
quiet
--- no_error_log
[debug]
[notice]



=== TEST 22: not for this nginx
--- skip_nginx
2: > 1.2.3
--- config
    location = /t { return 500; }
--- request
GET /t
