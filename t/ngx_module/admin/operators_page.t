# SPDX-License-Identifier: BSD-2-Clause
# The operators' page at the path of slo_api: methods, headers, who may press a button, and what of it is seen without a store.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA qw(hmac_sha256 sha256);
use SloTest qw(redis);
use SloTest::Logged;
use SloTest::Slo;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
Test::Nginx::Socket::log_level('info');
receiver( a => 'ok' );
chmod 0600, SloTest::write_file( 'secret', 'the secret of all hosts' );
SloTest::write_file( 'passwords', "ann:{PLAIN}right\nbob:{PLAIN}right\n" );
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http() ) if !defined $block->http_config;
    $block->set_value( config => server_part() ) if !defined $block->config;
} );
look_at_logged();

# Without a signing key, tickets are signed by what secret_file= holds, which this file can compute as well.
sub http {
    return <<"END";
    slo_store unix:$ENV{TEST_NGINX_REDIS_SOCKET} zone=slo:256k timeout=500ms secret_file=$ENV{TEST_NGINX_DIR}/secret;
    slo_provider main {
        issuer https://op.example;
        jwks   off;
        allow_http on;
        session_cookie op_session;
        client back {
            client_secret 0123456789abcdef0123456789abcdef;
            id_token_signed_response_alg HS256;
            backchannel_logout_uri $ENV{TEST_NGINX_RECEIVER_A}/out;
        }
    }
    slo_provider other { issuer https://other.example; jwks off; session_cookie other_session; }
END
}

sub ticket {
    my %is = ( issuer => 'https://op.example', host => 'localhost', location => '/api/', reader => "\n", nonce => 'n1',
        until => 4_102_444_800, secret => 'the secret of all hosts', @_ );
    my $text = "nonce=$is{nonce}&until=$is{until}";
    my $key  = hmac_sha256( $is{issuer}, hmac_sha256( $is{secret}, 'slo confirmation ticket' ) );
    my $sign = join '', map { sha256($_) } 'ticket', @is{qw(issuer host location reader)}, $text;
    return join '.', map { SloTest::base64url($_) } $text, hmac_sha256( $sign, hmac_sha256( q{slo operators' page}, $key ) );
}

# A press on the page of `location`.
sub press {
    my ( $ticket, $what, $location ) = @_;
    return 'POST ' . ( $location // '/api/' ) . "\nprovider=main&ticket=$ticket&" . ( $what // 'do=end&sub=alice' );
}
sub from_page { return join "\n", 'Content-Type: application/x-www-form-urlencoded', 'Origin: http://localhost', @_ }
our $json = 'Content-Type: application/json';
our $ann  = 'Authorization: Basic YW5uOnJpZ2h0';
our $bob  = 'Authorization: Basic Ym9iOnJpZ2h0';

run_tests();

__DATA__

=== TEST 1: the page is there at the API's own path, for GET and HEAD
--- request eval
[ 'GET /api/main/sessions/none', 'GET /api/', 'HEAD /api/', 'GET /api/?provider=other', 'GET /api/?provider=none', 'GET /api/?sub=a%01', 'PUT /api/', 'DELETE /api/' ]
--- error_code eval
[ 404, 200, 200, 200, 404, 400, 405, 405 ]
--- response_headers eval
[ '', ('Content-Type: text/html; charset=utf-8') x 5, ('Allow: GET, HEAD, POST') x 2 ]
--- response_body_like eval
[ 'session_unknown', '(?s)answers</span>.*<h3><a aria-current="true" href="\?provider=main">main</a>.*>Nothing is owed\..*>There are none\.', '\A\z',
  'aria-current="true" href="\?provider=other"', 'no such slo_provider', '&quot;sub&quot; must be', ('This method is not allowed') x 2 ]


=== TEST 2: nothing is kept, framed, loaded or told
--- request
GET /api/
--- response_headers
Cache-Control: no-store
Referrer-Policy: strict-origin
X-Content-Type-Options: nosniff
X-Frame-Options: DENY
--- raw_response_headers_like eval
qr/Content-Security-Policy: default-src 'none'; style-src 'sha256-\S+ 'sha256-\S+; form-action 'self'; base-uri 'none'; frame-ancestors 'none'/


=== TEST 3: a location without a slash has the page as well, and a provider is still found
--- config eval
SloTest::Slo::server_part() . 'location /slo { slo_api; }'
--- request eval
[ 'GET /slo', 'GET /slo/', 'GET /slo/main/clients', 'GET /slo/main' ]
--- error_code eval
[ 200, 200, 200, 404 ]


=== TEST 4: a user's sessions are found and ended by a press, the client is told, and who did it is logged
--- http_config eval
main::http()
--- config eval
SloTest::Slo::server_part() =~ s{(slo_api write=on;)}{$1 auth_basic API; auth_basic_user_file $ENV{TEST_NGINX_DIR}/passwords;}r
--- request eval
[ SloTest::Slo::registration( client_id => 'back' ), 'GET /api/?sub=alice',
  main::press( main::ticket( reader => "ann\n" ) ), 'GET /api/?sub=alice' ]
--- more_headers eval
[ "$main::json\n$main::ann", $main::ann, main::from_page($main::ann), $main::ann ]
--- error_code eval
[ 201, 200, 303, 200 ]
--- raw_response_headers_like eval
[ '', '', '(?s)(?=.*Location: \?provider=main&sub=alice&notice=[\w.-]+\r\n)(?=.*Cache-Control: no-store)', '' ]
--- response_body_like eval
[ '', '(?s)state good">live<.*<dd>back</dd>.*value="end"', '', '(?s)state">ended<.*<dd>admin</dd>' ]
--- received
a: POST /out
--- logged eval
qr/slo: API write: DELETE sessions of a user, subject #\S+: 200, logout [\w-]+, user "ann", provider "main"/


=== TEST 5: a ticket of another reader, place, provider or secret, none, and an old one press nothing
--- config eval
SloTest::Slo::server_part() =~ s{(slo_api write=on;)}{$1 auth_basic API; auth_basic_user_file $ENV{TEST_NGINX_DIR}/passwords;}r
--- request eval
[ SloTest::Slo::registration( client_id => 'back' ),
  ( map { main::press($_) } main::ticket( reader => "bob\n" ), main::ticket(), main::ticket( reader => "ann\n", location => '/slo/' ),
    main::ticket( reader => "ann\n", host => 'localhost:1' ), main::ticket( reader => "ann\n", issuer => 'https://other.example' ),
    main::ticket( reader => "ann\n", secret => 'another secret of hosts' ), '', main::ticket( reader => "ann\n", until => 1000 ) ),
  'GET /api/main/sessions/s1' ]
--- more_headers eval
[ "$main::json\n$main::ann", ( main::from_page($main::ann) ) x 8, $main::ann ]
--- error_code eval
[ 201, (403) x 8, 200 ]
--- response_body_like eval
[ '', ('This button was made for another page, or for somebody else\.') x 7, 'This page has been open for too long\.', '"state":"live"' ]
--- logged eval
[ "refused a button of the operators' page that was made for somebody else, provider \"main\"", "refused a button of an operators' page that is too old" ]


=== TEST 6: a ticket is good once
--- request eval
[ SloTest::Slo::registration( client_id => 'back' ), ( main::press( main::ticket( nonce => 'once' ) ) ) x 2,
  SloTest::Slo::registration( client_id => 'back', sid => 's2' ), main::press( main::ticket( nonce => 'once' ) ),
  'GET /api/main/sessions/s2' ]
--- more_headers eval
[ $main::json, ( main::from_page() ) x 2, $main::json, main::from_page(), '' ]
--- error_code eval
[ 201, 303, 403, 201, 403, 200 ]
--- response_body_like eval
[ '', '', 'A button of this page was pressed before\.', '', 'pressed before', '"state":"live"' ]


=== TEST 7: what another site's page sends presses nothing, nor what does not say where it comes from
--- request eval
[ SloTest::Slo::registration( client_id => 'back' ), ( map { main::press( main::ticket( nonce => "n$_" ) ) } 1 .. 7 ), 'GET /api/main/sessions/s1' ]
--- more_headers eval
my $form = "Content-Type: application/x-www-form-urlencoded";
[ $main::json, $form, ( map { "$form\n$_" } 'Origin: https://evil.example', 'Origin: null', 'Sec-Fetch-Site: cross-site',
  "Sec-Fetch-Site: same-site\nOrigin: http://localhost", "Origin: http://evil.example\nHost: evil.example" ),
  "$main::json\nOrigin: http://localhost", '' ]
--- error_code eval
[ 201, (403) x 6, 415, 200 ]
--- response_body_like eval
[ '', ('This request came from another site\.') x 6, 'unsupported content type', '"state":"live"' ]


=== TEST 8: without write=on there is no button, and none is pressed
--- config eval
SloTest::Slo::server_part() =~ s{slo_api write=on}{slo_api}r
--- request eval
[ 'GET /api/main/sessions/none', 'GET /api/?sub=alice', main::press( main::ticket() ) ]
--- more_headers eval
[ '', '', main::from_page() ]
--- error_code eval
[ 404, 200, 403 ]
--- response_body_like eval
[ '', '(?s)\A(?!.*(?:method="post"|name="ticket")).*method="get".*This page only shows', 'This API is read-only' ]


=== TEST 9: a delivery that is gone, and a form that no button sends
--- request eval
[ main::press( main::ticket( nonce => 'a' ), 'do=retry&id=cwExATE' ), main::press( main::ticket( nonce => 'b' ), 'do=drop&id=cxExMQ' ),
  main::press( main::ticket( nonce => 'c' ), 'do=burn&id=cxExMQ' ), main::press( main::ticket( nonce => 'd' ), 'do=end' ),
  'POST /api/' . "\nprovider=none&ticket=x&do=end&sub=alice" ]
--- more_headers eval
[ ( main::from_page() ) x 5 ]
--- error_code eval
[ 303, 303, 400, 400, 404 ]
--- raw_response_headers_like eval
[ ('Location: \?provider=main&notice=[\w.-]+\r\n') x 2, '', '', '' ]


=== TEST 10: without a store the page says so, and a press comes back with the reason
--- init
SloTest::Redis::stop();
--- request eval
[ 'GET /api/?sub=alice', main::press( main::ticket() ) ]
--- more_headers eval
[ '', main::from_page() ]
--- error_code eval
[ 200, 303 ]
--- response_body_like eval
[ '(?s)The store cannot be reached\..*While the store is away, sessions and deliveries cannot be shown\.', '' ]
--- raw_response_headers_like eval
[ '', 'Location: \?provider=main&sub=alice&notice=[\w.-]+\r\n' ]
--- logged eval
qr/slo: API write: DELETE sessions of a user, subject #\S+: 503/


=== TEST 11: neither subject nor ticket gets into a log
--- config eval
SloTest::Slo::server_part() . "access_log $ENV{TEST_NGINX_DIR}/page.log; location = /log { alias $ENV{TEST_NGINX_DIR}/page.log; }"
--- request eval
[ 'GET /api/?sub=secret-subject', 'GET /api/?sub=secret-subject&sessions=bad', main::press( main::ticket( nonce => 'x' ), 'do=end&sub=secret-subject' ), 'GET /log' ]
--- more_headers eval
[ '', '', main::from_page(), '' ]
--- error_code eval
[ 200, 400, 303, 200 ]
--- response_body_unlike eval
[ 'ticket expired', ('secret-subject') x 2, 'secret-subject|ticket=' ]
--- no_error_log
secret-subject
ticket=


=== TEST 12: more sessions of a user than one call of the API ends are ended by one press
--- request eval
[ ( map { SloTest::Slo::registration( client_id => 'back', sid => "s$_" ) } 1 .. 53 ), 'GET /api/?sub=alice', main::press( main::ticket() ),
  'GET /api/main/sessions/s1', 'GET /api/main/sessions/s53' ]
--- more_headers eval
[ ($main::json) x 53, '', main::from_page(), '', '' ]
--- error_code eval
[ (201) x 53, 200, 303, 200, 200 ]
--- response_body_like eval
[ ('') x 53, 'sub=alice&amp;sessions=20">More sessions</a>', '', ('"state":"ended"') x 2 ]
--- no_error_log
[alert]


=== TEST 13: nobody else has the page say that something was done
--- request eval
[ 'GET /api/main/sessions/none', 'GET /api/?notice=d2hhdD1lbmRlZCZjb3VudD0z.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'GET /api/?notice=' . main::ticket() ]
--- error_code eval
[ 404, 200, 200 ]
--- response_body_like eval
[ '', ('(?s)\A(?!.*class="notice).*There are none') x 2 ]


=== TEST 14: a provider that signs nothing has no buttons, and its forms are refused
--- http_config eval
main::http() =~ s{ secret_file=\S+?;}{;}r =~ s{slo_provider main.*}{slo_provider main { issuer https://op.example; jwks off; client_id us; }}sr
--- config
    location /api/ { slo_api write=on; }
    location /bye { slo_backchannel_logout main; }
--- request eval
[ 'GET /api/main/sessions/none', 'GET /api/?sub=alice', main::press( main::ticket( secret => '' ) ), main::press('') ]
--- more_headers eval
[ '', '', ( main::from_page() ) x 2 ]
--- error_code eval
[ 404, 200, 403, 403 ]
--- response_body_like eval
[ '', '(?s)\A(?!.*method="post").*There are no buttons', ('made for another page') x 2 ]
