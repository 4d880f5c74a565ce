# SPDX-License-Identifier: BSD-2-Clause
# What `nginx -t` says of wrong configurations: place, directive, value, remedy. And that Redis need not be there.
use strict;
use warnings;
use lib 't/lib';
use SloTest;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
make_key('op');
system "openssl genrsa -out $ENV{TEST_NGINX_DIR}/short.pem 1024 2>/dev/null";
write_file( 'clients.json', "[\n  {\"client_id\": \"a\"},\n  {\n    \"client_id\": \"b\",\n    \"post_logout_redirect_uris\": \"https://b.example/\"\n  }\n]\n" );
write_file( 'broken.json', "[{\"client_id\": \"a\",}]" );
write_file( 'many.json', "[\n" . join( ",\n", map {qq({"client_id": "client-$_", "client_name": ") . 'x' x 1000 . '"}'} 1 .. 5000 ) . "\n]\n" );
write_file( 'huge.json', '' );
truncate "$ENV{TEST_NGINX_DIR}/huge.json", 128 * 1024 * 1024 + 1;
our $store    = "slo_store unix:$ENV{TEST_NGINX_DIR}/no.sock;";
our $provider = "issuer https://op.example; signing_key $ENV{TEST_NGINX_DIR}/op.pem;";
add_block_preprocessor( sub { $_[0]->set_value( config => "location = /t { return 200; }\n" ) if !defined $_[0]->config } );
run_tests();

__DATA__

=== TEST 1: a configuration is accepted, and starts, while Redis is away
--- http_config eval
"$::store slo_provider main { $::provider client a { post_logout_redirect_uris https://a.example/; } }"
--- config
    location = /logout { slo_end_session main; }
--- request
GET /logout
--- error_code: 200


=== TEST 2: a provider needs a store
--- http_config eval
"slo_provider main { $::provider }"
--- must_die
--- error_log
"slo_provider" requires "slo_store" in the http block


=== TEST 3: an unknown provider is named, with the one that was meant
--- http_config eval
"$::store slo_provider corp { $::provider }"
--- config
    location = /logout { slo_end_session crop; }
--- must_die
--- error_log
unknown slo_provider "crop" in "slo_end_session", did you mean "corp"?


=== TEST 4: metadata errors name file, line and column
--- http_config eval
"$::store slo_provider main { $::provider clients $ENV{TEST_NGINX_DIR}/clients.json; }"
--- must_die
--- error_log
clients.json":5:5: "post_logout_redirect_uris" must be an array of strings


=== TEST 5: so do syntax errors
--- http_config eval
"$::store slo_provider main { $::provider clients $ENV{TEST_NGINX_DIR}/broken.json; }"
--- must_die
--- error_log
broken.json":1:


=== TEST 6: a short key is refused
--- http_config eval
"$::store slo_provider main { issuer https://op.example; signing_key $ENV{TEST_NGINX_DIR}/short.pem; }"
--- must_die
--- error_log
RSA key of 1024 bits, at least 2048 is required


=== TEST 7: a back channel needs a carrier
--- http_config eval
"$::store slo_provider main { $::provider client a { backchannel_logout_uri https://a.example/; } }"
--- must_die
--- error_log
there is no internal location with "slo_deliver"


=== TEST 8: a carrier must be internal
--- http_config eval
"$::store slo_provider main { $::provider }"
--- config
    location = /d { slo_deliver; proxy_pass $slo_deliver_uri; }
--- must_die
--- error_log
must be "internal"


=== TEST 9: a carrier must be an exact location
--- http_config eval
"$::store slo_provider main { $::provider }"
--- config
    location /d { internal; slo_deliver; proxy_pass $slo_deliver_uri; }
--- must_die
--- error_log
"slo_deliver" directive needs a location with "="


=== TEST 10: an unknown parameter is named
--- http_config eval
"$::store slo_provider main { $::provider delivery wiat=1s; }"
--- must_die
--- error_log
invalid parameter "wiat=" in "delivery" directive, did you mean "wait="?


=== TEST 11: so is a wrong value
--- http_config eval
"$::store slo_provider main { $::provider delivery per_host=0; }"
--- must_die
--- error_log
invalid parameter "per_host=0" in "delivery" directive, it must be a number from 1 to 10000


=== TEST 12: an http issuer needs allow_http
--- http_config eval
"$::store slo_provider main { issuer http://op.example; signing_key $ENV{TEST_NGINX_DIR}/op.pem; }"
--- must_die
--- error_log
http://op.example


=== TEST 13: an issuer is required
--- http_config eval
"$::store slo_provider main { signing_key $ENV{TEST_NGINX_DIR}/op.pem; }"
--- must_die
--- error_log
issuer


=== TEST 14: a duplicate client is refused
--- http_config eval
"$::store slo_provider main { $::provider client a { client_name A; } client a { client_name B; } }"
--- must_die
--- error_log
the client "a" is duplicate


=== TEST 15: a duplicate provider is refused
--- http_config eval
"$::store slo_provider main { $::provider } slo_provider main { $::provider }"
--- must_die
--- error_log
duplicate slo_provider "main"


=== TEST 16: a cluster has no master with a name
--- http_config
slo_store redis-cluster://127.0.0.1:7000/mymaster;
--- must_die
--- error_log
must end with its nodes


=== TEST 17: a missing file is named
--- http_config eval
"$::store slo_provider main { $::provider jwks $ENV{TEST_NGINX_DIR}/none.json; }"
--- must_die
--- error_log
none.json


=== TEST 18: the members of a provider mean nothing elsewhere
--- http_config
issuer https://op.example;
--- must_die
--- error_log
"issuer" directive is not allowed here


=== TEST 19: a provider needs something to seal tickets with
--- http_config eval
"$::store slo_provider main { issuer https://op.example; }"
--- must_die
--- error_log
needs a "signing_key", or "slo_store" a "secret_file="


=== TEST 20: a client whose algorithm no key fits is named
--- http_config eval
"$::store slo_provider main { $::provider client a { backchannel_logout_uri https://a.example/; id_token_signed_response_alg ES256; } }"
--- config
    location = /d { internal; slo_deliver; proxy_pass $slo_deliver_uri; }
--- must_die
--- error_log
ES256


=== TEST 21: every member of a provider is accepted
--- http_config eval
"$::store slo_provider main { $::provider decryption_key $ENV{TEST_NGINX_DIR}/op.pem; session_cookie c path=/ domain=op.example secure=off; session_cookie d;
session absolute=1h idle=5m; confirm always ticket=1m; scope client; delivery wait=0 timeout=1s concurrency=2 per_host=1 attempts=3 first=1s max=2s max_age=1h;
frontchannel timeout=1s total=2s; hint required=on expired=reject mismatch=confirm max_age=1d; post_logout https://op.example/; already_out page;
show_untold any; bad_redirect end_without_redirect; allow_http on; tombstone 1h; leeway 5s; include $ENV{TEST_NGINX_DIR}/none*.conf; }"
--- request
GET /t
--- error_code: 200


=== TEST 22: a pool of threads that nobody defined is nginx's to name
--- http_config eval
"$::store slo_provider main { $::provider delivery threads=nobodys; }"
--- must_die
--- error_log
unknown thread pool "nobodys"


=== TEST 23: signing in a pool of one's own, or without any
--- main_config
    thread_pool signers threads=2;
--- http_config eval
"$::store slo_provider main { $::provider delivery threads=signers; }
slo_provider other { issuer https://other.example; signing_key $ENV{TEST_NGINX_DIR}/op.pem; delivery threads=off; }"
--- request
GET /t
--- error_code: 200


=== TEST 24: a pool of threads has a name
--- http_config eval
"$::store slo_provider main { $::provider delivery threads=; }"
--- must_die
--- error_log
invalid parameter "threads=" in "delivery" directive, the value is empty


=== TEST 25: lines about the store do not hold its password
--- http_config eval
"slo_store redis://slo:hunter2\@127.0.0.1:1/3; slo_provider main { $::provider session_cookie c; }"
--- config
    location = /logout { slo_end_session main; }
--- more_headers
Cookie: c=1
--- request
GET /logout
--- error_code: 503
--- error_log
slo: store "redis://127.0.0.1:1/3" cannot be reached
--- no_error_log
hunter2


=== TEST 26: a file of clients may be larger than other files
--- http_config eval
"$::store slo_provider main { $::provider clients $ENV{TEST_NGINX_DIR}/many.json; }"
--- request
GET /t
--- error_code: 200


=== TEST 27: but not of any size
--- http_config eval
"$::store slo_provider main { $::provider clients $ENV{TEST_NGINX_DIR}/huge.json; }"
--- must_die
--- error_log
huge.json" is larger than 128 MiB
