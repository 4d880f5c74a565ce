# SPDX-License-Identifier: BSD-2-Clause
# The location with slo_deliver: what it may inherit, what nginx -t says of it, and what is made of odd answers.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Slo;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
Test::Nginx::Socket::log_level('info');
my %says = (
    long      => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" . join( '', map { "X-$_: " . 'x' x 100 . "\r\n" } 1 .. 120 ) . "\r\n",
    blank     => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Blank : 1\r\n\r\n",
    folded    => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Folded: 1\r\n  2\r\n\r\n",
    nul       => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Nul: \0\r\n\r\n",
    cut       => "HTTP/1.1 200 OK\r\nContent-Le",
    no_blank  => "HTTP/1.1 503\r\nX-Blank : 1\r\n\r\n",
    interim   => "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    hints_400 => "HTTP/1.1 103 Early Hints\r\nContent-Length: 0\r\n\r\nHTTP/1.1 400 No\r\nContent-Type: application/json\r\n"
      . "Content-Length: 17\r\n\r\n{\"error\":\"never\"}",
    only_100  => "HTTP/1.1 100 Continue\r\n\r\n",
    accepted  => "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
    reset_205 => "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n",
    garbage   => 'garbage',
    internal  => "HTTP/1.1 200 OK\r\nX-Accel-Redirect: /jwks\r\nContent-Length: 0\r\n\r\n",
    refuses   => "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
);
receiver( a => 'ok' );
receiver( b => 'ok' );
receiver( $_ => $says{$_} ) for sort keys %says;
make_key('op');

# Sections: `answers` (a word of %says: that receiver is client back's), `carrier` (more lines in its location, or all of
# it, where they have a proxy_pass), `pending` and `dead` (patterns; default: no such delivery), `pins` (the shipped snippet is the carrier), `http` (more lines in http).
add_block_preprocessor( sub {
    my $block = shift;
    return if defined $block->http_config;
    my $http = http_part("delivery wait=3s first=1m;\n") . ( $block->http // '' );
    my $who  = $block->answers // 'a';
    $http =~ s{\Q$ENV{TEST_NGINX_RECEIVER_A}\E}{$ENV{"TEST_NGINX_RECEIVER_\U$who"}};
    my $server = server_part();
    my $lines  = $block->carrier // '';
    if   ( $lines =~ /proxy_pass /) { $server =~ s/(slo_deliver;).*?\n(?=    \})/$1 $lines\n/s }
    else                           { $server =~ s/(slo_deliver;)/$1 $lines/ }
    if ( defined $block->pins ) {
        $server =~ s/    location = \/_slo.*//s;
        $server .= SloTest::read_file("$SloTest::lib/../../packaging/snippets/slo-deliver.conf");
    }
    $block->set_value( http_config => $http );
    $block->set_value( config      => $server );
    return if defined $block->must_die || defined $block->request;
    $block->set_value( request => [
        registration( client_id => 'back' ), registration( client_id => 'both' ), 'GET /logout?id_token_hint=' . hint(),
        'GET /api/main/deliveries?state=pending', 'GET /api/main/deliveries?state=dead',
    ] );
    $block->set_value( error_code => [ 201, 201, 200, 200, 200 ] );
    my @lists = map { defined ? s/\n//gr : '"deliveries":\[\]' } scalar $block->pending, scalar $block->dead;
    $block->set_value( response_body_like => [ ('') x 3, @lists ] );
} );
# Section `says`: a line each that the error log has by then.
add_test_cleanup_handler( sub {
    my $block = shift;
    my $log   = SloTest::read_file( Test::Nginx::Socket::server_root() . '/logs/error.log' );
    Test::More::like( $log, qr/\Q$_\E/, $block->name . " - says: $_" ) for split /\n/, $block->says // '';
} );
run_tests();

__DATA__

=== TEST 1: a status counts though its headers are too many for the buffer
--- answers: long
--- received
long: POST /logout?tenant=1
b: POST /


=== TEST 2: a status counts though a header has a blank before its colon
--- answers: blank
--- received
blank: POST /logout?tenant=1
b: POST /


=== TEST 3: a status counts though a header is folded
--- answers: folded
--- received
folded: POST /logout?tenant=1
b: POST /


=== TEST 4: a status counts though a header has a NUL
--- answers: nul
--- received
nul: POST /logout?tenant=1
b: POST /


=== TEST 5: a status counts though the connection breaks in the headers
--- answers: cut
--- received
cut: POST /logout?tenant=1
b: POST /


=== TEST 6: interim answers are passed over
--- answers: interim
--- received
interim: POST /logout?tenant=1
b: POST /


=== TEST 7: 202 takes the token
--- answers: accepted
--- received
accepted: POST /logout?tenant=1
b: POST /


=== TEST 8: 205 takes the token
--- answers: reset_205
--- received
reset_205: POST /logout?tenant=1
b: POST /


=== TEST 9: an X-Accel-Redirect moves nobody
--- answers: internal
--- received
internal: POST /logout?tenant=1
b: POST /


=== TEST 10: an error counts though its headers are malformed
--- answers: no_blank
--- pending: "last_error":"503"|"error":"503"
--- received
no_blank: POST /logout?tenant=1
b: POST /


=== TEST 11: an interim answer does not hide an error
--- answers: hints_400
--- dead: 400 never
--- received
hints_400: POST /logout?tenant=1
b: POST /


=== TEST 12: an interim answer alone is none
--- answers: only_100
--- pending: refused
--- received
only_100: POST /logout?tenant=1
b: POST /


=== TEST 13: what is no HTTP has a word of its own
--- answers: garbage
--- pending: malformed answer
--- received
garbage: POST /logout?tenant=1
b: POST /


=== TEST 14: what a carrier inherits without harm
--- http
    proxy_cache_path $TEST_NGINX_DIR/cached keys_zone=cached:1m;
    proxy_cache cached; proxy_cache_methods POST; proxy_cache_key all; proxy_cache_valid any 1h;
    proxy_intercept_errors on; error_page 503 /t;
    proxy_redirect / /x; proxy_buffer_size 1k; proxy_buffering off; proxy_next_upstream off; proxy_limit_rate 1000k;
    client_max_body_size 1; mirror /t; sub_filter a b; add_before_body /t; ssi on;
--- received
a: POST /logout?tenant=1
b: POST /


=== TEST 15: an error page in place of a status changes nothing
--- answers: refuses
--- http
    proxy_intercept_errors on; error_page 503 =200 /t;
--- pending: "503"
--- received
refuses: POST /logout?tenant=1
b: POST /


=== TEST 16: the shipped snippet inherits nothing that harms
--- pins
--- http
    proxy_method GET; proxy_set_body x; proxy_pass_request_headers off; proxy_pass_request_body off;
    proxy_set_header Host $host; proxy_set_header Content-Type text/plain;
    proxy_cache_path $TEST_NGINX_DIR/cached keys_zone=cached:1m;
    proxy_cache cached; proxy_cache_methods POST; proxy_cache_key all; proxy_cache_valid any 1h;
    proxy_intercept_errors on; error_page 503 /t;
    proxy_redirect / /x; proxy_buffer_size 1k; proxy_buffering off; proxy_next_upstream off; proxy_limit_rate 1000k;
    client_max_body_size 1; mirror /t; sub_filter a b; add_before_body /t; ssi on;
--- received
a: POST /logout?tenant=1
b: POST /


=== TEST 17: another method is noticed before a byte leaves
--- carrier: proxy_method GET;
--- pending: carrier 500.*carrier 500
--- received
--- says
the location of slo_deliver cannot deliver: 500: it sends no POST (see "proxy_method")


=== TEST 18: another body is noticed before a byte leaves
--- carrier: proxy_set_body x;
--- pending: carrier 500.*carrier 500
--- received
--- says
the location of slo_deliver cannot deliver: 500: it sends another body (see "proxy_pass_request_body", "proxy_set_body")


=== TEST 19: no body is noticed before a byte leaves
--- carrier: proxy_pass_request_body off;
--- pending: carrier 500.*carrier 500
--- received
--- says
the location of slo_deliver cannot deliver: 500: it sends another body


=== TEST 20: no headers is noticed before a byte leaves
--- carrier: proxy_pass_request_headers off;
--- pending: carrier 500.*carrier 500
--- received
--- says
the location of slo_deliver cannot deliver: 500: it does not send the body as a form (see "proxy_pass_request_headers", "proxy_set_header")


=== TEST 21: another type is noticed before a byte leaves
--- carrier: proxy_set_header Content-Type text/plain;
--- pending: carrier 500.*carrier 500
--- received
--- says
the location of slo_deliver cannot deliver: 500: it does not send the body as a form


=== TEST 22: another host is noticed before a byte leaves
--- carrier: proxy_set_header Host $host;
--- pending: carrier 500.*carrier 500
--- received
--- says
the location of slo_deliver cannot deliver: 500: it sends "Host: localhost" to another host (see "proxy_set_header")


=== TEST 23: a fixed address is noticed before a byte leaves
--- carrier: proxy_pass $TEST_NGINX_RECEIVER_A/fixed;
--- pending: carrier 500.*carrier 500
--- received
--- says
the location of slo_deliver cannot deliver: 500: it does not use $slo_deliver_uri in "proxy_pass"
"slo_deliver": it sends no logout token: its "proxy_pass" has a fixed address, not "$slo_deliver_uri" in


=== TEST 24: a gateway that is told the address is one
--- carrier: proxy_pass $TEST_NGINX_RECEIVER_A/gateway; proxy_set_header X-To $slo_deliver_uri;
--- received
a: POST /gateway
a: POST /gateway


=== TEST 25: the address may come by way of another variable
--- carrier: set $to $slo_deliver_uri; proxy_pass $to;
--- received
a: POST /logout?tenant=1
b: POST /


=== TEST 26: another method is noticed there as well
--- carrier: set $to $slo_deliver_uri; proxy_pass $to; proxy_method GET;
--- pending: carrier 500.*carrier 500
--- received


=== TEST 27: the location's own return is obeyed
--- carrier: if ($slo_deliver_uri ~ tenant) { return 403; }
--- pending: carrier 403
--- received
b: POST /


=== TEST 28: a carrier that rewrites does not deliver
--- carrier: rewrite ^ /t;
--- pending: carrier 500.*carrier 500
--- received


=== TEST 29: a carrier inherits proxy_store without leaving a file
--- http
    proxy_store $TEST_NGINX_DIR/stored;
--- received
a: POST /logout?tenant=1
b: POST /


=== TEST 31: a carrier without a proxy_pass is refused
--- http_config eval: SloTest::Slo::http_part()
--- config
    location = /d { internal; slo_deliver; }
--- must_die
--- error_log
"slo_deliver": needs "proxy_pass $slo_deliver_uri" in its location in


=== TEST 32: a second carrier in one server is refused
--- http_config eval: SloTest::Slo::http_part()
--- config
    location = /d { internal; slo_deliver; proxy_pass $slo_deliver_uri; }
    location = /e {
        internal;
        slo_deliver;
        proxy_pass $slo_deliver_uri;
    }
--- must_die
--- error_log eval
qr/"slo_deliver": is duplicate: this server has one in \S+nginx\.conf:\d+ in \S+nginx\.conf:\d+/


=== TEST 33: receivers whose names nobody can look up are named, and what verifies nobody
--- http_config eval
SloTest::Slo::http_part("client m { backchannel_logout_uri https://m.example/; } client z { backchannel_logout_uri https://z.example:444/; }
client v4 { backchannel_logout_uri https://192.0.2.1/; } client v6 { backchannel_logout_uri https://[2001:db8::1]/; }")
--- config
    $TEST_NGINX_NO_RESOLVER location = /d { internal; slo_deliver; proxy_pass $slo_deliver_uri; proxy_pass_request_headers off; proxy_pass_request_body off; }
--- request
GET /t
--- error_code: 404
--- says
[warn]
"slo_deliver": it cannot reach client "m" of slo_provider "main" and 1 more: to look up "m.example" it needs a "resolver", or an "upstream" of that name in
"slo_deliver": it does not verify receivers' certificates: set "proxy_ssl_verify on" and "proxy_ssl_trusted_certificate" in
"slo_deliver": it sends no logout token with "proxy_pass_request_headers off" in
"slo_deliver": it sends no logout token with "proxy_pass_request_body off" in


=== TEST 34: what can be looked up, connected to and verified needs no warning
--- http_config eval
SloTest::Slo::http_part("client m { backchannel_logout_uri https://M.example/; } client z { backchannel_logout_uri https://z.example:444/; }
client v4 { backchannel_logout_uri https://192.0.2.1/; }") . "upstream m.example { server 127.0.0.1:1; } upstream other { server 127.0.0.1:1; }"
--- config
    location = /d {
        internal;
        slo_deliver;
        proxy_pass $slo_deliver_uri;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
        resolver 127.0.0.1:1;
    }
    location = /logout { slo_end_session main; }
--- request
GET /t
--- error_code: 404
--- no_error_log
[warn]


=== TEST 35: a socket that is gone is a receiver's fault, at info
--- http_config eval
SloTest::Slo::http_part("client gone { backchannel_logout_uri http://gone.example/; }") . "upstream gone.example { server unix:$ENV{TEST_NGINX_DIR}/gone.sock; server 127.0.0.1:1; }"
--- config eval: SloTest::Slo::server_part()
--- request eval
[SloTest::Slo::registration(client_id => 'gone'), 'GET /logout?id_token_hint=' . SloTest::Slo::hint(aud => 'gone'), 'GET /api/main/deliveries?state=pending']
--- error_code eval
[201, 200, 200]
--- response_body_like eval
['', '', '"error":"refused"']
--- says
[info]
gone.sock failed (2: No such file or directory)
--- no_error_log
[crit]
[error]
[alert]
