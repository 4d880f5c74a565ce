# SPDX-License-Identifier: BSD-2-Clause
# The module loads where nobody uses it, and a wrong configuration is refused with the directive, the value and the remedy.
use strict;
use warnings;
use lib 't/lib';
use SloTest;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
make_key('op');
make_key('curve', 'ES256');
SloTest::Token::openssl( '', qw(genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out), "$ENV{TEST_NGINX_DIR}/small.pem" );
write_file( 'clients.json', <<'JSON' );
[
  {"client_id": "app", "client_secret": "a secret of more than thirty-two bytes",
   "backchannel_logout_uri": "https://app.example/logout"}
]
JSON
write_file( 'silent.json',  '[{"client_id": "app", "client_secret": "a secret of more than thirty-two bytes"}]' );
write_file( 'broken.json',  "[\n  {\"client_id\": \"app\",}\n]\n" );
write_file( 'wrong.json',   qq([\n  {"client_id": "app",\n   "post_logout_redirect_uris": "https://app.example/"}\n]\n) );
write_file( 'twice.json',   '[{"client_id": "app"}, {"client_id": "app"}]' );
write_file( 'short_secret', 'short' );
write_file( 'jwks.json',    jwks('op') );
run_tests();

__DATA__

=== TEST 1: loaded but unused
--- config
    location = /t { return 200 "untouched\n"; }
--- request
GET /t
--- response_body
untouched
--- no_error_log eval
[qr/\bslo[_:]/, '[alert]', '[emerg]']



=== TEST 2: a store alone contacts nobody, although nobody listens there
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock;
--- config
    location = /t { return 200 "untouched\n"; }
--- request
GET /t
--- response_body
untouched
--- no_error_log
[alert]
[emerg]



=== TEST 3: a whole configuration is accepted while Redis is down
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock zone=slo:64k prefix=other timeout=500ms wait=2,499ms;
    slo_provider corp {
        issuer         https://op.example;
        jwks           $TEST_NGINX_DIR/jwks.json;
        signing_key    $TEST_NGINX_DIR/op.pem kid=2026;
        signing_key    $TEST_NGINX_DIR/curve.pem;
        decryption_key $TEST_NGINX_DIR/op.pem;
        clients        $TEST_NGINX_DIR/clients.json;
        client other {
            client_name               "Other";
            client_secret             0123456789012345678901234567890123456789;
            post_logout_redirect_uris https://other.example/bye https://other.example/gone;
        }
        session_cookie op_session;
        session        absolute=12h idle=30m;
        confirm        always ticket=2m;
        scope          client;
        delivery       wait=1s timeout=5s concurrency=64 per_host=4 attempts=10 first=5s max=15m;
        frontchannel   timeout=5s total=8s;
        hint           required=on expired=reject mismatch=reject max_age=30d;
        post_logout    https://op.example/bye;
        already_out    page;
        bad_redirect   end_without_redirect;
        allow_http     off;
        tombstone      24h;
        leeway         30s;
    }
--- config
    location = /_deliver { internal; slo_deliver; proxy_pass $slo_deliver_uri; }
    location = /logout   { slo_end_session corp; }
    location = /jwks     { slo_jwks corp; }
    location /api/       { slo_api write=on; }
    location = /status   { slo_status; }
    location = /t        { return 200 "accepted\n"; }
--- request
GET /t
--- response_body
accepted



=== TEST 4: a provider needs a store
--- http_config
    slo_provider corp { issuer https://op.example; }
--- config
--- must_die
--- error_log
"slo_provider" requires "slo_store" in the http block



=== TEST 5: an unknown provider, and which one was meant
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock;
    slo_provider corp { issuer https://op.example; signing_key $TEST_NGINX_DIR/op.pem; }
--- config
    location = /logout { slo_end_session crop; }
--- must_die
--- error_log
unknown slo_provider "crop" in "slo_end_session", did you mean "corp"?



=== TEST 6: a syntax error in the clients, with its place
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock;
    slo_provider corp { issuer https://op.example; signing_key $TEST_NGINX_DIR/op.pem; clients $TEST_NGINX_DIR/broken.json; }
--- config
--- must_die
--- error_log
"clients"
broken.json":2:23:



=== TEST 7: a wrong member of a client, with its name
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock;
    slo_provider corp { issuer https://op.example; signing_key $TEST_NGINX_DIR/op.pem; clients $TEST_NGINX_DIR/wrong.json; }
--- config
--- must_die
--- error_log
wrong.json":
"post_logout_redirect_uris" must be an array of strings



=== TEST 8: a client that stands twice
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock;
    slo_provider corp { issuer https://op.example; signing_key $TEST_NGINX_DIR/op.pem; clients $TEST_NGINX_DIR/twice.json; }
--- config
--- must_die
--- error_log
twice.json":



=== TEST 9: a weak key
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock;
    slo_provider corp { issuer https://op.example; signing_key $TEST_NGINX_DIR/small.pem; }
--- config
--- must_die
--- error_log
1024 bits
at least 2048



=== TEST 10: a file that is not there
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock;
    slo_provider corp { issuer https://op.example; signing_key $TEST_NGINX_DIR/nowhere.pem; }
--- config
--- must_die
--- error_log
nowhere.pem



=== TEST 11: keys from a URL need a carrier
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock;
    slo_provider corp { issuer https://op.example; signing_key $TEST_NGINX_DIR/op.pem; jwks https://op.example/jwks; }
--- config
--- must_die
--- error_log
slo_provider "corp" has a URL in "jwks", but there is no internal location with "slo_deliver": include snippets/slo-deliver.conf in a server



=== TEST 12: back channels need a carrier
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock;
    slo_provider corp { issuer https://op.example; signing_key $TEST_NGINX_DIR/op.pem; clients $TEST_NGINX_DIR/clients.json; }
--- config
    location = /logout { slo_end_session corp; }
--- must_die
--- error_log
include snippets/slo-deliver.conf



=== TEST 13: a carrier is internal
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock;
--- config
    location = /_deliver { slo_deliver; proxy_pass $slo_deliver_uri; }
--- must_die
--- error_log
must be "internal"



=== TEST 14: a location has one answer
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock;
    slo_provider corp { issuer https://op.example; signing_key $TEST_NGINX_DIR/op.pem; }
--- config
    location = /logout { slo_end_session corp; slo_status; }
--- must_die
--- error_log
cannot stand beside a directive that answers in the same location



=== TEST 15: a store of a kind that is not supported says so
--- http_config
    slo_store memcached://127.0.0.1:11211;
--- config
--- must_die
--- error_log
has an unknown scheme



=== TEST 16: a zone that is too small
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock zone=slo:4k;
--- config
--- must_die
--- error_log
at least 32k is required



=== TEST 17: a secret that is too short is refused, and not shown
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock secret_file=$TEST_NGINX_DIR/short_secret;
--- config
--- must_die
--- error_log
less than 16 bytes
--- no_error_log eval
qr/"short"/



=== TEST 18: an option nobody knows
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock tineout=1s;
--- config
--- must_die
--- error_log
tineout



=== TEST 19: a directive that stands twice
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock;
    slo_store unix:$TEST_NGINX_DIR/nobody.sock;
--- config
--- must_die
--- error_log
"slo_store"
is duplicate



=== TEST 20: an issuer without TLS
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock;
    slo_provider corp { issuer http://op.example; signing_key $TEST_NGINX_DIR/op.pem; }
--- config
--- must_die
--- error_log
issuer
https



=== TEST 21: a provider without an issuer
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock;
    slo_provider corp { signing_key $TEST_NGINX_DIR/op.pem; }
--- config
--- must_die
--- error_log
slo_provider "corp"
issuer



=== TEST 22: values out of range
--- http_config
    slo_store unix:$TEST_NGINX_DIR/nobody.sock;
    slo_provider corp { issuer https://op.example; signing_key $TEST_NGINX_DIR/op.pem; delivery first=10s max=5s; }
--- config
--- must_die
--- error_log
"delivery"
"max=" must not be less than "first="



=== TEST 23: a directive of the provider's block does not exist outside
--- http_config
    signing_key $TEST_NGINX_DIR/op.pem;
--- config
--- must_die
--- error_log
"signing_key"
