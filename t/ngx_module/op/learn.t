# SPDX-License-Identifier: BSD-2-Clause
# slo_learn: participations learnt from the ID Tokens in answers (their shapes: t/journeys/learn.mjs).
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
make_key('other');
our $response = sub { return '{"token_type":"Bearer","id_token":"' . $_[0] . '"}' };
add_block_preprocessor( sub {
    my $block = shift;
    my $token = $block->token ? eval $block->token : SloTest::Slo::hint();
    $block->set_value( http_config => http_part() ) if !defined $block->http_config;
    my $config = $block->config // "location = /token { slo_learn main; default_type application/json; return 200 '%s'; }\n";
    $block->set_value( config => server_part() . sprintf( $config, $main::response->($token) ) );
} );
run_tests();

__DATA__

=== TEST 1: a session is known as soon as its tokens are handed out
--- request eval
['GET /token', 'GET /api/main/sessions/s1']
--- error_code eval
[200, 200]
--- response_body_like eval
['^\{"token_type":"Bearer","id_token":"[\w.-]+"\}$', '"client_id":"back"']


=== TEST 2: and ended, its client is told
--- request eval
['GET /token', 'GET /logout?id_token_hint=' . SloTest::Slo::hint()]
--- error_code eval
[200, 200]
--- received
a: POST /logout?tenant=1
--- received_claims
a: sub=alice
a: sid=s1


=== TEST 3: a token that somebody else signed teaches nothing, and the answer goes on
--- token: SloTest::Slo::hint_by('other')
--- request
GET /token
--- response_body_like: Bearer
--- error_log eval
qr/\[warn\].* slo: an answer of the OP teaches nothing: token_key_unknown: no key for RS256 of this kid, provider "main"/


=== TEST 4: "if" and "limit_except" learn as their location does, and a location below another one too
--- config
    location /token {
        slo_learn main;
        default_type application/json;
        if ($arg_if) { return 200 '%1$s'; }
        location /token/below { limit_except GET { deny all; } return 200 '%1$s'; }
    }
--- request eval
['GET /token?if=1', 'GET /api/main/sessions/s1', 'DELETE /api/main/sessions/s1/clients/back', 'GET /token/below', 'GET /api/main/sessions/s1']
--- error_code eval
[200, 200, 200, 200, 200]
--- response_body_like eval
['Bearer', '"client_id":"back"', '', 'Bearer', '"client_id":"back"']


=== TEST 5: what a subrequest or an error answers, teaches nothing
--- config
    location = /token { slo_learn main; default_type application/json; return 400 '%1$s'; }
    location = /head  { slo_learn main; default_type application/json; return 200 '%1$s'; }
    location = /page  { ssi on; default_type text/html; return 200 '<!--#include virtual="/head" -->'; }
--- request eval
['GET /token', 'HEAD /head', 'GET /page', 'GET /api/main/sessions/s1']
--- error_code eval
[400, 200, 200, 404]
