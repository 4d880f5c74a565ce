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
[emerg] invalid parameter "secure=" in "slo_cookie" directive, known are "path=", "domain=" in http.conf:2
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
=== a guard that goes by cookies which nobody tracks
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /logout { slo_end_session corp; }
  location /a/ { slo_cookie a; slo_guard corp; } }
[emerg] "slo_guard" needs "token=", "sid=" or "sub=", or a "slo_cookie" with "track" where it counts: by what is a request's session known? in http.conf:3
TABLE
