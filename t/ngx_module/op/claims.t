# SPDX-License-Identifier: BSD-2-Clause
# slo_end_session: what a page claims, of whom, and which cookies it expires.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Slo;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
receiver( a => 'ok' );
receiver( b => 'ok' );
receiver( c => '400' );
make_key('op');
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part() ) if !defined $block->http_config;
    $block->set_value( config => server_part() )    if !defined $block->config;
} );
run_tests();

__DATA__

=== TEST 1: a browser whose session cookie is not known never reads "signed out", and keeps it until it says yes
--- request
GET /logout
--- more_headers
Cookie: op_session=unknown
--- error_code: 200
--- response_body_like: that is not known here(?s).*<form
--- raw_response_headers_unlike: op_session=


=== TEST 2: of several session cookies the one whose session lives counts
--- request eval
[ SloTest::Slo::registration(client_id => 'back', session_cookie => 'right'), 'GET /logout', 'GET /api/main/sessions/s1' ]
--- more_headers
Cookie: op_session=stale; op_session=right
--- error_code eval
[201, 200, 200]
--- response_body_like eval
['', 'of all applications that you use(?s).*<form', '"state":"live"']


=== TEST 3: a quoted session cookie is known without its quotes as well
--- request eval
[ SloTest::Slo::registration(client_id => 'back', session_cookie => 'right'), 'GET /logout' ]
--- more_headers
Cookie: op_session="right"
--- error_code eval
[201, 200]
--- response_body_like eval
['', 'of all applications that you use(?s).*<form']


=== TEST 4: session cookies of several names are looked up and expired together
--- http_config eval
SloTest::Slo::http_part("session_cookie old_session path=/sso secure=off;\n")
--- request eval
[
  SloTest::Slo::registration(client_id => 'back', session_cookie => 'right'), 'GET /logout',
  'GET /logout?id_token_hint=' . SloTest::Slo::hint(),
]
--- more_headers
Cookie: op_session=stale; old_session=right
--- error_code eval
[201, 200, 200]
--- response_body_like eval
['', 'of all applications that you use(?s).*<form', 'You are signed out']
--- raw_response_headers_like eval
['', '', '(?s)Set-Cookie: op_session=; Path=/; .*Set-Cookie: old_session=; Path=/sso; HttpOnly; SameSite']


=== TEST 5: a page that is loaded again still knows who was told
--- request eval
my $logout = 'GET /logout?id_token_hint=' . SloTest::Slo::hint();
[ SloTest::Slo::registration(client_id => 'back'), $logout, $logout ]
--- error_code eval
[201, 200, 200]
--- response_body_like eval
['', ('<span>Back &amp; Sons</span><span class="state good" id="a0">signed out</span>') x 2]


=== TEST 6: a client that refuses is shown instead of a redirect that would hide it, and again when the page is loaded again
--- http_config eval
SloTest::Slo::http_part("client sulky { backchannel_logout_uri $ENV{TEST_NGINX_RECEIVER_C}/; post_logout_redirect_uris https://sulky.example/; }")
--- request eval
my $logout = 'GET /logout?id_token_hint=' . SloTest::Slo::hint(aud => 'sulky') . '&post_logout_redirect_uri=https://sulky.example/';
[ SloTest::Slo::registration(client_id => 'sulky'), $logout, $logout ]
--- error_code eval
[201, 200, 200]
--- response_body_like eval
['', ('<span>sulky</span><span class="state bad" id="a0">refused</span>(?s).*Sign out there yourself.*href="https://sulky.example/">Continue') x 2]


=== TEST 7: unless the operator wants the redirect in any case
--- http_config eval
SloTest::Slo::http_part("show_untold never; client sulky { backchannel_logout_uri $ENV{TEST_NGINX_RECEIVER_C}/; post_logout_redirect_uris https://sulky.example/; }")
--- request eval
[
  SloTest::Slo::registration(client_id => 'sulky'),
  'GET /logout?id_token_hint=' . SloTest::Slo::hint(aud => 'sulky') . '&post_logout_redirect_uri=https://sulky.example/',
]
--- error_code eval
[201, 303]


=== TEST 8: a hint of a session that the store does not know is no proof of being signed out, and no error
--- request eval
my $hint = SloTest::Slo::hint(sid => 'nobody-knows');
[ "GET /logout?id_token_hint=$hint", "GET /logout?id_token_hint=$hint&post_logout_redirect_uri=https://back.example/bye" ]
--- error_code eval
[200, 303]
--- response_body_like eval
['It is not known whether you are signed in', '']
--- raw_response_headers_unlike eval
['op_session=', 'op_session=']


=== TEST 9: a refusal names the logout that support can look for
--- request
GET /logout?id_token_hint=broken
--- error_code: 400
--- response_body_like: For support: [\w-]{22}


=== TEST 10: where an iframe may lead is part of the page's policy
--- http_config eval
SloTest::Slo::http_part('client roaming { redirect_uris https://roaming.example/cb; frontchannel_logout_uri https://roaming.example/out; frontchannel_logout_frame_origins https://login.example:8443/ https://sso.example; }')
--- request eval
[ SloTest::Slo::registration(client_id => 'roaming'), 'GET /logout?id_token_hint=' . SloTest::Slo::hint(aud => 'roaming') ]
--- error_code eval
[201, 200]
--- raw_response_headers_like eval
['', 'frame-src https://login.example:8443 https://roaming.example https://sso.example;']


=== TEST 11: an ended session is shown once more instead of a redirect where the operator wants so
--- http_config eval
SloTest::Slo::http_part('already_out page;')
--- request eval
my $logout = 'GET /logout?id_token_hint=' . SloTest::Slo::hint() . '&post_logout_redirect_uri=https://back.example/bye';
[ SloTest::Slo::registration(client_id => 'back'), $logout, $logout ]
--- error_code eval
[201, 303, 200]
--- response_body_like eval
['', '', 'href="https://back.example/bye">Continue']


=== TEST 12: a link that a browser loads in advance ends nothing
--- request eval
[ SloTest::Slo::registration(client_id => 'back'), 'GET /logout?id_token_hint=' . SloTest::Slo::hint(), 'GET /api/main/sessions/s1' ]
--- more_headers
Sec-Purpose: prefetch;prerender
--- error_code eval
[201, 403, 200]
--- response_body_like eval
['', 'cannot be loaded in advance', '"state":"live"']


=== TEST 13: a logout link that a page embeds as an image is answered with the question
--- request eval
[ SloTest::Slo::registration(client_id => 'back'), 'GET /logout?id_token_hint=' . SloTest::Slo::hint(), 'GET /logout?id_token_hint=' . SloTest::Slo::hint() ]
--- more_headers
Sec-Fetch-Dest: image
--- error_code eval
[201, 200, 200]
--- response_body_like eval
['', '(?s)<form.*ticket', '(?s)<form.*ticket']
