# SPDX-License-Identifier: BSD-2-Clause
# A slo_provider that receives an OP's logouts: what is enough, what operators get wrong, and what `nginx -t` says of it.
use strict;
use warnings;
use lib 't/lib';
use SloTest;
use SloTest::Mistakes;

make_key('op');
write_file( 'secret32.txt', 's' x 32 . "\n" );
write_file( 'secret64.txt', 's' x 64 . "\r\n" );
write_file( 'short.txt',    "hunter2hunter2\n" );
write_file( 'two.txt',      "hunter2\nhunter3\n" );
write_file( 'open.txt',     's' x 32 . "\n" );
write_file( 'op.jwks',      jwks('op') );
chmod 0600, map { "$ENV{TEST_NGINX_DIR}/$_" } qw(op.pem secret32.txt secret64.txt short.txt two.txt);

mistakes(<<'TABLE');
=== an issuer and a client_id are enough where keys can be fetched
STORE slo_provider corp { issuer https://op.example; client_id gateway; }
server { listen 127.0.0.1:28009; CARRIER }
=== and where they are at hand
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks ../op.jwks; }
=== all that can be said of receiving
STORE slo_provider corp { issuer https://op.example; client_id gateway wiki; client_secret_file ../secret64.txt; signing_alg HS512;
typ strict; exp optional; frontchannel_iss optional; retention 1m; fail closed; max_stale 2s; decryption_key ../op.pem; }
=== the other values
STORE slo_provider corp { issuer https://op.example; client_id gateway; client_secret_file ../secret32.txt; signing_alg HS256;
typ any; exp required; frontchannel_iss required; retention 90d; fail open; max_stale 1d; }
=== curves and Edwards curves
STORE slo_provider a { issuer https://a.example; client_id gateway; signing_alg ES256; jwks ../op.jwks; }
slo_provider b { issuer https://b.example; client_id gateway; signing_alg EdDSA; jwks ../op.jwks; }
=== an OP's server that receives as well
STORE slo_provider main { MEMBERS CLIENT client_id gateway; retention 30d; fail closed; max_stale 10s; }
=== no way to the OP's keys
STORE slo_provider corp { issuer https://op.example; client_id gateway; }
[warn] slo_provider "corp" has a "client_id", but no usable key of the OP: add "jwks", or a location with "slo_deliver", through which its keys are fetched, or no logout token can be verified in http.conf:1
=== no keys wanted
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks off; }
server { listen 127.0.0.1:28009; CARRIER }
[warn] slo_provider "corp" has a "client_id", but no usable key of the OP: add "jwks", or a location with "slo_deliver", through which its keys are fetched, or no logout token can be verified in http.conf:1
=== a receiver that asks users at logout
STORE slo_provider main { issuer https://op.example; client_id gateway; }
server { listen 127.0.0.1:28009; CARRIER location = /logout { slo_end_session main; } }
[emerg] slo_provider "main" needs a "signing_key", or "slo_store" a "secret_file=": one of them seals the tickets of the confirmation page in http.conf:1
=== a receiver that has clients of its own
STORE slo_provider main { issuer https://op.example; client_id gateway; CLIENT }
[emerg] slo_provider "main" needs a "signing_key", or "slo_store" a "secret_file=": one of them seals the tickets of the confirmation page in http.conf:1
=== a client_id without an id
STORE slo_provider corp { issuer https://op.example;
client_id; }
[emerg] invalid number of arguments in "client_id" directive in http.conf:2
=== an empty id
STORE slo_provider corp { issuer https://op.example; client_id ""; jwks ../op.jwks; }
[emerg] slo_provider "corp": "client_id" must be 1 to 255 bytes of printable text in http.conf:1
=== an id twice
STORE slo_provider corp { issuer https://op.example; client_id gateway wiki gateway; jwks ../op.jwks; }
[emerg] slo_provider "corp": "client_id" "gateway" stands twice in http.conf:1
=== client_id twice
STORE slo_provider corp { issuer https://op.example; client_id a;
client_id b; }
[emerg] "client_id" directive is duplicate in http.conf:2
=== a secret that everybody can read
STORE slo_provider corp { issuer https://op.example; client_id gateway; signing_alg HS256;
client_secret_file ../open.txt; }
[warn] "../open.txt" holds a secret and can be read by everybody, "chmod o-r" it in http.conf:2
=== a secret that is too short
STORE slo_provider corp { issuer https://op.example; client_id gateway; signing_alg HS256;
client_secret_file ../short.txt; }
[emerg] "client_secret_file": "../short.txt" holds less than 32 bytes in http.conf:2
=== a secret of two lines
STORE slo_provider corp { issuer https://op.example; client_id gateway;
client_secret_file ../two.txt; }
[emerg] "client_secret_file": "../two.txt" holds more than one line in http.conf:2
=== a secret that is not there
STORE slo_provider corp { issuer https://op.example; client_id gateway;
client_secret_file ../none.txt; }
[emerg] "client_secret_file": open() "../none.txt" failed (2: No such file or directory) in http.conf:2
=== client_secret_file twice
STORE slo_provider corp { client_secret_file ../secret32.txt;
client_secret_file ../secret32.txt; }
[emerg] "client_secret_file" directive is duplicate in http.conf:2
=== HMAC without a secret
STORE slo_provider corp { issuer https://op.example; client_id gateway; signing_alg HS256; }
[emerg] slo_provider "corp": "signing_alg" HS256 needs a "client_secret_file": the OP signs with it in http.conf:1
=== HMAC with too little of a secret
STORE slo_provider corp { issuer https://op.example; client_id gateway; signing_alg HS512; client_secret_file ../secret32.txt; }
[emerg] slo_provider "corp": "client_secret_file" must hold at least 64 bytes for "signing_alg" HS512 in http.conf:1
=== a secret that verifies nothing
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks ../op.jwks; client_secret_file ../secret32.txt; }
[warn] slo_provider "corp" has a "client_secret_file" that is not used: "signing_alg" is RS256 in http.conf:1
=== no signature
STORE slo_provider corp { issuer https://op.example; client_id gateway;
signing_alg none; }
[emerg] invalid value "none" in "signing_alg" directive, it must be one of "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "HS256", "HS384", "HS512", "EdDSA" in http.conf:2
=== signing_alg twice
STORE slo_provider corp { signing_alg RS256;
signing_alg ES256; }
[emerg] "signing_alg" directive is duplicate in http.conf:2
=== a type
STORE slo_provider corp { typ logout+jwt; }
[emerg] invalid value "logout+jwt" in "typ" directive, it must be one of "any", "strict" in http.conf:1
=== typ twice
STORE slo_provider corp { typ any;
typ strict; }
[emerg] "typ" directive is duplicate in http.conf:2
=== an exp that is switched off
STORE slo_provider corp { exp off; }
[emerg] invalid value "off" in "exp" directive, it must be one of "required", "optional" in http.conf:1
=== exp twice
STORE slo_provider corp { exp optional;
exp optional; }
[emerg] "exp" directive is duplicate in http.conf:2
=== an iss that is switched off
STORE slo_provider corp { frontchannel_iss off; }
[emerg] invalid value "off" in "frontchannel_iss" directive, it must be one of "required", "optional" in http.conf:1
=== frontchannel_iss twice
STORE slo_provider corp { frontchannel_iss optional;
frontchannel_iss optional; }
[emerg] "frontchannel_iss" directive is duplicate in http.conf:2
=== marks for half a minute
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks ../op.jwks; retention 30s; }
[emerg] slo_provider "corp": "retention" must be 1 minute to 90 days in http.conf:1
=== marks for a quarter and a day
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks ../op.jwks; retention 91d; }
[emerg] slo_provider "corp": "retention" must be 1 minute to 90 days in http.conf:1
=== marks for ever
STORE slo_provider corp { retention off; }
[emerg] invalid value "off" in "retention" directive, it must be a time such as 500ms, 5s, 15m, 12h or 30d in http.conf:1
=== retention twice
STORE slo_provider corp { retention 1d;
retention 2d; }
[emerg] "retention" directive is duplicate in http.conf:2
=== a way to fail that there is not
STORE slo_provider corp { fail on; }
[emerg] invalid value "on" in "fail" directive, it must be one of "open", "closed" in http.conf:1
=== fail twice
STORE slo_provider corp { fail open;
fail closed; }
[emerg] "fail" directive is duplicate in http.conf:2
=== stale after a second
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks ../op.jwks; max_stale 1s; }
[emerg] slo_provider "corp": "max_stale" must be 2 seconds to 1 day in http.conf:1
=== stale after two seconds and a half
STORE slo_provider corp { max_stale 2500ms; }
[emerg] invalid value "2500ms" in "max_stale" directive, it must be whole seconds in http.conf:1
=== max_stale twice
STORE slo_provider corp { max_stale 3s;
max_stale 3s; }
[emerg] "max_stale" directive is duplicate in http.conf:2
=== rules for tokens that are for nobody
STORE slo_provider main { MEMBERS CLIENT typ strict; }
[warn] slo_provider "main" has no "client_id": "client_secret_file", "exp", "signing_alg" and "typ" have no effect in http.conf:1
=== buttons of all kinds
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks ../op.jwks; }
server { listen 127.0.0.1:28009; slo_guard corp sid=$arg_sid;
location = /a { slo_logout corp; } location /b { slo_logout corp local token=$arg_t then=https://www.example.com/bye; empty_gif; }
location ~ ^/c { slo_logout corp token=$arg_t then=/bye?x=1 post_logout_redirect_uri=https://app.example/c; proxy_pass http://127.0.0.1:1; } }
=== a button without a provider
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks ../op.jwks; }
server { listen 127.0.0.1:28009; location = /a { slo_logout local token=$arg_t; } }
[emerg] "slo_logout" directive needs the name of a slo_provider first in http.conf:2
=== one of an unknown provider
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks ../op.jwks; }
server { listen 127.0.0.1:28009; location = /a { slo_logout crop token=$arg_t; } }
[emerg] unknown slo_provider "crop" in "slo_logout", did you mean "corp"? in http.conf:2
=== two buttons in one place
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks ../op.jwks; }
server { listen 127.0.0.1:28009; location = /a { slo_logout corp token=$arg_t;
slo_logout corp local; } }
[emerg] "slo_logout" directive is duplicate in http.conf:3
=== a button that knows nobody
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks ../op.jwks; }
slo_provider other { issuer https://other.example; client_id gateway; jwks ../op.jwks; }
server { listen 127.0.0.1:28009; slo_guard other sid=$arg_sid; location = /a { slo_logout corp; } }
[warn] "slo_logout" cannot know whose session ends: it has no "token=", and there is no "slo_guard" of slo_provider "corp" in its location or above it in http.conf:3
=== a button that knows whom a tracked cookie tells
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks ../op.jwks; }
server { listen 127.0.0.1:28009; slo_guard corp; slo_cookie lib_session track; location = /a { slo_logout corp local; } }
=== and one where none is tracked
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks ../op.jwks; }
server { listen 127.0.0.1:28009; slo_guard corp; location / { slo_cookie lib_session track; }
location = /a { slo_logout corp local; } location = /b { slo_cookie off; slo_guard corp sid=$arg_sid; slo_logout corp; } }
[warn] "slo_logout" cannot know whose session ends: it has no "token=", and the "slo_guard" of slo_provider "corp" has no parameters, and no "slo_cookie" with "track" counts here in http.conf:3
=== a button beside what answers
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks ../op.jwks; }
server { listen 127.0.0.1:28009; location = /a { slo_logout corp token=$arg_t; slo_status; } }
[emerg] "slo_logout" cannot stand beside another directive of this module that answers in the same location in http.conf:2
=== a local button with a way back from the OP
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks ../op.jwks; }
server { listen 127.0.0.1:28009; location = /a { slo_logout corp local token=$arg_t post_logout_redirect_uri=https://app.example/a; } }
[emerg] "slo_logout" directive has "post_logout_redirect_uri=" beside "local", which sends nobody to the OP in http.conf:2
=== local twice
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks ../op.jwks; }
server { listen 127.0.0.1:28009; location = /a { slo_logout corp local local token=$arg_t; } }
[emerg] "slo_logout" directive has "local" twice in http.conf:2
=== a landing that the request could choose
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks ../op.jwks; }
server { listen 127.0.0.1:28009; location = /a { slo_logout corp token=$arg_t then=$arg_then; } }
[emerg] invalid parameter "then=" in "slo_logout" directive, it must be a path on this server or an http(s) URL, without variables in http.conf:2
=== an address of nobody
STORE slo_provider corp { issuer https://op.example; client_id gateway; jwks ../op.jwks; }
server { listen 127.0.0.1:28009; location = /a { slo_logout corp token=$arg_t post_logout_redirect_uri=/a; } }
[emerg] invalid parameter "post_logout_redirect_uri=" in "slo_logout" directive, it must be an http(s) URL without fragment and variables in http.conf:2
TABLE
