# SPDX-License-Identifier: BSD-2-Clause
# slo_app_logout: when a session ends, its application is called with the cookies that the session was seen with.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Slo;
use SloTest::Rp;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
Test::Nginx::Socket::log_level('info');
receiver( a => 'ok' );
receiver( b => 'ok' );
receiver( wait => 'slow' );    # the store is there by then, and what a request leaves behind has been done
receiver( redirects => 'redirect' );
receiver( refuses   => '403' );
receiver( recovers  => qw(503 ok) );
receiver( internal  => "HTTP/1.1 200 OK\r\nX-Accel-Redirect: /elsewhere/\r\nContent-Length: 0\r\n\r\n" );
receiver( kept      => "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 2\r\n\r\nok" );
make_key('op');
write_file( 'secret.txt', 's' x 32 . "\n" );
chmod 0600, "$SloTest::dir/secret.txt";
system "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout $SloTest::dir/tls.key -out $SloTest::dir/tls.crt 2>/dev/null";

# Sections: `app` (lines of location /app/, which is guarded and tracks JSESSIONID and csrf), `cookie` (of the one visit),
# `pending`, `dead` (patterns of what is listed afterwards; default: nothing), `told` (lines `receiver: header=value` of the last request
# that it got; `header!` it had not), `says` (a line each of the error log, awaited).
my $none = '"deliveries":\[\]';
add_block_preprocessor( sub {
    my $block = shift;
    ( my $http = http_part('client_id gateway; delivery first=100ms wait=3s;') ) =~ s{zone=}{secret_file=$SloTest::dir/secret.txt zone=};
    $block->set_value( http_config => $http . ( $block->http // '' ) );
    my $app = $block->app // 'slo_app_logout /app/logout;';
    $block->set_value( config => server_part() . rp_part() . ( $block->config // '' ) . <<"END" );
    location = /wait { proxy_pass $ENV{TEST_NGINX_RECEIVER_WAIT}; }
    location /elsewhere/ { proxy_pass $ENV{TEST_NGINX_RECEIVER_B}; }
    location /app/ {
        slo_guard main sid=\$arg_sid;
        slo_cookie JSESSIONID csrf gone track;
        $app
        proxy_set_header Host \$host;
        proxy_pass $ENV{TEST_NGINX_RECEIVER_A};
    }
END
    $block->set_value( received => ( $block->received // '' ) . "wait: GET /wait\n" x 3 );
    return if $block->request;
    my $cookie = $block->cookie // 'JSESSIONID=jsession-1; other=o; csrf=csrf-%2F1';
    $block->set_value( request => [ 'GET /wait', 'GET /app/?sid=g1', 'GET /wait', 'DELETE /api/main/sessions/g1', 'GET /wait',
        map { "GET /api/main/deliveries?state=$_" } qw(pending dead) ] );
    $block->set_value( more_headers => [ '', "Cookie: $cookie", ('') x 5 ] );
    $block->set_value( error_code   => [ (200) x 7 ] ) if !$block->error_code;
    my @lists = map { defined ? s/\n//gr : $none } scalar $block->pending, scalar $block->dead;
    $block->set_value( response_body_like => [ ('') x 5, @lists ] );
} );
add_test_cleanup_handler( sub {
    my $block = shift;
    for ( split /\n/, $block->told // '' ) {
        my ( $who, $header, $wanted ) = /^(\w+): ([\w-]+)(?:=(.*)|!)$/ or die "told: $_\n";
        my $last = ( received($who) )[-1];
        Test::More::is( $header eq 'body' ? $last->{body} : $last->{headers}{$header}, $wanted, $block->name . " - told: $_" );
    }
    my $log = '';
    my $says = sub { $log = SloTest::read_file( Test::Nginx::Socket::server_root() . '/logs/error.log' ); index( $log, $_[0] ) >= 0 };
    for my $line ( split /\n/, $block->says // '' ) {
        for ( 1 .. 60 ) { last if $says->($line); select undef, undef, undef, 0.05 }
        Test::More::ok( $says->($line), $block->name . " - says: $line" );
    }
    $says->('');
    Test::More::unlike( $log, qr/jsession-1|csrf-%2F1/, $block->name . ' - no cookie is logged' );
} );
run_tests();

__DATA__

=== TEST 1: an application is called where it is reached, with its own cookies and nothing else of the user
--- received
a: GET /app/?sid=g1
a: GET /app/logout
--- told
a: cookie=JSESSIONID=jsession-1; csrf=csrf-%2F1
a: host=localhost
a: content-type!
a: content-length!
a: referer!
--- says
delivered: attempt 1, provider "main", application "localhost/app/logout", session #


=== TEST 2: a form that is protected against forgery, and headers
--- app
slo_app_logout /app/logout?all=1 method=POST "body=_csrf=$cookie_csrf&none=${cookie_gone}&c=1" "header=X-CSRF: ${cookie_csrf}" "header=X-Requested-With: XMLHttpRequest";
--- received
a: GET /app/?sid=g1
a: POST /app/logout?all=1
--- told
a: body=_csrf=csrf-%252F1&none=&c=1
a: content-type=application/x-www-form-urlencoded
a: x-csrf=csrf-%2F1
a: x-requested-with=XMLHttpRequest
--- says
application "localhost/app/logout", session #


=== TEST 3: another type of body
--- app
slo_app_logout /app/logout method=POST 'body={"all":true}' "header=Content-Type: application/json";
--- received
a: GET /app/?sid=g1
a: POST /app/logout
--- told
a: body={"all":true}
a: content-type=application/json


=== TEST 4: who was not there is not called
--- cookie: other=o
--- received
a: GET /app/?sid=g1
--- error_code eval
[ 200, 200, 200, 200, 200, 200, 200 ]


=== TEST 5: it may be switched off further in
--- app
slo_app_logout off;
--- http
slo_app_logout /logout;
server { listen 127.0.0.1:1; server_name used.example; location / { slo_guard main sid=$arg_sid; slo_cookie s track; return 204; } }
--- received
a: GET /app/?sid=g1


=== TEST 6: an internal location, and all that is there for users
--- http
limit_req_zone $server_name zone=one:64k rate=1r/m;
limit_conn_zone $server_name zone=two:64k;
--- config
location = /app/logout { internal; slo_guard main sid=$arg_sid; slo_logout main local; slo_cookie JSESSIONID csrf gone track; auth_request /no; deny all; auth_basic x; auth_basic_user_file /nowhere;
    limit_req zone=one; limit_conn two 1; mirror /elsewhere/; proxy_set_header Host $host; proxy_pass $TEST_NGINX_RECEIVER_A; }
location = /no { return 403; }
--- received
a: GET /app/?sid=g1
a: GET /app/logout


=== TEST 7: it is asked each time, whatever is cached
--- http
proxy_cache_path $TEST_NGINX_DIR/cache keys_zone=cache:256k;
--- config
location = /app/logout { proxy_cache cache; proxy_cache_key all; proxy_cache_valid any 1h; proxy_cache_methods POST; proxy_pass $TEST_NGINX_RECEIVER_KEPT; }
--- request eval
[ 'GET /wait', 'GET /app/?sid=g1', 'GET /app/?sid=g2', 'GET /wait', map( { "DELETE /api/main/sessions/g$_" } 1, 2 ), 'GET /wait', 'GET /app/logout', 'GET /app/logout' ]
--- more_headers eval
[ '', 'Cookie: JSESSIONID=jsession-1', 'Cookie: JSESSIONID=jsession-2', ('') x 6 ]
--- error_code eval
[ ( 200 ) x 9 ]
--- received
a: GET /app/?sid=g1
a: GET /app/?sid=g2
kept: GET /app/logout
kept: GET /app/logout
kept: GET /app/logout


=== TEST 8: who is sent elsewhere is logged out
--- config
location = /app/logout { proxy_pass $TEST_NGINX_RECEIVER_REDIRECTS; }
--- received
a: GET /app/?sid=g1
redirects: GET /app/logout


=== TEST 9: a no is a dead letter
--- config
location = /app/logout { proxy_pass $TEST_NGINX_RECEIVER_REFUSES; }
--- dead: "application":"localhost/app/logout".*"error":"403"
--- received
a: GET /app/?sid=g1
refuses: GET /app/logout
--- says
gave up a delivery: 403, attempt 1, provider "main", application "localhost/app/logout"


=== TEST 10: what may pass is tried again
--- config
location = /app/logout { proxy_pass $TEST_NGINX_RECEIVER_RECOVERS; }
--- pending: "deliveries":\[(?:\{.*"error":"503")?
--- received
a: GET /app/?sid=g1
recovers: GET /app/logout
recovers: GET /app/logout


=== TEST 11: an answer leads nowhere within nginx
--- config
location = /app/logout { proxy_pass $TEST_NGINX_RECEIVER_INTERNAL; }
--- received
a: GET /app/?sid=g1
internal: GET /app/logout


=== TEST 12: nor does an error page
--- config
location = /app/logout { proxy_intercept_errors on; error_page 403 = /elsewhere/; proxy_pass $TEST_NGINX_RECEIVER_REFUSES; }
--- dead: "error":"403"
--- received
a: GET /app/?sid=g1
refuses: GET /app/logout


=== TEST 13: rewrite rules of the server and of the location count
--- config
rewrite ^/app/logout$ /app/out;
location = /app/out { set $where /session/end; rewrite ^ $where last; }
location /session/ { proxy_pass $TEST_NGINX_RECEIVER_B; }
--- received
a: GET /app/?sid=g1
b: GET /session/end


=== TEST 14: rules that go round in a circle
--- config
location = /app/logout { rewrite ^ /app/logout last; }
--- pending: "error":"500"
--- received
a: GET /app/?sid=g1


=== TEST 15: try_files leads to the one script of an application
--- config
location = /app/logout { try_files /nowhere /front?page=$uri; }
location = /front { proxy_pass $TEST_NGINX_RECEIVER_B; }
--- received
a: GET /app/?sid=g1
b: GET /front?page=/app/logout


=== TEST 16: and to a named location
--- config
location = /app/logout { try_files /nowhere @app; }
location @app { proxy_pass $TEST_NGINX_RECEIVER_B; }
--- received
a: GET /app/?sid=g1
b: GET /app/logout


=== TEST 17: nginx may be the application
--- config
location = /app/logout { return 204; }
--- received
a: GET /app/?sid=g1
--- says
delivered: attempt 1


=== TEST 18: and may say no
--- config
location = /app/logout { return 410; }
--- dead: "error":"410"
--- received
a: GET /app/?sid=g1


=== TEST 19: a file of its own
--- user_files
>>> app/logout
out
--- config
location = /app/logout { root html; }
--- received
a: GET /app/?sid=g1
--- says
delivered: attempt 1


=== TEST 20: a directory that is asked for without its slash
--- config
location /app/logout/ { proxy_pass $TEST_NGINX_RECEIVER_B; }
--- received
a: GET /app/?sid=g1
--- says
delivered: attempt 1


=== TEST 21: nobody is there
--- config
location = /app/logout { proxy_pass http://127.0.0.1:1; }
--- pending: "error":"refused"
--- received
a: GET /app/?sid=g1
--- says
will try a delivery again: refused, attempt 1


=== TEST 22: what the application sees is a request
--- config
location = /app/logout { set $seen "$request_method $request_uri $uri $args $scheme $host $http_host $remote_addr $cookie_JSESSIONID"; proxy_set_header X-Seen $seen; proxy_pass $TEST_NGINX_RECEIVER_B; }
--- app
slo_app_logout /app/logout?a=b%20c;
--- received
a: GET /app/?sid=g1
b: GET /app/logout?a=b%20c
--- told
b: x-seen=GET /app/logout?a=b%20c /app/logout a=b%20c http localhost localhost 127.0.0.1 jsession-1


=== TEST 23: an address elsewhere is called through the carrier
--- app
slo_app_logout $TEST_NGINX_RECEIVER_B/elsewhere?x=1 method=POST body=a=b;
--- received
a: GET /app/?sid=g1
b: POST /elsewhere?x=1
--- told
b: cookie=JSESSIONID=jsession-1; csrf=csrf-%2F1
b: body=a=b


=== TEST 24: once for each session, however often it ends
--- request eval
[ 'GET /wait', ( 'GET /app/?sid=g1' ) x 2, 'GET /wait', ( 'DELETE /api/main/sessions/g1' ) x 2, 'GET /wait', 'GET /api/main/deliveries?state=pending' ]
--- more_headers eval
[ '', ( 'Cookie: JSESSIONID=jsession-1' ) x 2, ('') x 5 ]
--- error_code eval
[ ( 200 ) x 8 ]
--- response_body_like eval
[ ( '' ) x 7, '"deliveries":\[\]' ]
--- received
a: GET /app/?sid=g1
a: GET /app/?sid=g1
a: GET /app/logout


=== TEST 25: an application behind TLS is reached by https, as its users reach it
--- config
listen unix:$TEST_NGINX_DIR/tls.sock ssl; ssl_certificate $TEST_NGINX_DIR/tls.crt; ssl_certificate_key $TEST_NGINX_DIR/tls.key;
location = /app/logout { proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Https $https; proxy_pass $TEST_NGINX_RECEIVER_B; }
--- received
a: GET /app/?sid=g1
b: GET /app/logout
--- told
b: x-forwarded-proto=https
b: x-https=on


=== TEST 26: what a thief sends beside a cookie, and what no request can carry, does not take part in the call
--- cookie eval
"JSESSIONID=jsession-1; JSESSIONID=junk; %4aSESSIONID=junk; csrf=a\x01b"
--- received
a: GET /app/?sid=g1
a: GET /app/logout
--- told
a: cookie=JSESSIONID=jsession-1
