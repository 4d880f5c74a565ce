# SPDX-License-Identifier: BSD-2-Clause
# What operators get wrong in slo_provider and in its clients, and what `nginx -t` says of it.
use strict;
use warnings;
use lib 't/lib';
use SloTest;
use SloTest::Mistakes;

make_key('op');
chmod 0600, "$ENV{TEST_NGINX_DIR}/op.pem";
write_file( 'crlf.txt', "0123456789012345678901234567890\r\n" );
write_file( 'bom.json', "\xEF\xBB\xBF[{\"client_id\": \"a\"}]" );
write_file( 'fifteen.txt', "123456789012345\r\n" );
write_file( 'end.txt',     "\r\n" );
write_file( 'closed.json', '[{"client_id": "b", "client_secret": "hunter2"}]' );
write_file( 'op.crt',      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" );
write_file( 'op.pub',      "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n" );
write_file( 'op.jwk',      '{"kty": "RSA", "d": "hunter2"}' );
write_file( 'bom.jwks',    "\xEF\xBB\xBF" . jwks('op') );
{
    my $dir = $ENV{TEST_NGINX_DIR};
    open my $pem, '<', "$dir/op.pem" or die $!;
    write_file( 'bom.pem', "\xEF\xBB\xBF" . join '', <$pem> );
    system "openssl pkey -in $dir/op.pem -outform DER -out $dir/op.der && openssl pkey -in $dir/op.pem -aes128 -passout pass:hunter2 -out $dir/op.enc";
    chmod 0600, map { "$dir/$_" } qw(crlf.txt fifteen.txt end.txt closed.json bom.pem op.crt op.pub op.jwk op.der op.enc);
}
mkdir "$ENV{TEST_NGINX_DIR}/dir";

mistakes(<<'TABLE');
=== a provider as it should be
STORE slo_provider main { MEMBERS CLIENT }
=== no store
slo_provider main { MEMBERS CLIENT }
[emerg] "slo_provider" requires "slo_store" in the http block in http.conf:1
=== no session cookie
STORE slo_provider main { issuer https://op.example; signing_key ../op.pem; CLIENT }
[warn] slo_provider "main" has no "session_cookie": a logout finds its session only by the sid of an id_token_hint in http.conf:1
=== a variable as the session cookie
STORE slo_provider main { issuer https://op.example; signing_key ../op.pem; session_cookie $cookie_sid; CLIENT }
[emerg] "session_cookie" directive takes the name of a cookie, not a variable: "$" would be a part of the name in http.conf:1
=== a session status of browsers that are known by nothing
STORE slo_provider main { issuer https://op.example; signing_key ../op.pem; CLIENT }
server { CARRIER location = /status { slo_session_status main; } }
[emerg] "slo_session_status" directive needs a "session_cookie" in slo_provider "main": it is what a browser is known by in http.conf:2
=== no clients
STORE slo_provider main { MEMBERS }
[warn] slo_provider "main" has no clients: add "clients" or "client", or nobody is told of a logout in http.conf:1
=== an empty list of clients
STORE slo_provider main { MEMBERS clients clients.json; }
>>> clients.json
[]
[warn] slo_provider "main" has no clients: add "clients" or "client", or nobody is told of a logout in http.conf:1
=== an empty key set, and no key of our own
slo_store unix:/nowhere.sock secret_file=secret.txt;
slo_provider main { issuer https://op.example; jwks empty.json; session_cookie c; CLIENT }
>>> secret.txt
0123456789abcdef
>>> empty.json
{"keys": []}
[warn] "secret.txt" holds a secret and can be read by everybody, "chmod o-r" it in http.conf:1
[warn] slo_provider "main" has neither a usable key in "jwks" nor a "signing_key": no id_token_hint can be verified in http.conf:2
=== keys from a URL without TLS
STORE slo_provider main { MEMBERS CLIENT jwks http://op.example/jwks; }
server { CARRIER location = /logout { slo_end_session main; } }
[emerg] slo_provider "main": "jwks" "http://op.example/jwks" must be an https URL, unless "allow_http" is on in http.conf:1
=== keys from something that is nearly a URL
STORE slo_provider main { MEMBERS CLIENT jwks https:/op.example/jwks; }
[emerg] "jwks": "https:/op.example/jwks" must name a host in http.conf:1
=== keys from a URL with a fragment
STORE slo_provider main { MEMBERS CLIENT jwks https://op.example/jwks#keys; }
[emerg] "jwks": "https://op.example/jwks#keys" must not have a fragment in http.conf:1
=== keys from a URL that nothing can reach
STORE slo_provider main { MEMBERS CLIENT jwks https://op.example/jwks; }
[emerg] slo_provider "main" has a URL in "jwks", but there is no internal location with "slo_deliver": include snippets/slo-deliver.conf in a server in http.conf:1
=== no keys at all, and none wanted
STORE slo_provider main { MEMBERS CLIENT jwks off; }
=== an empty key set beside a key of our own
STORE slo_provider main { MEMBERS CLIENT jwks empty.json; }
>>> empty.json
{"keys": []}
[warn] slo_provider "main" has no usable key in "jwks": an id_token_hint is verified with its "signing_key" alone in http.conf:1
=== a key set of keys that we cannot use, beside a key of our own
STORE slo_provider main { MEMBERS CLIENT jwks odd.json; }
>>> odd.json
{"keys": [{"kty": "odd"}]}
[warn] "jwks": "odd.json": 1 keys cannot be used and are left out in http.conf:1
[warn] slo_provider "main" has no usable key in "jwks": an id_token_hint is verified with its "signing_key" alone in http.conf:1
=== PEM for a key set
STORE slo_provider main { MEMBERS CLIENT jwks ../op.pem; }
[emerg] "jwks": "../op.pem": no JWK set: this looks like PEM, make a JWK set of it in http.conf:1
=== a single key for a key set
STORE slo_provider main { MEMBERS CLIENT jwks one.json; }
>>> one.json
{"kty": "RSA", "n": "AQAB", "e": "AQAB"}
[emerg] "jwks": "one.json": no JWK set: this is a single JWK, write {"keys": [ and ]} around it in http.conf:1
=== a page for a key set
STORE slo_provider main { MEMBERS CLIENT jwks page.json; }
>>> page.json
<html><body>404 Not Found</body></html>
[emerg] "jwks": "page.json": no JWK set: this looks like HTML, perhaps an error page that was saved in http.conf:1
=== a comma behind the last key
STORE slo_provider main { MEMBERS CLIENT jwks comma.json; }
>>> comma.json
{"keys": [
],}
[emerg] "jwks": "comma.json": no JWK set: 2:3: a comma in front of this bracket, remove it in http.conf:1
=== a certificate for a key
STORE slo_provider main { CLIENT issuer https://op.example; session_cookie c;
signing_key ../op.crt; }
[emerg] "signing_key": "../op.crt": no PEM private key found: this is a certificate, name the file of the private key that belongs to it in http.conf:2
=== a public key for a key
STORE slo_provider main { CLIENT issuer https://op.example; session_cookie c;
signing_key ../op.pub; }
[emerg] "signing_key": "../op.pub": no PEM private key found: this is a public key, name the file of the private key that belongs to it in http.conf:2
=== a JWK for a key
STORE slo_provider main { CLIENT issuer https://op.example; session_cookie c;
signing_key ../op.jwk; }
[emerg] "signing_key": "../op.jwk": no PEM private key found: this is JSON, perhaps a JWK; convert it to PEM in http.conf:2
=== DER for a key that opens hints
STORE slo_provider main { CLIENT MEMBERS
decryption_key ../op.der; }
[emerg] "decryption_key": "../op.der": no PEM private key found: this is DER, convert it with "openssl pkey -inform DER" in http.conf:2
=== an encrypted key
STORE slo_provider main { CLIENT issuer https://op.example; session_cookie c;
signing_key ../op.enc; }
[emerg] "signing_key": "../op.enc": the PEM private key is encrypted, one without a passphrase is required in http.conf:2
=== a byte order mark is no part of a key, nor of a key set
STORE slo_provider main { CLIENT issuer https://op.example; session_cookie c; signing_key ../bom.pem; jwks ../bom.jwks; }
=== nobody can log out
STORE slo_provider main { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; }
[warn] slo_provider "main" has no location with "slo_end_session": users cannot log out in http.conf:1
=== two providers of one issuer
STORE slo_provider main { MEMBERS CLIENT }
slo_provider other { MEMBERS CLIENT }
[warn] slo_provider "other" has no location with "slo_end_session": users cannot log out in http.conf:2
[emerg] slo_provider "other" has the "issuer" of slo_provider "main": one issuer is one provider in http.conf:2
=== two providers of one name
STORE slo_provider main { MEMBERS CLIENT }
slo_provider main { MEMBERS CLIENT }
[emerg] duplicate slo_provider "main" in http.conf:2
=== an idle limit beyond the absolute one
STORE slo_provider main { MEMBERS CLIENT session absolute=1h idle=2h; }
[warn] slo_provider "main" has a "session" with "idle=" longer than "absolute=": it has no effect in http.conf:1
=== issuer twice
STORE slo_provider main { MEMBERS CLIENT
issuer https://other.example; }
[emerg] "issuer" directive is duplicate in http.conf:2
=== jwks twice
STORE slo_provider main { MEMBERS CLIENT jwks empty.json;
jwks empty.json; }
>>> empty.json
{"keys": []}
[emerg] "jwks" directive is duplicate in http.conf:2
=== session twice
STORE slo_provider main { MEMBERS CLIENT session idle=1h;
session absolute=2h; }
[emerg] "session" directive is duplicate in http.conf:2
=== confirm twice
STORE slo_provider main { MEMBERS CLIENT confirm always;
confirm unproven; }
[emerg] "confirm" directive is duplicate in http.conf:2
=== scope twice
STORE slo_provider main { MEMBERS CLIENT scope client;
scope session; }
[emerg] "scope" directive is duplicate in http.conf:2
=== delivery twice
STORE slo_provider main { MEMBERS CLIENT delivery wait=1s;
delivery wait=2s; }
[emerg] "delivery" directive is duplicate in http.conf:2
=== frontchannel twice
STORE slo_provider main { MEMBERS CLIENT frontchannel timeout=1s;
frontchannel total=9s; }
[emerg] "frontchannel" directive is duplicate in http.conf:2
=== hint twice
STORE slo_provider main { MEMBERS CLIENT hint required=on;
hint required=off; }
[emerg] "hint" directive is duplicate in http.conf:2
=== post_logout twice
STORE slo_provider main { MEMBERS CLIENT post_logout https://a.example/;
post_logout https://b.example/; }
[emerg] "post_logout" directive is duplicate in http.conf:2
=== already_out twice
STORE slo_provider main { MEMBERS CLIENT already_out page;
already_out redirect; }
[emerg] "already_out" directive is duplicate in http.conf:2
=== upstream_logout twice
STORE slo_provider main { MEMBERS CLIENT upstream_logout /a;
upstream_logout /b; }
[emerg] "upstream_logout" directive is duplicate in http.conf:2
=== upstream_logout by the browser without TLS
STORE slo_provider main { MEMBERS CLIENT
upstream_logout http://op.example/logout?id_token_hint=x; }
[emerg] slo_provider "main": "upstream_logout" "http://op.example/logout?..." must be an https URL, unless "allow_http" is on in http.conf:1
=== upstream_logout by the browser with what the server-side one takes
STORE slo_provider main { MEMBERS CLIENT
upstream_logout https://op.example/logout method=POST; }
[emerg] invalid parameter "method=" in "upstream_logout" directive, known are "client_id=", "notified_by=" in http.conf:2
=== upstream_logout by the browser, to where it comes from
STORE slo_provider main { MEMBERS CLIENT upstream_logout https://op.example/logout; }
server { CARRIER location = /logout { slo_end_session main; } }
[emerg] "upstream_logout" of slo_provider "main" is the address of "slo_end_session" itself; it takes that of the OP's own logout in http.conf:2
=== upstream_logout by the browser, which could not come back
STORE slo_provider main { MEMBERS CLIENT upstream_logout https://op.example/logout; }
server { CARRIER location ~ out { slo_end_session main; } }
[emerg] "upstream_logout" cannot tell the OP where slo_provider "main" ends sessions: it has no exact or prefix location with "slo_end_session"; add such a one, or "end_session https://…;" to the provider in http.conf:2
=== upstream_logout notified by somebody
STORE slo_provider main { MEMBERS CLIENT
upstream_logout /op notified_by=both; }
[emerg] invalid parameter "notified_by=both" in "upstream_logout" directive, it must be one of "here", "op" in http.conf:2
=== upstream_logout with arguments
STORE slo_provider main { MEMBERS CLIENT
upstream_logout /op?logout=1; }
[emerg] invalid URI "/op?..." in "upstream_logout" directive, the path of an internal location is required, whose "proxy_pass" says what the OP is asked; or the https URL of the OP's end_session_endpoint in http.conf:2
=== upstream_logout by another method
STORE slo_provider main { MEMBERS CLIENT
upstream_logout /op method=PUT; }
[emerg] invalid parameter "method=PUT" in "upstream_logout" directive, it must be one of "GET", "POST" in http.conf:2
=== upstream_logout that waits for nothing
STORE slo_provider main { MEMBERS CLIENT
upstream_logout /op timeout=0; }
[emerg] "upstream_logout": "timeout=" must be greater than zero in http.conf:2
=== bad_redirect twice
STORE slo_provider main { MEMBERS CLIENT bad_redirect reject;
bad_redirect reject; }
[emerg] "bad_redirect" directive is duplicate in http.conf:2
=== allow_http twice
STORE slo_provider main { MEMBERS CLIENT allow_http on;
allow_http off; }
[emerg] "allow_http" directive is duplicate in http.conf:2
=== tombstone twice
STORE slo_provider main { MEMBERS CLIENT tombstone 1h;
tombstone 2h; }
[emerg] "tombstone" directive is duplicate in http.conf:2
=== leeway twice
STORE slo_provider main { MEMBERS CLIENT leeway 1s;
leeway 2s; }
[emerg] "leeway" directive is duplicate in http.conf:2
=== a parameter twice in one line
STORE slo_provider main { MEMBERS CLIENT delivery wait=1s wait=2s; }
[emerg] duplicate parameter "wait=" in "delivery" directive in http.conf:1
=== half a second where whole ones count
STORE slo_provider main { MEMBERS CLIENT frontchannel timeout=500ms; }
[emerg] invalid parameter "timeout=500ms" in "frontchannel" directive, it must be whole seconds in http.conf:1
=== a second and a half where whole ones count
STORE slo_provider main { MEMBERS CLIENT session absolute=1500ms; }
[emerg] invalid parameter "absolute=1500ms" in "session" directive, it must be whole seconds in http.conf:1
=== half a second of leeway
STORE slo_provider main { MEMBERS CLIENT leeway 500ms; }
[emerg] invalid value "500ms" in "leeway" directive, it must be whole seconds in http.conf:1
=== no time at all
STORE slo_provider main { MEMBERS CLIENT tombstone soon; }
[emerg] invalid value "soon" in "tombstone" directive, it must be a time such as 500ms, 5s, 15m, 12h or 30d in http.conf:1
=== allow_http below the clients counts as well
STORE slo_provider main { MEMBERS client a { post_logout_redirect_uris http://a.example/; }
allow_http on; }
=== an http redirect that is not allowed
STORE slo_provider main { MEMBERS
client a {
post_logout_redirect_uris http://a.example/; } }
[emerg] "client" "a": "post_logout_redirect_uris" "http://a.example/" must be https, unless "allow_http" is on in http.conf:3
=== a receiver's member with another ending
STORE slo_provider main { MEMBERS
client a {
backchannel_logout_url https://a.example/; } }
[warn] "client" "a": "backchannel_logout_url" is unknown and ignored, did you mean "backchannel_logout_uri"? in http.conf:3
=== a list's member in the singular, in JSON
STORE slo_provider main { MEMBERS clients clients.json; }
>>> clients.json
[ {"client_id": "a",
   "post_logout_redirect_uri": "https://a.example/"} ]
[warn] "clients": "clients.json":2:4: "post_logout_redirect_uri" is unknown and ignored, did you mean "post_logout_redirect_uris"? in http.conf:1
=== members that others know are nobody's mistake
STORE slo_provider main { MEMBERS clients clients.json; }
>>> clients.json
[ {"client_id": "a", "contacts": ["x@a.example"], "jwks_uri": "https://a.example/jwks", "request_uris": []} ]
=== a star in a redirect
STORE slo_provider main { MEMBERS
client a { post_logout_redirect_uris https://a.example/*; } }
[warn] "client" "a": "post_logout_redirect_uris" "https://a.example/*" holds "*", which has no meaning: URIs are compared as they stand in http.conf:2
=== an http frame for an https issuer
STORE slo_provider main { MEMBERS allow_http on;
client a { redirect_uris http://a.example/cb; frontchannel_logout_uri http://a.example/out; } }
[warn] "client" "a": "frontchannel_logout_uri" "http://a.example/out" is http: browsers block such a frame in the https page of the issuer in http.conf:2
=== true for on
STORE slo_provider main { MEMBERS
client a { backchannel_logout_session_required true; } }
[emerg] invalid value "true" in "backchannel_logout_session_required" directive, it must be "on" or "off" in http.conf:2
=== a member with two values
STORE slo_provider main { MEMBERS client a { client_name A B; } }
[emerg] "client_name" directive takes one value in http.conf:1
=== a client twice
STORE slo_provider main { MEMBERS client a { client_name A; }
client a { client_name B; } }
[emerg] "client": the client "a" is duplicate in http.conf:2
=== a directory of clients
STORE slo_provider main { MEMBERS clients ../dir; }
[emerg] "clients": read() "../dir" failed (21: Is a directory) in http.conf:1
=== clients that are not there
STORE slo_provider main { MEMBERS clients none.json; }
[emerg] "clients": open() "none.json" failed (2: No such file or directory) in http.conf:1
=== clients that are looked at too often
STORE slo_provider main { MEMBERS clients clients.json check=999ms; }
>>> clients.json
[ {"client_id": "a"} ]
[emerg] invalid value of "check" in "clients" directive, it must be 1 second to 1 day in http.conf:1
=== clients that are looked at too rarely
STORE slo_provider main { MEMBERS clients clients.json check=25h; }
>>> clients.json
[ {"client_id": "a"} ]
[emerg] invalid value of "check" in "clients" directive, it must be 1 second to 1 day in http.conf:1
=== clients with a word that nobody knows
STORE slo_provider main { MEMBERS clients clients.json every=1m; }
[emerg] invalid parameter "every=" in "clients" directive, known is "check=" in http.conf:1
=== clients at a URL without a way to it
STORE slo_provider main { MEMBERS clients https://op.example/clients; }
[emerg] slo_provider "main" has a URL in "clients", but there is no internal location with "slo_deliver": include snippets/slo-deliver.conf in a server in http.conf:1
=== clients at a URL that anybody on the way may change
STORE slo_provider main { MEMBERS clients http://op.example/clients; }
[emerg] "clients": "http://op.example/clients" must be an https URL, unless "allow_http" is on above it in http.conf:1
=== clients at a URL with a password
STORE slo_provider main { MEMBERS clients https://me:secret@op.example/clients; }
[emerg] "clients" directive must not hold a user name or password in http.conf:1
=== clients at a URL with a fragment
STORE slo_provider main { MEMBERS clients https://op.example/clients#all; }
[emerg] "clients": "https://op.example/clients#all" must not have a fragment in http.conf:1
=== clients at the same URL twice
STORE slo_provider main { MEMBERS clients https://op.example/clients;
clients https://op.example/clients check=5m; }
[emerg] "clients" "https://op.example/clients" stands twice in http.conf:2
=== clients at what is no URL
STORE slo_provider main { MEMBERS clients https://; }
[emerg] "clients": "https://" must name a host in http.conf:1
=== a comma behind the last client
STORE slo_provider main { MEMBERS clients clients.json; }
>>> clients.json
[ {"client_id": "a"},
]
[emerg] "clients": "clients.json":2:1: a comma in front of this bracket, remove it in http.conf:1
=== a comma behind the last member
STORE slo_provider main { MEMBERS clients clients.json; }
>>> clients.json
[ {"client_id": "a", } ]
[emerg] "clients": "clients.json":1:22: a comma in front of this bracket, remove it in http.conf:1
=== clients with a secret that everybody can read
STORE slo_provider main { MEMBERS
clients clients.json; }
>>> clients.json
[ {"client_id": "a"}, {"client_id": "b", "client_secret": "hunter2"} ]
[warn] "clients.json" holds a secret and can be read by everybody, "chmod o-r" it in http.conf:2
=== clients with a secret that only some can read
STORE slo_provider main { MEMBERS clients ../closed.json; }
=== a byte order mark is no part of the clients
STORE slo_provider main { MEMBERS clients ../bom.json; }
=== the line end is no part of a client's secret
STORE slo_provider main { MEMBERS client a { backchannel_logout_uri https://a.example/; id_token_signed_response_alg HS256; client_secret_file ../crlf.txt; } }
[emerg] "client" "a": "client_secret" must be at least 32 bytes long to sign with "HS256" in http.conf:1
=== the line end is no part of the store's secret
slo_store unix:/nowhere.sock secret_file=../fifteen.txt;
[emerg] "slo_store": "../fifteen.txt" holds less than 16 bytes in http.conf:1
=== the line end is no part of a password
slo_store redis://127.0.0.1 password_file=../end.txt;
[emerg] "slo_store": "../end.txt" is empty in http.conf:1
=== a secret that everybody can read
STORE slo_provider main { MEMBERS client a { client_secret_file secret.txt; } }
>>> secret.txt
hunter2
[warn] "secret.txt" holds a secret and can be read by everybody, "chmod o-r" it in http.conf:1
=== a name that would have to be quoted
STORE slo_provider "a\"b" { MEMBERS CLIENT }
[emerg] invalid name of "slo_provider", it must be 1 to 64 letters, digits, ".", "_" and "-" in http.conf:1
=== a name that would part a path
STORE slo_provider a/b { MEMBERS CLIENT }
[emerg] invalid name of "slo_provider", it must be 1 to 64 letters, digits, ".", "_" and "-" in http.conf:1
=== a tombstone of sixty years
STORE slo_provider main { MEMBERS CLIENT tombstone 21900d; }
[emerg] slo_provider "main": "tombstone" must be 1 second to 400 days in http.conf:1
=== a question that can be answered for a hundred years
STORE slo_provider main { MEMBERS CLIENT confirm unproven ticket=36500d; }
[emerg] slo_provider "main": "confirm" ticket must be 1 second to 1 day in http.conf:1
=== a user who waits an hour
STORE slo_provider main { MEMBERS CLIENT delivery wait=1h; }
[emerg] slo_provider "main": "delivery" wait must be 0 to 60 seconds in http.conf:1
=== a cookie's domain with a port
STORE slo_provider main { issuer https://op.example; signing_key ../op.pem; session_cookie a domain=example.com:80; CLIENT }
[emerg] slo_provider "main": "session_cookie" "a" must have a domain that is a host name, such as example.com in http.conf:1
TABLE
