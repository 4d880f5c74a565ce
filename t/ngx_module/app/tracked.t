# SPDX-License-Identifier: BSD-2-Clause
# slo_cookie track: a cookie belongs to the session that it was first seen with, and says alone whose request it is.
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

=== TEST 1: a cookie is the session's that it was first seen with, and ends with it
--- config
location /app/ { slo_guard main sid=$arg_sid; slo_cookie JSESSIONID track; proxy_set_header X-Status $slo_status;
    proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
--- visits
/app/ => 200, saw [none|]
/app/ <- JSESSIONID=x => 200, saw [unbound|JSESSIONID=x]
/app/?sid=g1 <- JSESSIONID=x; a=1 => 200, saw [ok|JSESSIONID=x; a=1]
/app/ <- JSESSIONID=x => 200, saw [ok|JSESSIONID=x]
/app/ <- JSESSIONID=y => 200, saw [unbound|JSESSIONID=y]
logout sid=g1
/app/ <- a=1; JSESSIONID=x => 401
   sets JSESSIONID=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
/app/ <- JSESSIONID=y => 200, saw [unbound|JSESSIONID=y]
/app/?sid=g1 <- JSESSIONID=z => 401
/app/?sid=g2 <- JSESSIONID=x; a=1 => 200, saw [ok|a=1]
   sets JSESSIONID=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
/app/?sid=g2 <- JSESSIONID=n => 200, saw [ok|JSESSIONID=n]
   sets nothing


=== TEST 2: the next user at the same browser does not get the last one's application session
--- config
location /app/ { slo_guard main sid=$arg_sid sub=$arg_sub; slo_cookie JSESSIONID track; proxy_set_header X-Status $slo_status;
    proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
--- visits
/app/?sid=g1&sub=ann <- JSESSIONID=x => 200, saw [ok|JSESSIONID=x]
/app/?sid=g2&sub=bob <- JSESSIONID=x => 200, saw [ok|]
   sets JSESSIONID=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
/app/?sid=g2&sub=bob <- JSESSIONID=y => 200, saw [ok|JSESSIONID=y]
/app/?sid=g1&sub=ann <- JSESSIONID=y; JSESSIONID=x => 200, saw [ok|JSESSIONID=x]
/app/?sub=ann <- JSESSIONID=y => 200, saw [ok|]
/app/?sub=ann <- JSESSIONID=x => 200, saw [ok|JSESSIONID=x]


=== TEST 3: a cookie that an answer sets is the session's of its request
--- config
location /app/ { slo_guard main sid=$arg_sid; slo_cookie JSESSIONID part_* track; proxy_set_header X-Status $slo_status;
    proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
--- visits
/app/?sid=g1&set=JSESSIONID=x;Path=/app;HttpOnly => 200
   sets JSESSIONID=x;Path=/app;HttpOnly
/app/ <- JSESSIONID=x => 200, saw [ok|JSESSIONID=x]
/app/?set=part_0=p;Path=/other&set2=part_1=q;Path=/other <- JSESSIONID=x => 200, saw [ok|JSESSIONID=x]
/app/ <- part_0=p; part_1=q => 200, saw [ok|part_0=p; part_1=q]
logout sid=g1
/app/ <- part_0=p; part_1=q; JSESSIONID=x => 401
   sets part_0=; Path=/other; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
   sets part_1=; Path=/other; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
   sets JSESSIONID=; Path=/app; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly


=== TEST 4: a guard may go by cookies alone, of sessions that others have told of
--- config
location /app/   { slo_guard main sid=$arg_sid; slo_cookie JSESSIONID track; empty_gif; }
location /alone/ { slo_guard main; slo_cookie JSESSIONID track; proxy_set_header X-Status $slo_status;
    proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told; }
--- visits
/app/?sid=g1 <- JSESSIONID=x => 200
/alone/ <- JSESSIONID=x => 200, saw [ok|JSESSIONID=x]
/alone/ <- JSESSIONID=y => 200, saw [unbound|JSESSIONID=y]
logout sid=g1
/alone/ <- JSESSIONID=x => 401
/alone/ <- JSESSIONID=y => 200, saw [unbound|JSESSIONID=y]
/alone/ => 200, saw [none|]


=== TEST 5: without a token the first cookie of a session that lives counts; others' stay out, and nobody's becomes its own
--- config
location /app/ { slo_guard main sid=$arg_sid; slo_cookie one two three track; proxy_set_header X-Status $slo_status;
    proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
--- visits
/app/?sid=g1 <- one=1 => 200
/app/?sid=g2 <- two=2 => 200
/app/ <- one=1; two=2 => 200, saw [ok|one=1]
   sets two=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
/app/ <- two=2; one=1; three=3 => 200, saw [ok|two=2; three=3]
   sets one=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
/app/?sid=g1 <- three=3 => 200, saw [ok|]
logout sid=g1
/app/ <- one=1; two=2 => 200, saw [ok|two=2]
logout sid=g2
/app/ <- one=1; two=2 => 401
   sets one=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
   sets two=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT
/app/ <- three=3 => 401


=== TEST 6: a logout of all sessions of a user ends those that his cookies are known from
--- config
location /app/ { slo_guard main sid=$arg_sid sub=$arg_sub since=$arg_since; slo_cookie JSESSIONID track; proxy_set_header X-Status $slo_status;
    proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
--- visits
/app/?sub=ann&since=1000000000 <- JSESSIONID=old => 200
/app/?sub=ann&since=4000000000 <- JSESSIONID=new => 200
/app/?sid=g1&sub=ann <- JSESSIONID=first_seen => 200
logout sub=ann iat=30
/app/ <- JSESSIONID=old => 401
/app/ <- JSESSIONID=new => 200, saw [ok|JSESSIONID=new]
/app/ <- JSESSIONID=first_seen => 401
/app/?sub=ann&since=4000000000 <- JSESSIONID=old => 200, saw [ok|]
/app/?sub=ann&since=4000000000 <- JSESSIONID=new => 200, saw [ok|JSESSIONID=new]


=== TEST 7: a dry run tells, and keeps nothing from the application
--- config
location /app/ { slo_guard main sid=$arg_sid dry_run; slo_cookie JSESSIONID track; proxy_set_header X-Status $slo_status;
    proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
--- visits
/app/?sid=g1 <- JSESSIONID=x => 200
/app/?sid=g2 <- JSESSIONID=x => 200, saw [ok|JSESSIONID=x]
   sets nothing
logout sid=g1
/app/ <- JSESSIONID=x => 200, saw [ended|JSESSIONID=x]
   sets nothing


=== TEST 8: more cookies of an application than sixteen: those beyond stay out
--- config
location /app/ { slo_guard main sid=$arg_sid; slo_cookie p_* track; proxy_set_header X-Status $slo_status; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
--- visits
/app/?sid=g1 <- p_1=; p_2=2; p_3=3; p_4=4; p_5=5; p_6=6; p_7=7; p_8=8; p_9=9; p_a=a; p_b=b; p_c=c; p_d=d; p_e=e; p_f=f; p_g=g; p_h=h; other=1 => 200, saw [ok|p_1=; p_2=2; p_3=3; p_4=4; p_5=5; p_6=6; p_7=7; p_8=8; p_9=9; p_a=a; p_b=b; p_c=c; p_d=d; p_e=e; p_f=f; p_g=g; other=1]


=== TEST 9: as servers read it, a cookie in another spelling is the same one
--- config
location /app/ { slo_guard main sid=$arg_sid; slo_cookie JSESSIONID track; proxy_set_header X-Status $slo_status; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
--- visits
/app/?sid=g1 <- JSESSIONID=xy => 200
logout sid=g1
/app/ <- JSESSIONID="xy" => 401
/app/ <- JSESSIONID=%78y => 401
/app/ <- %4aSESSIONID=xy => 401
/app/ <- JSESSIONID = xy => 401
/app/ <- JSESSIONID=xY => 200, saw [unbound|JSESSIONID=xY]


=== TEST 10: two guards of one place, each with what it knows
--- http
slo_provider other { issuer https://other.example; client_id gateway; jwks off; }
--- config
location /app/ { slo_guard main sid=$arg_a; slo_guard other sid=$arg_b; slo_cookie JSESSIONID track; proxy_set_header X-Status $slo_status;
    proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
--- visits
/app/?a=g1&b=h1 <- JSESSIONID=x => 200, saw [ok|JSESSIONID=x]
/app/?a=g1&b=h2 <- JSESSIONID=x => 200, saw [ok|]
/app/?b=h1 <- JSESSIONID=x => 200, saw [ok|JSESSIONID=x]
logout sid=g1
/app/?b=h1 <- JSESSIONID=x => 401


=== TEST 11: who sends ever new cookies has 64 a minute tied to his session, and the store does not fill
--- config
location /app/ { slo_guard main sid=$arg_sid; slo_cookie p_* track; proxy_set_header X-Status $slo_status; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
--- visits eval
my $all = sub { my ($from, $count) = @_; CORE::join '; ', map { "p_$_=$_" } $from .. $from + $count - 1 };
CORE::join "\n", ( map { "/app/?sid=g1 <- " . $all->( 16 * $_, 16 ) . " => 200" } 1 .. 5 ),
  '/app/ <- p_16=16 => 200, saw [ok|p_16=16]', '/app/ <- p_90=90 => 200, saw [unbound|p_90=90]', '/app/?sid=g1 <- p_90=90 => 200, saw [degraded|p_90=90]',
  '/app/?sid=g2 <- p_90=90 => 200, saw [ok|p_90=90]'


=== TEST 12: no spelling that some server reads alike leads past the guard
--- config
location /app/ { slo_guard main sid=$arg_sid; slo_cookie my_sess track; proxy_set_header X-Status $slo_status; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
--- visits eval
CORE::join "\n", '/app/?sid=g1 <- my_sess=stolen1 => 200', '/app/?sid=g1 <- my_sess=a+b => 200', 'logout sid=g1',
  ( map { "/app/ <- $_ => 401" } 'my_sess="\163tolen1"', 'my_sess="s\tolen1"', 'my.sess=stolen1', 'my[sess=stolen1', "\xa0my_sess=stolen1",
    "my_sess=stolen1\x0c", 'my%2Esess="%73tolen1"', 'MY_SESS=stolen1', 'My.Sess=stolen1', 'my_sess=a%20b', 'my_sess=a b' ),
  '/app/?sid=g2 <- my_sess="\163tolen1"; a=1 => 200, saw [ok|a=1]',
  map { ( "/app/?sid=g2 <- $_ => 200, saw [ok|b=2]", '   sets nothing' ) } 'a=1, my_sess=stolen1; b=2', 'b=2; a=x my_sess=stolen1', 'a="my_sess=stolen1"; b=2',
  '=my_sess=stolen1; b=2', 'a, my_sess=stolen1; b=2'


=== TEST 13: thousands of cookies under a tracked name take no longer than others
--- config
location /app/ { slo_guard main sid=$arg_sid; slo_cookie sid p_* track; proxy_set_header X-Status $slo_status; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
--- http
large_client_header_buffers 8 32k;
--- visits eval
my $first = CORE::join ';', map { "sid=$_" } 0 .. 15;
my $many = CORE::join ';', ('%73id=a') x 3500;
my $alike = CORE::join ';', ('p_=a') x 5000;
CORE::join "\n", '/app/?sid=g1 <- sid=a => 200', "/app/ <- $first;$many; b=1 => 200", "/app/?sid=g2 <- $many; b=1 => 200, saw [ok|b=1]",
  "/app/?sid=g2 <- $alike; b=1 => 200"
--- timeout: 5


=== TEST 14: a dry run ties nothing to a session that is over
--- config
location /app/ { slo_guard main sid=$arg_sid dry_run; slo_cookie JSESSIONID track; proxy_set_header X-Status $slo_status;
    proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
location /alone/ { slo_guard main; slo_cookie JSESSIONID track; proxy_set_header X-Status $slo_status; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?$args; }
--- visits
/app/?sid=g1&set=JSESSIONID=a => 200
/alone/ <- JSESSIONID=a => 200, saw [ok|JSESSIONID=a]
logout sid=g1
/app/?sid=g1&set=JSESSIONID=b => 200
/alone/ <- JSESSIONID=b => 200, saw [unbound|JSESSIONID=b]
/alone/ <- JSESSIONID=a => 401
