# SPDX-License-Identifier: BSD-2-Clause
# What operators get wrong about an application's cookies, and what `nginx -t` says of it.
use strict;
use warnings;
use lib 't/lib';
use SloTest;
use SloTest::Mistakes;

make_key('op');
chmod 0600, "$ENV{TEST_NGINX_DIR}/op.pem";

mistakes(<<'TABLE');
=== cookies that nothing is wrong with, in every place
STORE slo_provider corp { MEMBERS CLIENT }
slo_cookie _verifier*; slo_guard corp sid=$arg_sid;
server { listen 127.0.0.1:28009; location = /logout { slo_end_session corp; } slo_cookie JSESSIONID __Host-a path=/ track; slo_cookie other domain=.example.com path=/app;
  location /a/ { slo_cookie part_* track; slo_guard corp; } location /b/ { slo_cookie off; } location /c/ { slo_guard corp; } }
server { listen 127.0.0.1:28010; }
=== no name at all
STORE slo_provider corp { MEMBERS CLIENT }
slo_cookie track;
[emerg] "slo_cookie" directive needs the name of a cookie in http.conf:2
=== every cookie there is
STORE slo_provider corp { MEMBERS CLIENT }
slo_cookie *;
[emerg] "slo_cookie": "*" names no cookie in http.conf:2
=== a star in the middle
STORE slo_provider corp { MEMBERS CLIENT }
slo_cookie a*b;
[emerg] "slo_cookie": "a*b" may have a "*" only at its end in http.conf:2
=== what cannot be a name
STORE slo_provider corp { MEMBERS CLIENT }
slo_cookie JSESSIONID,other;
[emerg] "slo_cookie": "JSESSIONID,other" cannot be the name of a cookie in http.conf:2
=== the same name twice
STORE slo_provider corp { MEMBERS CLIENT }
slo_cookie a b a;
[emerg] "slo_cookie" directive has the cookie "a" twice in http.conf:2
=== the same name in two rules
STORE slo_provider corp { MEMBERS CLIENT }
slo_cookie a;
slo_cookie b a track;
[emerg] "slo_cookie" directive has the cookie "a" twice in http.conf:3
=== a path that is none
STORE slo_provider corp { MEMBERS CLIENT }
slo_cookie a path=app;
[emerg] "slo_cookie" directive has "path=app", which must begin with "/" and have neither blanks nor ";" in http.conf:2
=== a path that would end the attribute
STORE slo_provider corp { MEMBERS CLIENT }
slo_cookie a "path=/a;Domain=b";
[emerg] "slo_cookie" directive has "path=/a;Domain=b", which must begin with "/" and have neither blanks nor ";" in http.conf:2
=== an empty path
STORE slo_provider corp { MEMBERS CLIENT }
slo_cookie a path=;
[emerg] invalid parameter "path=" in "slo_cookie" directive, the value is empty in http.conf:2
=== a URL for a domain
STORE slo_provider corp { MEMBERS CLIENT }
slo_cookie a domain=https://example.com;
[emerg] "slo_cookie" directive has "domain=https://example.com", which is no name of hosts, like "example.com" in http.conf:2
=== a host's own cookie for a domain
STORE slo_provider corp { MEMBERS CLIENT }
slo_cookie __Host-a domain=example.com;
[emerg] "slo_cookie" directive has a cookie "__Host-…", which has neither a "domain" nor a "path" but "/" in http.conf:2
=== an unknown parameter
STORE slo_provider corp { MEMBERS CLIENT }
slo_cookie a secure=on;
[emerg] invalid parameter "secure=" in "slo_cookie" directive, known are "path=", "domain=", "track" in http.conf:2
=== a cookie with a value
STORE slo_provider corp { MEMBERS CLIENT }
slo_cookie WIKISESS=1;
[emerg] invalid parameter "WIKISESS=" in "slo_cookie" directive, known are "path=", "domain=", "track" in http.conf:2
=== a word with a value
STORE slo_provider corp { MEMBERS CLIENT }
slo_cookie a track=on;
[emerg] invalid parameter "track=" in "slo_cookie" directive, it takes no value in http.conf:2
=== a word twice
STORE slo_provider corp { MEMBERS CLIENT }
slo_cookie a track track;
[emerg] "slo_cookie" directive has "track" twice in http.conf:2
=== off beside a rule
STORE slo_provider corp { MEMBERS CLIENT }
slo_cookie a; slo_cookie off;
[emerg] "slo_cookie" directive is "off" beside another one in http.conf:2
=== tracking where nothing tells of sessions
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /logout { slo_end_session corp; }
  location /a/ { slo_cookie a track; } location /b/ { slo_cookie b; slo_guard corp sid=$arg_sid; } }
[warn] "slo_cookie" has "track" where neither "slo_guard" nor "slo_bind" says whose session it is: nothing is tracked in http.conf:3
=== words that are no names of cookies
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /logout { slo_end_session corp; } slo_guard corp sid=$arg_sid;
  slo_cookie a tracked; slo_cookie b HttpOnly trakc; slo_cookie c tracker_id; }
[warn] "slo_cookie": "tracked" is taken for a cookie's name in http.conf:3
[warn] "slo_cookie": "HttpOnly" is taken for a cookie's name in http.conf:3
[warn] "slo_cookie": "trakc" is taken for a cookie's name in http.conf:3
=== cookies that nobody would expire
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /logout { slo_end_session corp; }
  location /a/ { slo_cookie a; } location /b/ { slo_cookie b; slo_guard off; }
  location /c/ { slo_cookie c; slo_guard corp sid=$arg_sid; } location /out { slo_cookie d; slo_logout corp token=$arg_t local; } location /front { slo_cookie e; slo_frontchannel_logout corp; } }
[warn] "slo_cookie" has no effect: where it counts there is neither "slo_guard" nor "slo_logout" nor "slo_frontchannel_logout", which would expire its cookies in http.conf:3
[warn] "slo_cookie" has no effect: where it counts there is neither "slo_guard" nor "slo_logout" nor "slo_frontchannel_logout", which would expire its cookies in http.conf:3
=== cookies that are tracked in one location, and seen in another
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /logout { slo_end_session corp; } slo_guard corp sid=$arg_sid;
  location / { slo_cookie a track; proxy_pass http://127.0.0.1; }
  location /api/ { proxy_pass http://127.0.0.1; }
  location ~ ^/old { slo_cookie b; root /; try_files $uri @app; } location @app { proxy_pass http://127.0.0.1; } }
[warn] "slo_cookie" with "track" counts in location "/" and not in location "/api/" of the same server, where "slo_guard" counts as well: there the application gets to see the cookies of whoever used the browser before; let both count in the whole server, or say "slo_cookie off" there in http.conf:3
[warn] "slo_cookie" with "track" counts in location "/" and not in location "^/old" of the same server, where "slo_guard" counts as well: there the application gets to see the cookies of whoever used the browser before; let both count in the whole server, or say "slo_cookie off" there in http.conf:3
=== cookies of the server, and a location with other ones
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /logout { slo_end_session corp; } slo_guard corp sid=$arg_sid; slo_cookie a track;
  location / { proxy_pass http://127.0.0.1; } location /api/ { slo_cookie b; proxy_pass http://127.0.0.1; } }
[warn] "slo_cookie" with "track" counts in the server itself and not in location "/api/" of the same server, where "slo_guard" counts as well: there the application gets to see the cookies of whoever used the browser before; let both count in the whole server, or say "slo_cookie off" there in http.conf:2
=== locations where no application sees cookies, or another guard stands, or none
STORE slo_provider corp { MEMBERS CLIENT client_id gateway; } slo_provider other { issuer https://other.example; signing_key ../op.pem; session_cookie other_session; CLIENT }
server { listen 127.0.0.1:28009; location = /logout { slo_end_session corp; } location = /logout2 { slo_end_session other; } slo_guard corp sid=$arg_sid;
  location / { slo_cookie a track; proxy_pass http://127.0.0.1; if ($arg_x) { return 204; } }
  location = /_verify { internal; proxy_pass http://127.0.0.1; } location /static/ { root /; } location /gone { return 410; }
  location /off/ { slo_cookie off; proxy_pass http://127.0.0.1; } location /free/ { slo_guard off; proxy_pass http://127.0.0.1; }
  location /other/ { slo_guard other sid=$arg_sid; proxy_pass http://127.0.0.1; }
  location = /out { slo_logout corp local; proxy_pass http://127.0.0.1; } location = /back { slo_backchannel_logout corp; } }
server { listen 127.0.0.1:28010; slo_guard corp sid=$arg_sid; location / { proxy_pass http://127.0.0.1; } }
=== a guard that goes by cookies which nobody tracks
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /logout { slo_end_session corp; }
  location /a/ { slo_cookie a; slo_guard corp; } }
[emerg] "slo_guard" needs "token=", "sid=" or "sub=", or a "slo_cookie" with "track" where it counts: by what is a request's session known? in http.conf:3
TABLE
