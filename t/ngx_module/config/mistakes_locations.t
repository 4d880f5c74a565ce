# SPDX-License-Identifier: BSD-2-Clause
# What operators get wrong in locations, and what `nginx -t` says of it.
use strict;
use warnings;
use lib 't/lib';
use SloTest;
use SloTest::Mistakes;

make_key('op');
chmod 0600, "$ENV{TEST_NGINX_DIR}/op.pem";

mistakes(<<'TABLE');
=== proxy_pass behind slo_end_session
STORE slo_provider main { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /logout { slo_end_session main; proxy_pass http://127.0.0.1:1; } }
[emerg] "slo_end_session" directive has no effect: a directive behind it, such as "proxy_pass", answers in the same location; remove one of them in http.conf:2
=== proxy_pass in front of slo_end_session
STORE slo_provider main { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /logout { proxy_pass http://127.0.0.1:1; slo_end_session main; } }
[emerg] "slo_end_session" directive cannot stand beside a directive that answers in the same location, such as "proxy_pass" in http.conf:2
=== empty_gif behind slo_jwks
STORE slo_provider main { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /logout { slo_end_session main; } location = /j { slo_jwks main; empty_gif; } }
[emerg] "slo_jwks" directive has no effect: a directive behind it, such as "proxy_pass", answers in the same location; remove one of them in http.conf:2
=== stub_status behind slo_status
STORE
server { listen 127.0.0.1:28009; location = /s { slo_status; stub_status; } }
[emerg] "slo_status" directive has no effect: a directive behind it, such as "proxy_pass", answers in the same location; remove one of them in http.conf:2
=== fastcgi_pass behind slo_api
STORE
server { listen 127.0.0.1:28009; location /s/ { slo_api; fastcgi_pass 127.0.0.1:1; } }
[emerg] "slo_api" directive has no effect: a directive behind it, such as "proxy_pass", answers in the same location; remove one of them in http.conf:2
=== slo_status beside slo_api
STORE
server { listen 127.0.0.1:28009; location /s/ { slo_api; slo_status; } }
[emerg] "slo_status" directive cannot stand beside a directive that answers in the same location, such as "proxy_pass" in http.conf:2
=== slo_end_session twice
STORE slo_provider main { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /logout { slo_end_session main; slo_end_session main; } }
[emerg] "slo_end_session" directive is duplicate in http.conf:2
=== a rewrite's return under a condition is nobody's mistake
STORE slo_provider main { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /logout { slo_end_session main; if ($arg_x) { return 404; } } }
=== an unknown provider
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /logout { slo_end_session crop; } }
[emerg] unknown slo_provider "crop" in "slo_end_session", did you mean "corp"? in http.conf:2
=== a token endpoint of nobody's
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /token { slo_learn crop; proxy_pass http://127.0.0.1:28010; } }
[emerg] unknown slo_provider "crop" in "slo_learn", did you mean "corp"? in http.conf:2
=== a token endpoint of two
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /token { slo_learn corp; slo_learn corp; proxy_pass http://127.0.0.1:28010; } }
[emerg] "slo_learn" directive is duplicate in http.conf:2
=== tokens learnt everywhere
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; slo_learn corp; }
[emerg] "slo_learn" directive is not allowed here in http.conf:2
=== the API at an exact location
STORE
server { listen 127.0.0.1:28009; location = /slo { slo_api; } }
[emerg] "slo_api" directive needs a location with a prefix, as in "location /slo/": its resources are below it in http.conf:2
=== the API at a regular expression
STORE
server { listen 127.0.0.1:28009; location ~ ^/slo/ { slo_api; } }
[emerg] "slo_api" directive needs a location with a prefix, as in "location /slo/": its resources are below it in http.conf:2
=== the API at a named location
STORE
server { listen 127.0.0.1:28009; location @slo { slo_api; } }
[emerg] "slo_api" directive needs a location with a prefix, as in "location /slo/": its resources are below it in http.conf:2
=== write without a value
STORE
server { listen 127.0.0.1:28009; location /slo/ { slo_api write; } }
[emerg] invalid parameter "write" in "slo_api" directive, write "write=on" in http.conf:2
=== an API that anybody may write to
STORE
server { listen 28009; location /slo/ { slo_api write=on; } }
[warn] "slo_api" directive with "write=on" is open to everybody: the server listens on all addresses, and there is no "allow", "deny", "auth_basic", "auth_request" or "ssl_verify_client" in http.conf:2
=== an API that only some may write to
STORE
server { listen 28009; location /slo/ { slo_api write=on; allow 127.0.0.1; deny all; } }
=== an API whose passwords are switched off
STORE
server { listen 28009; auth_basic x; auth_basic_user_file x; location /slo/ { slo_api write=on; auth_basic off; } }
[warn] "slo_api" directive with "write=on" is open to everybody: the server listens on all addresses, and there is no "allow", "deny", "auth_basic", "auth_request" or "ssl_verify_client" in http.conf:2
=== an API whose passwords stand nowhere
STORE
server { listen 28009; location /slo/ { slo_api write=on; auth_basic x; } }
[warn] "slo_api" directive with "write=on" is open to everybody: the server listens on all addresses, and there is no "allow", "deny", "auth_basic", "auth_request" or "ssl_verify_client" in http.conf:2
=== an API with passwords
STORE
server { listen 28009; auth_basic x; auth_basic_user_file x; location /slo/ { slo_api write=on; } }
=== an API that a subrequest guards
STORE
server { listen 28009; location /slo/ { slo_api write=on; auth_request /a; } }
=== an API that only reads
STORE
server { listen 28009; location /slo/ { slo_api; } }
=== an API at a closed address
STORE
server { listen 127.0.0.1:28009; location /slo/ { slo_api write=on; } }
=== the API without a store
server { listen 127.0.0.1:28009; location /slo/ { slo_api; } }
[emerg] "slo_api" directive requires "slo_store" in the http block, before this line in http.conf:1
=== an unknown format
STORE
server { listen 127.0.0.1:28009; location /s { slo_status format=xml; } }
[emerg] invalid parameter "format=xml" in "slo_status" directive, it must be one of "prometheus", "json" in http.conf:2
=== slo_session without a client
STORE slo_provider main { MEMBERS CLIENT }
slo_session main sub=$arg_sub sid=$arg_sid;
[emerg] "slo_session" directive needs "client=" and "sub=" in http.conf:2
=== slo_session with a name that is nearly known
STORE slo_provider main { MEMBERS CLIENT }
slo_session main clinet=$arg_c sub=$arg_sub sid=$arg_sid;
[emerg] invalid parameter "clinet=" in "slo_session" directive, did you mean "client="? in http.conf:2
=== a carrier with fastcgi_pass
STORE
server { listen 127.0.0.1:28009; location = /d { internal; slo_deliver; fastcgi_pass 127.0.0.1:1; } }
[emerg] "slo_deliver": needs "proxy_pass $slo_deliver_uri" in its location, where "fastcgi_pass" answers in http.conf:2
=== a carrier with uwsgi_pass
STORE
server { listen 127.0.0.1:28009; location = /d { internal; slo_deliver; uwsgi_pass 127.0.0.1:1; } }
[emerg] "slo_deliver": needs "proxy_pass $slo_deliver_uri" in its location, where "uwsgi_pass" answers in http.conf:2
=== a carrier with scgi_pass
STORE
server { listen 127.0.0.1:28009; location = /d { internal; slo_deliver; scgi_pass 127.0.0.1:1; } }
[emerg] "slo_deliver": needs "proxy_pass $slo_deliver_uri" in its location, where "scgi_pass" answers in http.conf:2
=== a carrier with grpc_pass
STORE
server { listen 127.0.0.1:28009; location = /d { internal; slo_deliver; grpc_pass 127.0.0.1:1; } }
[emerg] "slo_deliver": needs "proxy_pass $slo_deliver_uri" in its location, where "grpc_pass" answers in http.conf:2
=== a carrier with stub_status
STORE
server { listen 127.0.0.1:28009; location = /d { internal; slo_deliver; stub_status; } }
[emerg] "slo_deliver": needs "proxy_pass $slo_deliver_uri" in its location, where "stub_status" answers in http.conf:2
=== a carrier with empty_gif
STORE
server { listen 127.0.0.1:28009; location = /d { internal; slo_deliver; empty_gif; } }
[emerg] "slo_deliver": needs "proxy_pass $slo_deliver_uri" in its location, where "empty_gif" answers in http.conf:2
=== a carrier with return alone
STORE
server { listen 127.0.0.1:28009; location = /d { internal; slo_deliver; return 200; } }
[emerg] "slo_deliver": needs "proxy_pass $slo_deliver_uri" in its location in http.conf:2
TABLE
