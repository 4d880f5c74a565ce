# SPDX-License-Identifier: BSD-2-Clause
# slo_session_status: an application's page learns whether its user is signed in, and nothing else.
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
    $block->set_value( http_config => http_part() );
    $block->set_value( config => server_part() . 'location = /signed-in { slo_session_status main; }' );
} );
run_tests();

__DATA__

=== TEST 1: who has no cookie is not signed in
--- request
GET /signed-in
--- response_headers
Content-Type: application/json
Cache-Control: no-store
Vary: Origin
! Access-Control-Allow-Origin
! Set-Cookie
--- response_body chomp
{"active":false}
--- no_error_log
[warn]
[error]


=== TEST 2: a stranger's page is told nothing
--- request
GET /signed-in
--- more_headers
Origin: https://evil.example
--- error_code: 403
--- response_headers
Content-Type: application/problem+json
! Access-Control-Allow-Origin
--- response_body_unlike: active


=== TEST 3: nor does it learn from a preflight
--- request
OPTIONS /signed-in
--- more_headers
Origin: https://evil.example
--- error_code: 403
--- response_headers
! Access-Control-Allow-Origin


=== TEST 4: it is read with GET and HEAD only
--- request
POST /signed-in
a=b
--- error_code: 405
--- response_headers
Allow: GET, HEAD, OPTIONS
Content-Type: application/problem+json
--- error_log
slo: refused a method: POST, where GET, HEAD or OPTIONS is needed, provider "main"


=== TEST 5: a HEAD has no body
--- request
HEAD /signed-in
--- response_body
