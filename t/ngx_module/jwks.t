# SPDX-License-Identifier: BSD-2-Clause
# slo_jwks: the public halves of the signing keys, and nothing else.
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
--- response_body_like: ^\{"keys":\[\{[^\]]*"kty":"RSA"[^\]]*\}\]\}$
--- response_body_unlike: "(d|p|q)":


=== TEST 2: it is read with GET and HEAD only
--- request
POST /jwks
a=b
--- error_code: 405
