# SPDX-License-Identifier: BSD-2-Clause
# slo_jwks: the public halves of the signing keys, and nothing else, under the names that the OP gives them.
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
receiver( b => '400' );
make_key('op');
make_key('other');

# The OP publishes its key under a name of its own; or it does not publish it.
my $published = JSON::PP->new->decode( jwks('op') );
$published->{keys}[0]{kid} = 'of-the-op';
write_file( 'published.json', JSON::PP->new->canonical->encode($published) );
write_file( 'others.json',    jwks('other') );
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part() ) if !defined $block->http_config;
    $block->set_value( config => server_part() )    if !defined $block->config;
} );
run_tests();

__DATA__

=== TEST 1: our public keys are served, the private one is not
--- request
GET /jwks
--- response_headers
Content-Type: application/jwk-set+json
--- response_body_like: ^(?!.*"(?:d|p|q|dp|dq|qi|oth|k)":)\{"keys":\[\{[^\]]*"kty":"RSA"[^\]]*\}\]\}$


=== TEST 2: it is read with GET and HEAD only
--- request
POST /jwks
a=b
--- error_code: 405
--- response_headers
Allow: GET, HEAD
Content-Type: application/problem+json


=== TEST 3: a key goes by the name that the OP publishes it under
--- http_config eval
SloTest::Slo::http_part("jwks $ENV{TEST_NGINX_DIR}/published.json;")
--- request
GET /jwks
--- response_body_like: "kid":"of-the-op"
--- no_error_log
[warn]
[emerg]


=== TEST 4: a kid that the OP does not publish is warned of, with the line
--- http_config eval
SloTest::Slo::http_part("signing_key $ENV{TEST_NGINX_DIR}/op.pem kid=mine; jwks $ENV{TEST_NGINX_DIR}/published.json;")
    =~ s{signing_key    \S+op.pem;}{}r
--- request
GET /jwks
--- response_body_like: "kid":"mine"
--- error_log eval
[ qr{"signing_key" of slo_provider "main" has the kid "mine", but "jwks" holds the same key under the kid "of-the-op": .* in \S+nginx\.conf:\d+} ]


=== TEST 5: a key that the OP does not publish is warned of, and again when a receiver refuses a token for it
--- http_config eval
SloTest::Slo::http_part("jwks $ENV{TEST_NGINX_DIR}/others.json;")
--- pipelined_requests eval
[ SloTest::Slo::registration( client_id => 'both' ), "DELETE /api/main/sessions/s1" ]
--- more_headers
Content-Type: application/json
--- error_code eval
[ 201, 200 ]
--- received
b: POST /
--- wait: 1
--- error_log eval
[ qr{\[warn\] .*"signing_key" of slo_provider "main" is not in "jwks": clients that know only the OP's keys will refuse the logout tokens in \S+nginx\.conf:\d+},
  qr{\[error\] .*a receiver refused a logout token whose "signing_key" is not in "jwks": .*client "both", session \#} ]


=== TEST 6: a receiver that refuses a token of a published key has reasons of its own
--- http_config eval
SloTest::Slo::http_part("jwks $ENV{TEST_NGINX_DIR}/published.json;")
--- pipelined_requests eval
[ SloTest::Slo::registration( client_id => 'both' ), "DELETE /api/main/sessions/s1" ]
--- more_headers
Content-Type: application/json
--- error_code eval
[ 201, 200 ]
--- received
b: POST /
--- wait: 1
--- no_error_log
a receiver refused a logout token
