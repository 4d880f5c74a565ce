# SPDX-License-Identifier: BSD-2-Clause
# Requests that nginx makes itself to our locations: whose secrets they hold, and what the access log shows of the main
# request.
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
    $block->set_value( http_config => http_part()
          . 'log_format shown "$request | $request_uri | $uri | $args | $http_referer | $status";' );
    $block->set_value( config => server_part() . "access_log $ENV{TEST_NGINX_DIR}/shown.log shown;\n" . $block->location );
    SloTest::write_file( 'shown.log', '' );
} );

# Section `shown`: the access log's lines.
add_test_cleanup_handler( sub {
    my $block  = shift;
    my $wanted = $block->shown =~ s/\n+\z//r;
    my $look   = sub { read_file('shown.log') =~ s/\n+\z//r };
    Test::More::is( SloTest::awaited( $wanted, $look ), $wanted, $block->name . ' - shown' );
} );
run_tests();

__DATA__

=== TEST 1: a subrequest to the API leaves the main request's line alone, and says that the API cannot be asked so
--- location
location /asks { auth_request /api/main/sessions/s1; }
--- request
GET /asks?page=1
--- more_headers
Referer: https://other.example/?q=1
--- error_code: 500
--- shown
GET /asks?page=1 HTTP/1.1 | /asks?page=1 | /asks | page=1 | https://other.example/?q=1 | 500
--- error_log
the API answers the path that a client sends, no rewrite, redirect or subrequest of nginx
--- no_error_log
[alert]


=== TEST 2: so it says where the path is one that nginx made
--- location
rewrite ^/short/(.*)$ /api/main/sessions/$1;
--- request
GET /short/s1
--- error_code: 404
--- response_body_like: no rewrite, redirect or subrequest of nginx
--- shown
GET /api/ HTTP/1.1 | /api/ | /api/ | - | - | 404


=== TEST 3: a logout that a page includes leaves the main request's line alone
--- location
location = /page.html { ssi on; default_type text/html; }
--- user_files
>>> page.html
<!--# include virtual="/logout?id_token_hint=SECRET" -->
--- request
GET /page.html?page=1
--- more_headers
Referer: https://other.example/?q=1
--- error_code: 200
--- shown
GET /page.html?page=1 HTTP/1.1 | /page.html?page=1 | /page.html | page=1 | https://other.example/?q=1 | 200
--- error_log
slo: refused
--- no_error_log eval
[ 'SECRET', qr/slo: .*(page|q)=1/ ]


=== TEST 4: a mirrored query is the secret of both
--- location
location /mirrored { mirror /logout; default_type text/html; }
--- request
GET /mirrored?id_token_hint=SECRET
--- more_headers
Referer: https://op.example/logout?id_token_hint=SECRET
--- error_code: 404
--- shown
GET /mirrored HTTP/1.1 | /mirrored | /mirrored | - | https://op.example/logout | 404
--- error_log
slo: refused
--- no_error_log eval
qr/slo: .*SECRET/


=== TEST 5: nor do our lines about its mirror hold it
--- location
location /get { mirror /logout; proxy_pass $TEST_NGINX_RECEIVER_B; }
--- request
GET /get?id_token_hint=SECRET
--- more_headers
Sec-Purpose: prefetch
Referer: https://op.example/logout?id_token_hint=SECRET
--- error_code: 200
--- shown
GET /get HTTP/1.1 | /get | /get | - | https://op.example/logout | 200
--- error_log
slo: refused a request that a browser made in advance
--- no_error_log
SECRET


=== TEST 6: nor by a method that is refused
--- location
location /get { mirror /logout; proxy_pass $TEST_NGINX_RECEIVER_B; }
--- request
HEAD /get?id_token_hint=SECRET
--- error_code: 200
--- shown
HEAD /get HTTP/1.1 | /get | /get | - | - | 200
--- error_log
slo: refused a method
--- no_error_log
SECRET


=== TEST 7: nor where the store cannot be asked
--- location
location /get { mirror /mirror; proxy_pass $TEST_NGINX_RECEIVER_B; }
location /mirror { slo_end_session main; }
--- init
SloTest::Redis::stop();
--- request eval
'GET /get?id_token_hint=' . SloTest::Slo::hint()
--- error_code: 200
--- shown
GET /get HTTP/1.1 | /get | /get | - | - | 200
--- error_log
the store cannot be reached
--- no_error_log
id_token_hint


=== TEST 8: nor whom another location asked before it led to ours
--- location
location /get { post_action /logout; proxy_pass $TEST_NGINX_RECEIVER_B; }
--- request
HEAD /get?id_token_hint=SECRET
--- error_code: 200
--- shown
HEAD /get HTTP/1.1 | /get | /get | - | - | 405
--- error_log
slo: refused a method
--- no_error_log eval
qr/slo: .*SECRET/
