# SPDX-License-Identifier: BSD-2-Clause
# A secret stands in every place where one may stand, or be put by mistake; no message of `nginx -t` shows it.
use strict;
use warnings;
use lib 't/lib';
use SloTest;
use SloTest::Mistakes;

make_key('op');
chmod 0600, "$ENV{TEST_NGINX_DIR}/op.pem";
write_file( 'broken.pem', "-----BEGIN PRIVATE KEY-----\nhunter2hunter2\n-----END PRIVATE KEY-----\n" );
write_file( 'short.txt',  "hunter2" );
write_file( 'two.txt',    "hunter2\nhunter3\n" );
write_file( 'broken.jwks', '{"keys": [{"kty": "oct", "k": "hunter2"} {"kty": "oct", "k": "hunter3"}]}' );

mistakes(<<'TABLE');
=== an issuer with a password
STORE slo_provider main { issuer https://op:hunter2@op.example; signing_key ../op.pem; session_cookie c; CLIENT }
[emerg] slo_provider "main": "issuer" must not hold a user name or password in http.conf:1
=== an issuer with a password, and a wrong scheme
STORE slo_provider main { issuer ftp://op:hunter2@op.example; signing_key ../op.pem; session_cookie c; CLIENT }
[emerg] slo_provider "main": "issuer" "ftp://...@op.example" must be an https URL in http.conf:1
=== an issuer with a malformed password
STORE slo_provider main { issuer https://op:hunter/2@op.example?x; signing_key ../op.pem; session_cookie c; CLIENT }
[emerg] slo_provider "main": "issuer" "https://...@op.example?..." is not a URI (RFC 3986) at byte 18 in http.conf:1
=== an issuer with a password, and a blank
STORE slo_provider main { issuer "https://op:hun ter:hunter2@op.example"; signing_key ../op.pem; session_cookie c; CLIENT }
[emerg] slo_provider "main": "issuer" "https://...@op.example" must be printable ASCII without blanks; percent-encode the rest in http.conf:1
=== a landing page with a password
STORE slo_provider main { MEMBERS post_logout ftp://op:hunter2@op.example/; CLIENT }
[emerg] invalid URI "ftp://...@op.example/" in "post_logout" directive, an absolute http or https URI is required in http.conf:1
=== a broken key
STORE slo_provider main { issuer https://op.example; signing_key ../broken.pem; }
[warn] "../broken.pem" holds a secret and can be read by everybody, "chmod o-r" it in http.conf:1
[emerg] "signing_key": "../broken.pem": no PEM private key found in http.conf:1
=== a passphrase behind the key
STORE slo_provider main { issuer https://op.example; signing_key ../op.pem hunter2; }
[emerg] invalid parameter in "signing_key" directive, known are "kid=", "publish_only" in http.conf:1
=== a passphrase in an option that does not exist
STORE slo_provider main { issuer https://op.example; signing_key ../op.pem password=hunter2; }
[emerg] invalid parameter "password=" in "signing_key" directive, known are "kid=", "publish_only" in http.conf:1
=== a key set that is no JSON
STORE slo_provider main { MEMBERS jwks ../broken.jwks; CLIENT }
[emerg] "jwks": "../broken.jwks": no JWK set: 1:42: ']' expected in http.conf:1
=== a user and a password in the URL of keys
STORE slo_provider main { MEMBERS jwks https://hunter1:hunter2@op.example/jwks; CLIENT }
[emerg] "jwks" directive must not hold a user name or password in http.conf:1
=== a short secret of the store
slo_store redis://127.0.0.1 secret_file=../short.txt;
[warn] "../short.txt" holds a secret and can be read by everybody, "chmod o-r" it in http.conf:1
[emerg] "slo_store": "../short.txt" holds less than 16 bytes in http.conf:1
=== the store's key is no key
slo_store rediss://127.0.0.1 certificate=../broken.pem key=../broken.pem;
[warn] "../broken.pem" holds a secret and can be read by everybody, "chmod o-r" it in http.conf:1
[emerg] cannot load certificate "../broken.pem": PEM_read_bio_X509_AUX() failed (SSL: error:04800064:PEM routines::bad base64 decode)
[emerg] "slo_store": certificate "../broken.pem" and key "../broken.pem" cannot be used in http.conf:1
=== two passwords in a file
slo_store redis://127.0.0.1 user=slo password_file=../two.txt;
[warn] "../two.txt" holds a secret and can be read by everybody, "chmod o-r" it in http.conf:1
[emerg] "slo_store": "../two.txt" holds more than one line in http.conf:1
=== a client's short secret
STORE slo_provider main { MEMBERS client a { backchannel_logout_uri https://a.example/; id_token_signed_response_alg HS256; client_secret hunter2; } }
[emerg] "client" "a": "client_secret" must be at least 32 bytes long to sign with "HS256" in http.conf:1
=== a client's short secret in a file
STORE slo_provider main { MEMBERS client a { backchannel_logout_uri https://a.example/; id_token_signed_response_alg HS256; client_secret_file ../short.txt; } }
[warn] "../short.txt" holds a secret and can be read by everybody, "chmod o-r" it in http.conf:1
[emerg] "client" "a": "client_secret" must be at least 32 bytes long to sign with "HS256" in http.conf:1
=== a client's two secrets
STORE slo_provider main { MEMBERS client a { client_secret hunter2 hunter3; } }
[emerg] "client_secret" directive takes one value in http.conf:1
=== a client's secret, twice
STORE slo_provider main { MEMBERS client a { client_secret hunter2; client_secret hunter3; } }
[emerg] "client_secret" directive is duplicate in http.conf:1
=== a client's keys are no JSON
STORE slo_provider main { MEMBERS client a { jwks ../broken.jwks; } }
[emerg] "jwks": "../broken.jwks":1:42: ']' expected in http.conf:1
=== a receiver with a password
STORE slo_provider main { MEMBERS client a { backchannel_logout_uri https://op:hunter2@a.example/; } }
[emerg] "client" "a": "backchannel_logout_uri" "https://...@a.example/" must not hold a user name or password in http.conf:1
=== a receiver with a password that is malformed
STORE slo_provider main { MEMBERS client a { backchannel_logout_uri https://op:hunter/2@a.example/#; } }
[emerg] "client" "a": "backchannel_logout_uri" "https://...@a.example/#" is not a URI (RFC 3986) at byte 18 in http.conf:1
=== a receiver with a secret in its query
STORE slo_provider main { MEMBERS client a { backchannel_logout_uri http://a.example/?key=hunter2; } }
[emerg] "client" "a": "backchannel_logout_uri" "http://a.example/?..." must be https, unless "allow_http" is on in http.conf:1
=== a frame with a password
STORE slo_provider main { MEMBERS client a { redirect_uris https://a.example/; frontchannel_logout_uri https://op:hunter2@a.example/; } }
[emerg] "client" "a": "frontchannel_logout_uri" "https://...@a.example/" must not hold a user name or password in http.conf:1
=== a redirect with a password and a fragment
STORE slo_provider main { MEMBERS client a { post_logout_redirect_uris https://op:hunter2@a.example/#x; } }
[emerg] "client" "a": "post_logout_redirect_uris" "https://...@a.example/#x" must not have a fragment in http.conf:1
=== a redirect of the client with a password and a fragment
STORE slo_provider main { MEMBERS client a { redirect_uris https://op:hunter?2@a.example/#x; } }
[emerg] "client" "a": "redirect_uris" "https://...@a.example/#x" is not a URI (RFC 3986) at byte 18 in http.conf:1
=== a client's secret that is no string, in JSON
STORE slo_provider main { MEMBERS clients clients.json; }
>>> clients.json
[ {"client_id": "a", "client_secret": ["hunter2"]} ]
[emerg] "clients": "clients.json":1:22: "client_secret" must be a string in http.conf:1
=== broken JSON beside a secret
STORE slo_provider main { MEMBERS clients clients.json; }
>>> clients.json
[ {"client_id": "a", "client_secret": "hunter2" "hunter3"} ]
[emerg] "clients": "clients.json":1:57: '}' expected in http.conf:1
=== an unfinished secret
STORE slo_provider main { MEMBERS clients clients.json; }
>>> clients.json
[ {"client_id": "a", "client_secret": "hunter2
[emerg] "clients": "clients.json":1:46: unexpected newline in http.conf:1
=== a client's key set in JSON
STORE slo_provider main { MEMBERS clients clients.json; }
>>> clients.json
[ {"client_id": "a", "jwks": [{"kty": "oct", "k": "hunter2"}]} ]
[emerg] "clients": "clients.json":1:22: "jwks" must be a JWK set: an object with an array "keys" in http.conf:1
=== a secret where a provider's member is expected
STORE slo_provider main { MEMBERS client_secret hunter2; }
[emerg] unknown directive "client_secret" in http.conf:1
TABLE
