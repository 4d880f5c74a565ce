# SPDX-License-Identifier: BSD-2-Clause
# What operators get wrong about slo_bind, and what `nginx -t` says of it.
use strict;
use warnings;
use lib 't/lib';
use SloTest;
use SloTest::Mistakes;

make_key('op');
chmod 0600, "$ENV{TEST_NGINX_DIR}/op.pem";

mistakes(<<'TABLE');
=== nothing wrong
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /logout { slo_end_session corp; } slo_cookie JSESSIONID track;
  location = /a { slo_bind corp sid=$arg_session_state; } location = /b { slo_bind corp code=$arg_code sub=$arg_sub; if ($arg_x) { return 204; } } }
=== no name of the session
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; slo_cookie JSESSIONID track; location = /a { slo_bind corp sub=$arg_sub; } }
[emerg] "slo_bind" directive needs "sid=" or "code=": which session is it that the callback belongs to? in http.conf:2
=== two of them
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; slo_cookie JSESSIONID track; location = /a { slo_bind corp sid=$arg_a code=$arg_b; } }
[emerg] "slo_bind" directive has "sid=" and "code=": one of them names the session in http.conf:2
=== the same for everybody
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; slo_cookie JSESSIONID track; location = /a { slo_bind corp sid=arg_session_state; } }
[emerg] "slo_bind" directive has no variable in "sid=arg_session_state" in http.conf:2
=== two in one place
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; slo_cookie JSESSIONID track; location = /a { slo_bind corp sid=$arg_a; slo_bind corp code=$arg_b; } }
[emerg] "slo_bind" directive is the second here in http.conf:2
=== no cookie is tracked there
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /logout { slo_end_session corp; } slo_cookie JSESSIONID;
  location = /a { slo_bind corp sid=$arg_a; } }
[emerg] "slo_bind" needs "slo_cookie NAME ... track" in the same location or around it, which says whose values it binds in http.conf:3
=== a provider that is not there
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; slo_cookie JSESSIONID track; location = /a { slo_bind crop sid=$arg_a; } }
[emerg] unknown slo_provider "crop" in "slo_bind", did you mean "corp"? in http.conf:2
=== an option that is none
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; slo_cookie JSESSIONID track; location = /a { slo_bind corp sid=$arg_a user=$arg_b; } }
[emerg] invalid parameter "user=" in "slo_bind" directive, known are "sid=", "code=", "sub=" in http.conf:2
TABLE
