# SPDX-License-Identifier: BSD-2-Clause
# slo_api: registering, looking up and ending sessions, listing deliveries and clients.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Logged;
use SloTest::Slo;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
Test::Nginx::Socket::log_level('info');
receiver( a => 'ok' );
receiver( b => '400' );
make_key('op');
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part() ) if !defined $block->http_config;
    $block->set_value( config => server_part() )    if !defined $block->config;
} );
look_at_logged();
run_tests();

__DATA__

=== TEST 1: a registration is new, then a new client, then known
--- request eval
[
  SloTest::Slo::registration(client_id => 'back'),
  SloTest::Slo::registration(client_id => 'front'),
  SloTest::Slo::registration(client_id => 'front'),
  'GET /api/main/sessions/s1',
  'GET /api/main/sessions?sub=alice',
]
--- error_code eval
[201, 201, 200, 200, 200]
--- response_body_like eval
['', '', '', '(?s)(?=.*"sid":"s1")(?=.*"sub":"alice")(?=.*"client_id":"back")(?=.*"client_id":"front")', '"sessions":\[\{.*"sid":"s1"']


=== TEST 2: a session ends by DELETE and its client is told
--- request eval
[
  SloTest::Slo::registration(client_id => 'back'),
  'DELETE /api/main/sessions/s1',
  'GET /api/main/sessions/s1',
  SloTest::Slo::registration(client_id => 'both'),
]
--- error_code eval
[201, 200, 200, 409]
--- response_body_like eval
['', '"notified":\["back"\]', '"state":"ended"', '"code":"session_ended"|session']
--- received
a: POST /logout?tenant=1
b: POST /


=== TEST 3: one participation ends, the session lives
--- request eval
[
  SloTest::Slo::registration(client_id => 'back'),
  SloTest::Slo::registration(client_id => 'plain'),
  'DELETE /api/main/sessions/s1/clients/back',
  'GET /api/main/sessions/s1',
]
--- error_code eval
[201, 201, 200, 200]
--- response_body_unlike eval
['ended', 'ended', '"state":"ended"', '"client_id":"back"']
--- received
a: POST /logout?tenant=1


=== TEST 4: a final refusal of the receiver becomes a dead letter
--- request eval
[
  SloTest::Slo::registration(client_id => 'both'),
  'DELETE /api/main/sessions/s1',
  'GET /logout',
  'GET /api/main/deliveries?state=pending',
]
--- wait: 1
--- error_code eval
[201, 200, 200, 200]
--- received
b: POST /
--- redis_after
EVAL return(#redis.call('KEYS','*:dl')) 0 => 1


=== TEST 5: bad registrations are refused with the reason
--- request eval
[
  "POST /api/main/sessions\n{\"client_id\":\"nobody\",\"sub\":\"a\",\"sid\":\"s\"}",
  "POST /api/main/sessions\n{\"client_id\":\"back\",\"sub\":\"a\"}",
  "POST /api/main/sessions\n{\"client_id\":\"back\",\"sub\":\"a\",\"sub\":\"b\",\"sid\":\"s\"}",
  "POST /api/main/sessions\nnot json",
  "POST /api/main/sessions\n{\"client_id\":\"back\",\"sub\":7,\"sid\":\"s\"}",
]
--- error_code eval
[400, 400, 400, 400, 400]
--- response_headers eval
[("Content-Type: application/problem+json") x 5]
--- response_body_like eval
['client_unknown', 'session_unidentified', 'json_malformed|api_body_invalid', 'json_malformed|api_body_invalid', 'sub']


=== TEST 6: what is not there is 404, what may not be is 405
--- request eval
['GET /api/main/sessions/none', 'GET /api/nobody/sessions/s1', 'GET /api/main/nothing', 'PUT /api/main/sessions', 'GET /api/main/clients/none']
--- error_code eval
[404, 404, 404, 405, 404]


=== TEST 7: without write=on nothing is written
--- config
    location /api/ { slo_api; }
    location = /_slo/deliver { internal; slo_deliver; proxy_pass $slo_deliver_uri; }
--- request eval
[ SloTest::Slo::registration(client_id => 'back'), 'GET /api/main/sessions/s1' ]
--- error_code eval
[403, 404]


=== TEST 8: clients are shown without their secrets
--- http_config eval
SloTest::Slo::http_part("client secretive { client_secret 0123456789abcdef0123456789abcdef; id_token_signed_response_alg HS256; post_logout_redirect_uris https://s.example/; }\n")
--- request eval
['GET /api/main/clients', 'GET /api/main/clients/secretive']
--- error_code eval
[200, 200]
--- response_body_unlike eval
['0123456789abcdef', '0123456789abcdef']


=== TEST 9: a store that is away is 503, and the status page says so
--- init
SloTest::Redis::stop();
--- request eval
[ 'GET /api/main/sessions/s1', 'GET /status' ]
--- error_code eval
[503, 200]
--- response_body_like eval
['store_unreachable|store_timeout', 'slo_store_up 0']


=== TEST 10: a per-client sid and sub are the client's own in its logout token
--- request eval
[
  SloTest::Slo::registration(client_id => 'back', client_sid => 'own-sid', client_sub => 'pairwise-7'),
  'GET /logout?post_logout_redirect_uri=https://back.example/bye&id_token_hint=' . SloTest::Slo::hint(sid => 'own-sid', sub => 'pairwise-7'),
]
--- error_code eval
[201, 303]
--- received_claims
a: sid=own-sid
a: sub=pairwise-7


=== TEST 11: what a browser can be made to send from another site changes nothing
--- request eval
[
  ( SloTest::Slo::registration(client_id => 'back') ) x 4,
  'DELETE /api/main/sessions/s1', 'DELETE /api/main/sessions/s1',
  'GET /api/main/sessions/s1',
]
--- more_headers eval
my $json = "Content-Type: application/json\n";
[
  'Content-Type: text/plain', '', "${json}Origin: https://evil.example", "${json}Sec-Fetch-Site: same-site",
  'Origin: null', 'Sec-Fetch-Site: cross-site',
  "Sec-Fetch-Site: cross-site",
]
--- error_code eval
[415, 415, 403, 403, 403, 403, 404]
--- response_body_like eval
[ ('"code":"api_content_type_unsupported"') x 2, ('"code":"api_cross_site_write"') x 4, 'session_unknown' ]


=== TEST 12: a page of the API's own host may write
--- request eval
[ ( SloTest::Slo::registration(client_id => 'back') ) x 2 ]
--- more_headers eval
my $json = "Content-Type: application/json; charset=utf-8\n";
[ "${json}Origin: http://localhost", "${json}Origin: http://localhost\nSec-Fetch-Site: same-origin" ]
--- error_code eval
[201, 200]


=== TEST 13: what is no delivery is not found, and what is asked wrongly names the methods
--- request eval
[
  SloTest::Slo::registration(client_id => 'both'),
  'DELETE /api/main/sessions/s1',
  'GET /api/main/deliveries/none',
  'DELETE /api/main/deliveries/bm9uZQ',
  'DELETE /api/main/deliveries/YR8xH2I',
]
--- error_code eval
[201, 200, 405, 404, 404]
--- received
b: POST /


=== TEST 14: all sessions of a subject end at once
--- request eval
[
  SloTest::Slo::registration(client_id => 'back', sid => 's1'),
  SloTest::Slo::registration(client_id => 'back', sid => 's2'),
  SloTest::Slo::registration(client_id => 'plain', sid => 's3', sub => 'bob'),
  'DELETE /api/main/users/alice/sessions',
  'DELETE /api/main/users/alice/sessions',
  'GET /api/main/sessions/s3',
]
--- error_code eval
[201, 201, 201, 200, 200, 200]
--- response_body_like eval
['', '', '', '"ended":\["s[12]","s[12]"\],"logout_id":"[\w-]+"\}', '"ended":\[\]', '"state":"live"']
--- received
a: POST /logout?tenant=1
a: POST /logout?tenant=1
--- logged eval
qr/\[notice\] [^,]*slo: API write: DELETE sessions of a user, subject #\w{8}: 200, logout [\w-]+, provider "main"/


=== TEST 15: a logout and a write leave a line each, with one logout id and no sid
--- request eval
[ SloTest::Slo::registration(client_id => 'back', sid => 'secret-sid'), 'DELETE /api/main/sessions/secret-sid' ]
--- error_code eval
[201, 200]
--- logged eval
[
  qr/\[info\] [^,]*slo: API write: POST session, session #\w{8}, client "back": 201, provider "main"/,
  qr/\[info\] [^,]*slo: logout ended: session #\w{8}, 1 client: 0 told, 1 pending, 0 failed, \d+ ms, reason admin, logout [\w-]+, provider "main"/,
  qr/\[notice\] [^,]*slo: API write: DELETE session, session #\w{8}: 200, logout [\w-]+, provider "main"/,
]
--- no_error_log
secret-sid
[alert]
--- received
a: POST /logout?tenant=1


=== TEST 16: clients are paged
--- request eval
['GET /api/main/clients?limit=3', 'GET /api/main/clients?limit=3&cursor=Zm9udA', 'GET /api/main/clients?limit=0', 'GET /api/main/clients?limt=3']
--- error_code eval
[200, 200, 400, 400]
--- response_body_like eval
['"client_id":"front".*"next":"ZnJvbnQ"', '"client_id":"front".*"client_id":"plain"', '"limit', 'did you mean']


=== TEST 17: a cookie leads to the newest session, and who is late for an ended one does not move it
--- request eval
[
  SloTest::Slo::registration(client_id => 'back', sid => 's1', session_cookie => 'c1'),
  SloTest::Slo::registration(client_id => 'back', sid => 's2', session_cookie => 'c1'),
  'DELETE /api/main/sessions/s1',
  SloTest::Slo::registration(client_id => 'plain', sid => 's1', session_cookie => 'c1'),
]
--- error_code eval
[201, 201, 200, 409]
--- redis_after
EVAL return(redis.call('GET',redis.call('KEYS','*:k:*')[1])) 0 => s2
--- logged
\[info\] .*slo: refused a registration for an ended session, provider "main", client: "?127\.0\.0\.1
--- received
a: POST /logout?tenant=1


=== TEST 18: a page whose name was made to lead to the API is not its own, whatever its origin says
--- config eval
SloTest::Slo::server_part() . 'server_name slo.internal *.slo.example ~^any;'
--- request eval
[ ( SloTest::Slo::registration(client_id => 'back') ) x 7 ]
--- more_headers eval
[ map { "Content-Type: application/json\nOrigin: http://$_\nHost: $_" }
  'evil.example:18270', 'evil.example', 'x.slo.example', 'any', 'slo.internal:18270', '127.0.0.1:18270', '[::1]' ]
--- error_code eval
[ 403, 403, 403, 403, 201, 200, 200 ]


=== TEST 19: who writes is named where a password was verified
--- config eval
SloTest::write_file('passwords', "ann:{PLAIN}right\n");
SloTest::Slo::server_part() =~ s{(slo_api write=on;)}{$1 auth_basic API; auth_basic_user_file $ENV{TEST_NGINX_DIR}/passwords;}r
--- more_headers eval
[ ('Content-Type: application/json
Authorization: Basic YW5uOnJpZ2h0') x 2, 'Authorization: Basic YW5uOndyb25n' ]
--- request eval
[ SloTest::Slo::registration(client_id => 'back'), 'DELETE /api/main/sessions/s1', 'DELETE /api/main/sessions/s1' ]
--- error_code eval
[ 201, 200, 401 ]
--- logged eval
qr/slo: API write: DELETE session, session #\w{8}: 200, logout [\w-]+, user "ann", provider "main"/


=== TEST 20: a name that nobody has verified is not logged: without auth_basic, with it off, without passwords, where another rule lets in
--- config eval
my $part = SloTest::Slo::server_part();
SloTest::write_file('passwords', "ann:{PLAIN}right\n");
my $on = "auth_basic API; auth_basic_user_file $ENV{TEST_NGINX_DIR}/passwords;";
$part . "location /off/ { slo_api write=on; auth_basic off; auth_basic_user_file $ENV{TEST_NGINX_DIR}/passwords; }
location /none/ { slo_api write=on; auth_basic API; }
location /variable/ { slo_api write=on; set \$realm off; auth_basic \$realm; auth_basic_user_file $ENV{TEST_NGINX_DIR}/passwords; }
location /any/ { slo_api write=on; satisfy any; allow all; $on }
location /limited/ { slo_api write=on; $on limit_except GET { auth_basic off; } }"
--- more_headers
Authorization: Basic Rk9SR0VEOng=
--- request eval
[ map { "DELETE /$_/main/sessions/s1" } qw(api off none variable any limited) ]
--- error_code eval
[ (200) x 6 ]
--- logged eval
qr/slo: API write: DELETE session, session #\w{8}: 200, logout [\w-]+, provider "main"/
--- no_error_log
FORGED
[alert]



=== TEST 21: a registration by its cookie that the store cannot serve counts as failed, as any other
--- init
SloTest::Redis::stop();
--- request eval
[ "POST /api/main/sessions\n{\"client_id\":\"plain\",\"sub\":\"alice\",\"session_cookie\":\"c1\"}", 'GET /status' ]
--- error_code eval
[503, 200]
--- response_body_like eval
['"code":"store_', 'slo_registrations_total 0\n(?s).*slo_registrations_failed_total 1\n']
--- logged
\[info\] .*slo: the store cannot be reached: .*, provider "main", client: "?127\.0\.0\.1


=== TEST 22: the log names the method that came, and those that are needed
--- request eval
'PUT /api/main/sessions'
--- error_code: 405
--- error_log
slo: refused a method: PUT, where GET, HEAD or POST is needed, provider "main"


=== TEST 23: a logout by the API that the store cannot serve counts as failed, and reading a session does not
--- init
SloTest::Redis::stop();
--- request eval
[ 'DELETE /api/main/sessions/s1', 'DELETE /api/main/users/alice/sessions', 'GET /api/main/sessions/s1', 'GET /status' ]
--- error_code eval
[503, 503, 503, 200]
--- response_body_like eval
[ ('"code":"store_') x 3, '(?s).*slo_logouts_failed_total 2\n' ]
