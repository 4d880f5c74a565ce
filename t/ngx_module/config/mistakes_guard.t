# SPDX-License-Identifier: BSD-2-Clause
# What operators get wrong in front of applications, and what `nginx -t` says of it.
use strict;
use warnings;
use lib 't/lib';
use SloTest;
use SloTest::Mistakes;

make_key('op');
chmod 0600, "$ENV{TEST_NGINX_DIR}/op.pem";

mistakes(<<'TABLE');
=== a guard that nothing is wrong with, in every place
STORE slo_provider corp { MEMBERS CLIENT client_id gateway; }
slo_guard corp sid=$arg_sid;
server { listen 127.0.0.1:28009; slo_guard corp sid=$arg_a sub=$arg_b since=$arg_c; location /a/ { slo_guard corp token=$http_authorization error=403 dry_run; } location /b/ { slo_guard off; }
  location = /logout { slo_end_session corp; } location = /back { slo_backchannel_logout corp; } location = /front { slo_frontchannel_logout corp; } }
=== an unknown provider
STORE slo_provider corp { MEMBERS CLIENT }
slo_guard crop sid=$arg_sid;
[emerg] unknown slo_provider "crop" in "slo_guard", did you mean "corp"? in http.conf:2
=== nothing that tells of a session
STORE slo_provider corp { MEMBERS CLIENT }
slo_guard corp;
[emerg] "slo_guard" needs "token=", "sid=" or "sub=", or a "slo_cookie" with "track" where it counts: by what is a request's session known? in http.conf:2
=== a dollar sign that was forgotten
STORE slo_provider corp { MEMBERS CLIENT }
slo_guard corp token=id_token;
[emerg] "slo_guard" directive has no variable in "token=id_token" in http.conf:2
=== a time without a user
STORE slo_provider corp { MEMBERS CLIENT }
slo_guard corp sid=$arg_sid since=$arg_t;
[emerg] "slo_guard" directive has "since=" without "sub=", whose sessions are told apart by it in http.conf:2
=== a user without a time
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /logout { slo_end_session corp; } location / { slo_guard corp sub=$remote_user; } }
[warn] "slo_guard" has "sub=" without "since=": who is logged out everywhere stays refused for the provider's "retention", however often he logs in in http.conf:2
=== no status of an error
STORE slo_provider corp { MEMBERS CLIENT }
slo_guard corp sid=$arg_sid error=200;
[emerg] invalid parameter "error=200" in "slo_guard" directive, it must be a number from 400 to 599 in http.conf:2
=== a status that nginx keeps for itself
STORE slo_provider corp { MEMBERS CLIENT }
slo_guard corp sid=$arg_sid error=444;
[emerg] "slo_guard" directive cannot answer with "error=444", which nginx keeps for itself in http.conf:2
=== an unknown parameter
STORE slo_provider corp { MEMBERS CLIENT }
slo_guard corp session=$arg_sid;
[emerg] invalid parameter "session=" in "slo_guard" directive, known are "token=", "sid=", "sub=", "since=", "error=", "dry_run" in http.conf:2
=== a word that is misspelt
STORE slo_provider corp { MEMBERS CLIENT }
slo_guard corp sid=$arg_sid dryrun;
[emerg] invalid parameter "dryrun" in "slo_guard" directive, did you mean "dry_run"? in http.conf:2
=== a word that is none
STORE slo_provider corp { MEMBERS CLIENT }
slo_guard corp sid=$arg_sid Test-1;
[emerg] invalid parameter "Test-1" in "slo_guard" directive, known are "token=", "sid=", "sub=", "since=", "error=", "dry_run" in http.conf:2
=== a word with a value
STORE slo_provider corp { MEMBERS CLIENT }
slo_guard corp sid=$arg_sid dry_run=on;
[emerg] invalid parameter "dry_run=" in "slo_guard" directive, it takes no value in http.conf:2
=== off beside a guard
STORE slo_provider corp { MEMBERS CLIENT }
slo_guard corp sid=$arg_sid; slo_guard off;
[emerg] "slo_guard" directive is "off" beside another one in http.conf:2
=== five guards in one place
STORE slo_provider corp { MEMBERS CLIENT }
slo_guard corp sid=$arg_a; slo_guard corp sid=$arg_b; slo_guard corp sid=$arg_c; slo_guard corp sid=$arg_d; slo_guard corp sid=$arg_e;
[emerg] "slo_guard" directive is the fifth here, there may be four in http.conf:2
=== logout tokens for nobody
STORE slo_provider corp { MEMBERS CLIENT }
server { listen 127.0.0.1:28009; location = /back { slo_backchannel_logout corp; } }
[emerg] "slo_backchannel_logout" needs a "client_id" in slo_provider "corp": the audience of its logout tokens in http.conf:2
=== one provider twice
STORE slo_provider corp { MEMBERS CLIENT client_id gateway; }
server { listen 127.0.0.1:28009; location = /back { slo_backchannel_logout corp corp; } }
[emerg] "slo_backchannel_logout" directive has slo_provider "corp" twice in http.conf:2
=== proxy_pass beside a receiver
STORE slo_provider corp { MEMBERS CLIENT client_id gateway; }
server { listen 127.0.0.1:28009; location = /front { proxy_pass http://127.0.0.1:1; slo_frontchannel_logout corp; } }
[emerg] "slo_frontchannel_logout" directive cannot stand beside a directive that answers in the same location, such as "proxy_pass" in http.conf:2
=== marks without a size
slo_store redis://127.0.0.1 marks=many;
[emerg] invalid size in "marks=many" in "slo_store" directive, write it as 16m in http.conf:1
=== too little room for marks
slo_store redis://127.0.0.1 marks=32k;
[emerg] invalid size in "marks=32k" in "slo_store" directive, at least 64k is required in http.conf:1
TABLE
