# SPDX-License-Identifier: BSD-2-Clause
# slo_publish and slo_discovery: what clients are told of our logout (documents of every shape: t/journeys/publish.mjs).
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
make_key('next');
our $document = 'return 200 \'{"issuer":"https://op.example","jwks_uri":"https://op.example/keys"}\';';
our $members  = join ',', map { qq("${_}channel_logout_supported":true,"${_}channel_logout_session_supported":true) } qw(back front);
our $plain    = SloTest::Slo::server_part() =~ s/.*slo_end_session.*\n//r;

# What the document says, with the end_session_endpoint.
sub told { return qq({"issuer":"https://op.example","jwks_uri":"https://op.example/keys","end_session_endpoint":"$_[0]",$::members}) }
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part( $block->members // '' ) ) if !defined $block->http_config;
    $block->set_value( config => $main::plain . ( $block->ends // 'location = /logout { slo_end_session main; }' ) . "\n"
          . ( $block->config // "location = /document { slo_publish main; $main::document }" ) ) if !defined $block->must_die;
} );
run_tests();

__DATA__

=== TEST 1: a document that passes says where users log out: at the issuer, under the path of our location
--- request
GET /document
--- response_body eval: main::told('https://op.example/logout')


=== TEST 2: of a prefix location its prefix; what must be escaped, is; what has no path, is passed over
--- ends
location ~ ^/(out|exit) { slo_end_session main; }
location "/log out/" { slo_end_session main; }
location = /logout { slo_end_session main; }
--- request
GET /document
--- response_body eval: main::told('https://op.example/log%20out/')


=== TEST 3: "end_session" wins
--- members: end_session https://login.example:8443/bye?realm=r1;
--- request
GET /document
--- response_body eval: main::told('https://login.example:8443/bye?realm=r1')


=== TEST 4: without a path there must be "end_session"
--- http_config eval: SloTest::Slo::http_part()
--- config eval
$main::plain . "location ~ ^/out { slo_end_session main; }\nlocation = /document { slo_publish main; $main::document }"
--- must_die
--- error_log eval
qr/"slo_publish" directive cannot tell clients where slo_provider "main" ends sessions: it has no exact or prefix location with "slo_end_session"; add such a one, or "end_session https:\/\/…;" to the provider in \S+:\d+/


=== TEST 5: nor can slo_discovery tell
--- http_config eval: SloTest::Slo::http_part()
--- config eval
"$main::plain location = /document { slo_discovery main; }"
--- must_die
--- error_log
"slo_discovery" directive cannot tell clients where slo_provider "main" ends sessions


=== TEST 6: "end_session" is checked
--- http_config eval: SloTest::Slo::http_part('end_session /logout;')
--- config eval: SloTest::Slo::server_part()
--- must_die
--- error_log
"end_session" "/logout"


=== TEST 7: and stands once
--- http_config eval: SloTest::Slo::http_part('end_session https://a.example/; end_session https://b.example/;')
--- config eval: SloTest::Slo::server_part()
--- must_die
--- error_log
"end_session" directive is duplicate


=== TEST 8: slo_publish stands once in a location, and names a provider
--- http_config eval: SloTest::Slo::http_part()
--- config eval: SloTest::Slo::server_part() . 'location = /document { slo_publish main; slo_publish main; }'
--- must_die
--- error_log
"slo_publish" directive is duplicate


=== TEST 9: which there is
--- http_config eval: SloTest::Slo::http_part()
--- config eval: SloTest::Slo::server_part() . 'location = /document { slo_publish mian; }'
--- must_die
--- error_log
unknown slo_provider "mian" in "slo_publish", did you mean "main"?


=== TEST 10: without a document of the OP there is ours
--- config: location = /document { slo_discovery main; }
--- request eval
['GET /document', 'HEAD /document', 'POST /document']
--- error_code eval
[200, 200, 405]
--- response_body eval
[qq({"issuer":"https://op.example","end_session_endpoint":"https://op.example/logout",$::members,"jwks_uri":"https://op.example/jwks"}), '',
 qr/method_not_allowed|not allowed/]
--- response_headers_like eval
["Content-Type: application/json\nCache-Control: public, max-age=300", "Cache-Control: public, max-age=300", "Allow: GET, HEAD"]


=== TEST 11: an "if" and a location below do as their location does; other locations do not
--- config eval
"location /document { slo_publish main; if (\$arg_if) { $::document } location /document/below { $::document } $::document }
 location /other { $::document }"
--- request eval
['GET /document?if=1', 'GET /document/below', 'GET /document', 'GET /other']
--- response_body eval
[(main::told('https://op.example/logout')) x 3, '{"issuer":"https://op.example","jwks_uri":"https://op.example/keys"}']


=== TEST 12: subrequests and other methods are left alone
--- config eval
"location = /document { slo_publish main; $::document }
 location = /page { ssi on; default_type text/html; return 200 '<!--#include virtual=\"/document\" -->'; }"
--- request eval
['GET /page', 'POST /document']
--- response_body eval
[('{"issuer":"https://op.example","jwks_uri":"https://op.example/keys"}') x 2]


=== TEST 13: an error is one, whatever it says
--- config: location = /document { slo_publish main; return 404 '{"issuer":"https://op.example"}'; }
--- request
GET /document
--- error_code: 404
--- response_body eval: '{"issuer":"https://op.example"}'
--- error_log
[warn]
slo: a document passes as it is: status 404, provider "main"


=== TEST 14: of another issuer, it passes as it is
--- config: location = /document { slo_publish main; return 200 '{"issuer":"https://op.example/"}'; }
--- request
GET /document
--- response_body eval: '{"issuer":"https://op.example/"}'
--- error_log
slo: a document passes as it is: response_foreign: its "issuer" is not "https://op.example", provider "main"


=== TEST 15: a key that is only published is shown, in whichever place it stands
--- members eval: "signing_key $ENV{TEST_NGINX_DIR}/next.pem publish_only kid=next;"
--- config: location = /document { slo_publish main; return 200 '{"keys":[]}'; }
--- request eval
['GET /document', 'GET /jwks']
--- response_body_like eval
['^\{"keys":\[\{[^}]*\},\{[^}]*"kid":"next"[^}]*\}\]\}$', '^\{"keys":\[\{[^}]*\},\{[^}]*"kid":"next"[^}]*\}\]\}$']


=== TEST 16: it signs nothing
--- http_config eval: SloTest::Slo::http_part() =~ s/(op\.pem)/$1 publish_only/r
--- config eval: SloTest::Slo::server_part()
--- must_die
--- error_log
needs a "signing_key" without "publish_only", or "slo_store" a "secret_file="


=== TEST 17: and the word stands once
--- http_config eval: SloTest::Slo::http_part() =~ s/(op\.pem)/$1 publish_only publish_only/r
--- config eval: SloTest::Slo::server_part()
--- must_die
--- error_log
"signing_key" directive has the parameter "publish_only" twice
