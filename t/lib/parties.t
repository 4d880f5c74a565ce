# SPDX-License-Identifier: BSD-2-Clause
# The receivers, the private Redis and the tokens of SloTest do what suites rely on.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis no_module);
use Test::Nginx::Socket 'no_plan';

no_shuffle();
receiver( fine     => 'ok' );
receiver( busy     => qw(503 503 204) );
receiver( closed   => 'refuse' );
receiver( rude     => 'reset' );
receiver( mute     => 'hang' );
receiver( drop     => 'dribble' );
receiver( chatty   => 'endless' );
receiver( elsewhere => 'redirect' );
receiver( literal  => "HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n" );
run_tests();

# Tokens, checked by openssl rather than by what made them.
for my $alg (qw(RS256 ES256 EdDSA)) {
    make_key( $alg, $alg );
    my $token = id_token( { aud => 'app', sub => undef }, key => $alg );
    my ( $head, $payload, $signature ) = map { SloTest::Token::from_base64url($_) } split /\./, $token;
    Test::More::like( $head, qr/^\{"alg":"$alg","kid":"[\w-]{43}"\}$/, "$alg: header" );
    Test::More::like( $payload, qr/^\{"aud":"app","exp":\d+,"iat":\d+,"iss":"[^"]+"\}$/, "$alg: claims" );
    Test::More::is( length $signature, $alg eq 'RS256' ? 256 : 64, "$alg: length of the signature" );
    my $jwks = JSON::PP::decode_json( jwks($alg) );
    Test::More::is( scalar @{ $jwks->{keys} }, 1, "$alg: JWK set" );
    my $input = $token =~ s/\.[^.]*$//r;
    write_file( 'input', $input );
    write_file( 'signature', $alg eq 'ES256' ? der_of($signature) : $signature );
    system "openssl pkey -in $ENV{TEST_NGINX_DIR}/$alg.pem -pubout -out $ENV{TEST_NGINX_DIR}/public.pem";
    my @verify = $alg eq 'EdDSA' ? qw(pkeyutl -verify -rawin -pubin -inkey) : qw(dgst -sha256 -verify);
    my @what = $alg eq 'EdDSA' ? qw(-sigfile signature -in input) : qw(-signature signature input);
    Test::More::is( system("cd $ENV{TEST_NGINX_DIR} && openssl @verify public.pem @what >/dev/null 2>&1"), 0, "$alg: signature" );
}
Test::More::is(
    sign_token( { a => 1 }, secret => 'k' ),
    'eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.' . base64url( Digest::SHA::hmac_sha256( 'eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ', 'k' ) ),
    'HS256'
);

sub der_of {
    my @integers = map { s/^\0+//r } unpack 'a32 a32', shift;
    my $body = join '', map { my $i = ord($_) & 0x80 ? "\0$_" : $_; "\x02" . chr( length $i ) . $i } @integers;
    return "\x30" . chr( length $body ) . $body;
}

__DATA__

=== TEST 1: what a receiver got is written down
--- config
    location = /t { proxy_pass $TEST_NGINX_RECEIVER_FINE/logout?a=1; }
--- request
POST /t
logout_token=e30.eyJzdWIiOiJhbGljZSIsImV2ZW50cyI6eyJ4Ijp7fX19.c2ln
--- received
fine: POST /logout?a=1
--- received_claims
fine: sub=alice
fine: events={"x":{}}
fine: nonce!



=== TEST 2: and forgotten before the next block; a sequence of behaviours
--- config
    location = /t { proxy_pass $TEST_NGINX_RECEIVER_BUSY/; }
--- request eval
["GET /t", "GET /t", "GET /t", "GET /t"]
--- error_code eval
[503, 503, 204, 204]
--- response_headers eval
["Retry-After: 1", "Retry-After: 1", "! Retry-After", "! Retry-After"]
--- received
busy: GET /
busy: GET /
busy: GET /
busy: GET /



=== TEST 3: refused and reset
--- config
    location = /closed { proxy_pass $TEST_NGINX_RECEIVER_CLOSED/; }
    location = /rude   { proxy_pass $TEST_NGINX_RECEIVER_RUDE/; }
--- request eval
["GET /closed", "GET /rude"]
--- error_code eval
[502, 502]
--- grep_error_log eval: qr/Connection (?:refused|reset by peer)/
--- grep_error_log_out eval
qr/\A(?:Connection (?:refused|reset by peer)\n)+\z/
--- received
rude: GET /



=== TEST 4: hanging and dribbling
--- config
    proxy_read_timeout 300ms;
    location = /mute { proxy_pass $TEST_NGINX_RECEIVER_MUTE/; }
    location = /drop { proxy_pass $TEST_NGINX_RECEIVER_DROP/; proxy_read_timeout 100ms; }
--- request eval
["GET /mute", "GET /drop"]
--- error_code eval
[504, 504]
--- received
drop: GET /
mute: GET /



=== TEST 5: endless, redirecting, literal
--- config
    location = /chatty    { proxy_pass $TEST_NGINX_RECEIVER_CHATTY/; proxy_max_temp_file_size 0; }
    location = /elsewhere { proxy_pass $TEST_NGINX_RECEIVER_ELSEWHERE/; proxy_redirect off; }
    location = /literal   { proxy_pass $TEST_NGINX_RECEIVER_LITERAL/; }
--- request eval
["GET /elsewhere", "GET /literal", "HEAD /chatty"]
--- error_code eval
[302, 418, 200]
--- response_headers eval
["Location: $ENV{TEST_NGINX_RECEIVER_ELSEWHERE}/elsewhere", "! Location", "Content-Length: 999999999999"]



=== TEST 6: Redis, before and after
--- redis
SET greeting hello
RPUSH list a b
--- config
    location = /t { return 200 "x\n"; }
--- request
GET /t
--- response_body
x
--- redis_after
GET greeting => hello
LRANGE list 0 -1 => a b
GET nothing => (nil)
DBSIZE => 2



=== TEST 7: Redis is empty again, and is there again after it was stopped
--- init
SloTest::Redis::stop(); SloTest::Redis::start($ENV{TEST_NGINX_DIR});
--- config
    location = /t { return 200 "x\n"; }
--- request
GET /t
--- redis_after
DBSIZE => 0
