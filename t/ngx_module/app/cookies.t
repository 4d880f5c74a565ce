# SPDX-License-Identifier: BSD-2-Clause
# slo_cookie: what a refused request's cookies become: kept from whatever answers, and expired as they were set.
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
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part('client_id gateway;') . ( $block->http // '' ) );
    $block->set_value( config => server_part() . rp_part() . app_part() . ( $block->config // '' ) );
    SloTest::App::visit($block);
} );
run_tests();

__DATA__

=== TEST 1: the cookies of a refused request are expired; those of one that passes, and others, are not touched
--- config
location /app/ { slo_guard main sid=$arg_sid; slo_cookie JSESSIONID part_*; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/saw; }
--- visits
/app/?sid=g1 <- a=1; JSESSIONID=x; part_0=y => 200, saw [a=1; JSESSIONID=x; part_0=y]
   sets nothing
logout sid=g1
/app/?sid=g1 <- a=1; JSESSIONID=x; part_0=y; part_1=z; JSESSIONIDX=1 => 401
   sets JSESSIONID=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
   sets part_0=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
   sets part_1=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
/app/?sid=g1 <- a=1 => 401
   sets nothing
/app/?sid=g2 <- a=1; JSESSIONID=x => 200, saw [a=1; JSESSIONID=x]
   sets nothing


=== TEST 2: whatever answers a refused request does not see them, and its answer expires them
--- config
slo_guard main sid=$arg_sid;
slo_cookie JSESSIONID;
location /uri/   { error_page 401 = /sign_in; empty_gif; }
location /named/ { error_page 401 = @sign_in; empty_gif; }
location /kept/  { error_page 401 /sign_in; empty_gif; }
location /static/ { error_page 401 =200 /page.gif; empty_gif; }
location = /page.gif { empty_gif; }
location = /sign_in { slo_guard off; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/saw; }
location @sign_in   { slo_guard off; rewrite ^ /saw break; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT; }
--- visits
logout sid=g1
/uri/?sid=g1 <- a=1; JSESSIONID=x; b=2 => 200, saw [a=1; b=2]
   sets JSESSIONID=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
/named/?sid=g1 <- JSESSIONID=x => 200, saw []
   sets JSESSIONID=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
/kept/?sid=g1 <- JSESSIONID=x; a=1 => 401, saw [a=1]
   sets JSESSIONID=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
/static/?sid=g1 <- JSESSIONID=x => 200
   sets JSESSIONID=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
/uri/?sid=g2 <- JSESSIONID=x => 200


=== TEST 3: a cookie that the answer sets is not expired
--- config
location /app/ { slo_guard main sid=$arg_sid; slo_cookie JSESSIONID other; error_page 401 = /sign_in; empty_gif; }
location = /sign_in { slo_guard off; proxy_pass "http://127.0.0.1:$TEST_NGINX_PORT/saw?set=JSESSIONID=new;HttpOnly"; }
--- visits
logout sid=g1
/app/?sid=g1 <- JSESSIONID=x; other=y => 200, saw []
   sets JSESSIONID=new;HttpOnly
   sets other=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT


=== TEST 4: they are expired as this worker's answers have set them
--- config
location /app/ { slo_guard main sid=$arg_sid; slo_cookie JSESSIONID part_* __Host-id; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/saw?$args; }
--- visits
/app/?sid=g2&set=JSESSIONID=v;Path=/app;Domain=.app.example;Secure;SameSite=None;Partitioned;HttpOnly => 200
/app/in/this?sid=g2&set=part_0=v => 200
/app/?sid=g2&set=__Host-id=v;Path=/;Secure => 200
logout sid=g1
/app/?sid=g1 <- JSESSIONID=x; part_1=y; __Host-id=z => 401
   sets JSESSIONID=; Path=/app; Domain=app.example; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=None; Partitioned
   sets part_1=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
   sets part_1=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
   sets __Host-id=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure


=== TEST 5: what the directive says of path and domain counts more than what was learnt
--- config
location /app/ { slo_guard main sid=$arg_sid; slo_cookie JSESSIONID path=/here domain=.example.com; slo_cookie other path=/there;
    proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/saw?$args; }
--- visits
/app/?sid=g2&set=JSESSIONID=v;Path=/app;Secure => 200
logout sid=g1
/app/?sid=g1 <- JSESSIONID=x; other=y => 401
   sets JSESSIONID=; Path=/here; Domain=example.com; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure
   sets other=; Path=/there; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT


=== TEST 6: several Cookie headers: what is left of each stays, and other headers do
--- config
location /app/ { slo_guard main sid=$arg_sid; slo_cookie JSESSIONID; error_page 401 = /sign_in; empty_gif; }
location = /sign_in { slo_guard off; proxy_set_header X-Own "[$http_cookie][$cookie_JSESSIONID][$cookie_b]"; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/echo; }
location = /echo { return 200 "saw [$http_cookie|$http_x_own|$http_x_one|$http_x_two]\n"; }
--- visits
logout sid=g1
/app/?sid=g1 <- X-One: 1 <- JSESSIONID=x <- a=1; JSESSIONID=y; b=2 <- X-Two: 2 <- JSESSIONID=z => 200, saw [a=1; b=2|[a=1; b=2][][2]|1|2]
/app/?sid=g1 <- JSESSIONID=x <- JSESSIONID=y => 200, saw [|[][][]||]


=== TEST 7: a variable that was read before is read anew
--- config
set $seen $cookie_JSESSIONID$http_cookie;
location /app/ { slo_guard main sid=$arg_sid; slo_cookie JSESSIONID; error_page 401 = /sign_in; empty_gif; }
location = /sign_in { slo_guard off; proxy_set_header Cookie $http_cookie; proxy_set_header X-One $cookie_JSESSIONID; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/echo; }
location = /echo { return 200 "saw [$http_cookie|$http_x_one]\n"; }
--- visits
logout sid=g1
/app/?sid=g1 <- a=1; JSESSIONID=x => 200, saw [a=1|]


=== TEST 8: 304, HEAD and errors carry them as well
--- user_files
>>> page.html
page
--- config
location /app/ { slo_guard main sid=$arg_sid; slo_cookie JSESSIONID; error_page 401 =200 /page.html; empty_gif; }
location = /page.html { if_modified_since before; }
--- visits
logout sid=g1
/app/?sid=g1 <- JSESSIONID=x <- If-Modified-Since: Thu, 01 Jan 2037 00:00:00 GMT => 304
   sets JSESSIONID=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
HEAD /app/?sid=g1 <- JSESSIONID=x => 200
   sets JSESSIONID=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT


=== TEST 9: "off" ends it below, and a location that has none of its own inherits
--- config
slo_guard main sid=$arg_sid;
slo_cookie JSESSIONID;
location /app/ { empty_gif; }
location /off/ { slo_cookie off; empty_gif; }
location /own/ { slo_cookie other; empty_gif; }
--- visits
logout sid=g1
/app/?sid=g1 <- JSESSIONID=x; other=y => 401
   sets JSESSIONID=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
/off/?sid=g1 <- JSESSIONID=x; other=y => 401
   sets nothing
/own/?sid=g1 <- JSESSIONID=x; other=y => 401
   sets other=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT


=== TEST 10: a dry run expires nothing
--- config
location /app/ { slo_guard main sid=$arg_sid dry_run; slo_cookie JSESSIONID; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/saw; }
--- visits
logout sid=g1
/app/?sid=g1 <- JSESSIONID=x => 200, saw [JSESSIONID=x]
   sets nothing


=== TEST 11: a subrequest that comes later does not see them, whoever runs it
--- user_files
>>> page.shtml
<!--#include virtual="/part" -->
--- config
location /app/ { slo_guard main sid=$arg_sid; slo_cookie JSESSIONID; error_page 401 =200 /page.shtml; empty_gif; }
location = /page.shtml { ssi on; default_type text/html; }
location = /part { proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/saw; }
--- visits
logout sid=g1
/app/?sid=g1 <- a=1; JSESSIONID=x => 200, saw [a=1]


=== TEST 12: where somebody makes the application set a cookie has no say in where others' is expired
--- config
location /app/ { slo_guard main sid=$arg_sid; slo_cookie JSESSIONID track; slo_cookie plain; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/saw?$args; }
--- visits eval
CORE::join "\n", '/app/evil/x/y?set=plain=v&set2=JSESSIONID=v => 200',
  ( map { "/app/f$_/x?sid=g3&set=JSESSIONID=v$_ => 200" } 1 .. 800 ),
  '/app/?sid=g1&set=JSESSIONID=mine;Path=/shop;Secure => 200', 'logout sid=g1',
  '/app/?sid=g1 <- plain=w; JSESSIONID=mine => 401',
  ( map { "   sets $_ Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT" } 'plain=;', 'plain=; Path=/;' ),
  '   sets JSESSIONID=; Path=/shop; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure'


=== TEST 13: an answer expires sixty-four cookies at most
--- config
location /app/ { slo_guard main sid=$arg_sid; slo_cookie p_*; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/saw?$args; }
--- visits eval
my $cookies = CORE::join ';', map { "p_$_=" } 1 .. 400;
"logout sid=g1\n/app/?sid=g1 <- $cookies => 401\n" .
  CORE::join "\n", map { "   sets p_$_=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT" } 1 .. 64
