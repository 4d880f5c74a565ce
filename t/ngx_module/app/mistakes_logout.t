# SPDX-License-Identifier: BSD-2-Clause
# slo_app_logout: what operators get wrong, and what `nginx -t` says of it.
use strict;
use warnings;
use lib 't/lib';
use SloTest;
use SloTest::Mistakes;

make_key('op');
write_file( 'op.jwks',      jwks('op') );
write_file( 'secret32.txt', 's' x 32 . "\n" );
chmod 0600, map { "$ENV{TEST_NGINX_DIR}/$_" } qw(op.pem secret32.txt);

# SEALS: a store whose secret_file seals cookies. CORP: what a provider needs. NAMED, TRACKS: what a server needs.
my %short = (
    SEALS  => 'slo_store unix:/nowhere.sock secret_file=../secret32.txt;',
    CORP   => 'issuer https://op.example; client_id gateway; jwks ../op.jwks;',
    NAMED  => 'listen 127.0.0.1:28009; server_name app.example;',
    TRACKS => 'slo_guard corp sid=$arg_sid; slo_cookie s track;',
);
mistakes( <<'TABLE' =~ s/\b(SEALS|CORP|NAMED|TRACKS)\b/$short{$1}/gr );
=== a path
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /logout?all=1; }
=== all that can be said
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_cookie x-* track; slo_app_logout /logout method=POST "body=csrf=${cookie_x-y}&a=$cookie_s" "header=X-A: b" header=X-B:c header=content-type:text/plain header=X-Empty:; }
=== an address elsewhere, which is looked at like that of a client
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout https://app.example/logout; CARRIER }
[warn] "slo_deliver": it cannot reach application "https://app.example/logout" of slo_provider "corp": to look up "app.example" it needs a "resolver", or an "upstream" of that name in http.conf:2
[warn] "slo_deliver": it does not verify receivers' certificates: set "proxy_ssl_verify on" and "proxy_ssl_trusted_certificate" in http.conf:2
=== an http address elsewhere
SEALS slo_provider corp { CORP allow_http on; }
server { NAMED TRACKS slo_app_logout http://127.0.0.1/logout; CARRIER }
=== for all of http, and none
SEALS slo_provider corp { CORP }
slo_app_logout /logout;
server { NAMED TRACKS location /a { slo_app_logout off; } }
=== the same in two servers and two locations
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /logout; }
server { listen 127.0.0.1:28010; server_name app.example; location /a { TRACKS slo_app_logout /logout; } }
=== two applications of one server
SEALS slo_provider corp { CORP }
server { NAMED TRACKS location /a { slo_app_logout /a/out; } location /b { slo_app_logout /b/out; } }
=== a server with another name in front
SEALS slo_provider corp { CORP }
server { listen 127.0.0.1:28009; server_name *.example ~^x app.example; TRACKS slo_app_logout /logout; }
=== no secret
STORE slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /logout; }
[emerg] "slo_app_logout" needs "secret_file=" in "slo_store": it seals the cookies that the application is called with in http.conf:2
=== no cookies
SEALS slo_provider corp { CORP }
server { NAMED slo_guard corp sid=$arg_sid; slo_app_logout /logout; }
[emerg] "slo_app_logout" needs a "slo_cookie" with "track" where it counts: without its cookies the application would not know whom to log out in http.conf:2
=== cookies that are not tracked
SEALS slo_provider corp { CORP }
server { NAMED slo_guard corp sid=$arg_sid; slo_cookie s; slo_app_logout /logout; }
[emerg] "slo_app_logout" needs a "slo_cookie" with "track" where it counts: without its cookies the application would not know whom to log out in http.conf:2
=== no guard
SEALS slo_provider corp { CORP }
server { NAMED slo_app_logout /logout; }
[emerg] "slo_app_logout" needs a "slo_guard" and a "slo_cookie" with "track" where it counts: whose session does the application have a part in? in http.conf:2
=== a guard elsewhere
SEALS slo_provider corp { CORP }
server { NAMED location / { TRACKS }
location /b { slo_app_logout /logout; } }
[emerg] "slo_app_logout" needs a "slo_guard" and a "slo_cookie" with "track" where it counts: whose session does the application have a part in? in http.conf:3
=== a path without a host
SEALS slo_provider corp { CORP }
server { listen 127.0.0.1:28009; TRACKS slo_app_logout /logout; }
[emerg] "slo_app_logout" needs a "server_name" in its server, as Host of "/logout"; or an absolute URL in http.conf:2
=== an address without a way to it
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout https://app.example/logout; }
[emerg] "slo_app_logout" has a URL, but there is no internal location with "slo_deliver": include snippets/slo-deliver.conf in a server in http.conf:2
=== an http address
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout http://app.example/logout; CARRIER }
[emerg] "slo_app_logout" has an http URL, which needs "allow_http on" in slo_provider "corp" in http.conf:2
=== the logout of the OP
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /logout?a;
location = /logout { slo_end_session corp; } }
[emerg] "slo_app_logout" calls "slo_end_session" of this module in http.conf:3, which is no application in http.conf:2
=== a button in front of an application's logout is passed by, which tells it twice
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /logout?all=1;
location = /logout { slo_logout corp local; proxy_pass http://127.0.0.1; } }
[warn] "slo_logout" stands where "slo_app_logout" in http.conf:2 calls the application, which would be told of each logout twice, and may refuse the second: give the button a location of another path in http.conf:3
=== a button alone is no application
SEALS slo_provider corp { CORP }
server { NAMED TRACKS location / { slo_app_logout /logout; }
location /logout { slo_logout corp; } }
[warn] "slo_logout" stands where "slo_app_logout" in http.conf:2 calls the application, and no application is there: give the button a location of another path in http.conf:3
=== a button of another path, of another provider, in another server, and where nothing is called
SEALS slo_provider corp { CORP } slo_provider other { issuer https://other.example; client_id gateway; jwks ../op.jwks; }
server { NAMED TRACKS slo_app_logout /logout; location = /signout { slo_logout corp; proxy_pass http://127.0.0.1; }
location = /logout { slo_logout other token=$arg_t; proxy_pass http://127.0.0.1; } }
server { listen 127.0.0.1:28010; server_name b.example; TRACKS slo_app_logout off; location = /logout { slo_logout corp; proxy_pass http://127.0.0.1; } }
=== two calls to one address
SEALS slo_provider corp { CORP }
server { NAMED TRACKS location /a { slo_app_logout /logout; }
location /b { slo_app_logout /logout method=POST; } }
[emerg] "slo_app_logout" is another call to "app.example/logout" than one elsewhere in the configuration: of an application there is one in http.conf:3
=== a CSRF token of a cookie that is not tracked
SEALS slo_provider corp { CORP }
server { NAMED slo_guard corp sid=$arg_sid; slo_cookie s XSRF-TOKEN track; slo_cookie other;
slo_app_logout /logout method=POST "body=csrf=${cookie_XSRF_TOKEN}"; }
[emerg] "slo_app_logout" has the cookie "XSRF_TOKEN" in its call, which no "slo_cookie" with "track" names where it counts, did you mean "${cookie_XSRF-TOKEN}"? in http.conf:3
=== a CSRF token of a cookie whose name ends too early
SEALS slo_provider corp { CORP }
server { NAMED slo_guard corp sid=$arg_sid; slo_cookie s XSRF-TOKEN track;
slo_app_logout /logout "header=X-Csrf: $cookie_XSRF-TOKEN"; }
[emerg] "slo_app_logout" has the cookie "XSRF" in its call, which no "slo_cookie" with "track" names where it counts, did you mean "${cookie_XSRF-TOKEN}"? in http.conf:3
=== a CSRF token of a cookie that is named, and not tracked
SEALS slo_provider corp { CORP }
server { NAMED slo_guard corp sid=$arg_sid; slo_cookie s track; slo_cookie csrf;
slo_app_logout /logout "header=X-Csrf: $cookie_csrf"; }
[emerg] "slo_app_logout" has the cookie "csrf" in its call, which no "slo_cookie" with "track" names where it counts in http.conf:3
=== a CSRF token that is tracked in another location of the application
SEALS slo_provider corp { CORP }
server { NAMED slo_guard corp sid=$arg_sid; slo_app_logout /logout "header=X-Csrf: $cookie_csrf";
location / { slo_cookie s track; } location /form { slo_cookie s csrf track; } }
=== two applications at one address
SEALS slo_provider corp { CORP }
server { NAMED slo_guard corp sid=$arg_sid;
slo_app_logout /logout;
location /a { slo_cookie a s* track; } location /b { slo_cookie b sid track; } location /c { slo_cookie c track; } location /d { slo_cookie d track; } }
server { listen 127.0.0.1:28010; server_name app.example; slo_guard corp sid=$arg_sid; location /e { slo_cookie e track; slo_app_logout /logout; } }
[warn] "slo_app_logout" counts in location "/a" and in location "/c", whose tracked cookies have no name in common: they share one application; if they are two, give each its own address in http.conf:3
=== neither a path nor a URL
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout logout; }
[emerg] "slo_app_logout" directive needs a path, as in "/logout", or an https URL, without variables, "..", fragment and user in http.conf:2
=== another scheme
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout ftp://app.example/; }
[emerg] "slo_app_logout" directive needs a path, as in "/logout", or an https URL, without variables, "..", fragment and user in http.conf:2
=== no host
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout https:///logout; }
[emerg] "slo_app_logout" directive needs a path, as in "/logout", or an https URL, without variables, "..", fragment and user in http.conf:2
=== a path of nobody's host
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout //app.example/logout; }
[emerg] "slo_app_logout" directive needs a path, as in "/logout", or an https URL, without variables, "..", fragment and user in http.conf:2
=== a fragment
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /logout#a; }
[emerg] "slo_app_logout" directive needs a path, as in "/logout", or an https URL, without variables, "..", fragment and user in http.conf:2
=== a password
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout https://u:hunter2@app.example/; }
[emerg] "slo_app_logout" directive needs a path, as in "/logout", or an https URL, without variables, "..", fragment and user in http.conf:2
=== a path that climbs
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /a/../logout; }
[emerg] "slo_app_logout" directive needs a path, as in "/logout", or an https URL, without variables, "..", fragment and user in http.conf:2
=== a variable
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /$arg_a; }
[emerg] "slo_app_logout" directive needs a path, as in "/logout", or an https URL, without variables, "..", fragment and user in http.conf:2
=== another method
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /logout method=PUT; }
[emerg] invalid parameter "method=PUT" in "slo_app_logout" directive, it must be one of "GET", "POST" in http.conf:2
=== a body of a GET
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /logout body=a; }
[emerg] "slo_app_logout" directive has a "body=" without "method=POST" in http.conf:2
=== no body
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /logout method=POST body=; }
[emerg] invalid parameter "body=" in "slo_app_logout" directive, the value is empty in http.conf:2
=== a body twice
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /logout method=POST body=a body=b; }
[emerg] duplicate parameter "body=" in "slo_app_logout" directive in http.conf:2
=== a header without a value
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /logout header=X; }
[emerg] invalid parameter "header=" in "slo_app_logout" directive, it must be a name and a value, as in "header=X-Name: value" in http.conf:2
=== a header without a name
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /logout "header=: a"; }
[emerg] invalid parameter "header=" in "slo_app_logout" directive, it must be a name and a value, as in "header=X-Name: value" in http.conf:2
=== a header that the call has
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /logout "header=cookie: a"; }
[emerg] invalid parameter "header=cookie:" in "slo_app_logout" directive, which the call itself says in http.conf:2
=== a header twice
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /logout header=X-A:a header=x-a:b; }
[emerg] duplicate parameter "header=x-a:" in "slo_app_logout" directive in http.conf:2
=== an unknown parameter
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /logout metod=POST; }
[emerg] invalid parameter "metod=" in "slo_app_logout" directive, did you mean "method="? in http.conf:2
=== off with parameters
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout off method=POST; }
[emerg] "slo_app_logout" directive is "off" and has parameters in http.conf:2
=== twice
SEALS slo_provider corp { CORP }
server { NAMED TRACKS slo_app_logout /a; slo_app_logout /b; }
[emerg] "slo_app_logout" directive is duplicate in http.conf:2
TABLE
