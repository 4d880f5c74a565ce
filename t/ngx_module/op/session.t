# SPDX-License-Identifier: BSD-2-Clause
# slo_session: participations registered from variables of requests and answers.
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
receiver( b => 'ok' );
make_key('op');
our $rule = 'slo_session main client=$arg_client sid=$arg_sid sub=$arg_sub;';
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part() ) if !defined $block->http_config;
    $block->set_value( config => server_part() . ( $block->config // "location = /login { $::rule return 200 hello; }\n" ) );
} );
look_at_logged();
run_tests();

__DATA__

=== TEST 1: a request's variables register a participation
--- request eval
[
  SloTest::Slo::registration(client_id => 'plain', sid => 's0'),  # Redis knows the script from here on
  'GET /login?client=back&sid=s1&sub=alice',
  'GET /api/main/sessions/s1',
]
--- error_code eval
[201, 200, 200]
--- response_body_like eval
['', 'hello', '"client_id":"back"']


=== TEST 2: empty values register nothing
--- request eval
['GET /login?client=back&sid=s1', 'GET /login?sid=s1&sub=alice', 'GET /login?client=back&sub=alice', 'GET /api/main/sessions?sub=alice']
--- error_code eval
[200, 200, 200, 200]
--- response_body_like eval
['', '', '', '"sessions":\[\]']


=== TEST 3: the headers of a proxied answer register it, and an error does not
--- config
    location = /ok  { slo_session main client=$upstream_http_x_client sid=$upstream_http_x_sid sub=$upstream_http_x_sub; proxy_pass http://127.0.0.1:$server_port/up; }
    location = /bad { slo_session main client=back sid=s2 sub=alice; return 403; }
    location = /up  { add_header X-Client front; add_header X-Sid s1; add_header X-Sub alice; return 200 up; }
--- request eval
['GET /bad', 'GET /ok', 'GET /api/main/sessions/s2', 'GET /api/main/sessions/s1']
--- error_code eval
[403, 200, 404, 200]
--- response_body_like eval
['', 'up', '', '"client_id":"front"']


=== TEST 4: without a sid the cookie is the session, and a hint without a sid ends it
--- request eval
[
  'GET /login?client=both&sub=alice',
  ('GET /api/main/sessions?sub=alice') x 3,  # the registration follows the answer, at its own pace
  'GET /logout?id_token_hint=' . SloTest::Slo::hint(aud => 'both', sid => undef),
]
--- more_headers
Cookie: op_session=c00kie
--- error_code eval
[200, 200, 200, 200, 200]
--- received
b: POST /
--- received_claims
b: sub=alice
b: sid!


=== TEST 5: a repeat is spared the store
--- request eval
['GET /login?client=back&sid=s1&sub=alice', 'GET /login?client=back&sid=s1&sub=alice', 'GET /login?client=back&sid=s1&sub=alice', 'GET /status']
--- error_code eval
[200, 200, 200, 200]
--- response_body_like eval
['', '', '', 'slo_registrations_total 1\n']


=== TEST 6: rules are inherited, and "off" stops that
--- http_config eval
SloTest::Slo::http_part() . 'slo_session main client=plain sid=inherited sub=bob;'
--- config
    location = /in  { return 200 in; }
    location = /out { slo_session off; return 200 out; }
--- request eval
['GET /out', 'GET /api/main/sessions/inherited', 'GET /in', 'GET /api/main/sessions/other', 'GET /api/main/sessions/inherited']
--- error_code eval
[200, 404, 200, 404, 200]


=== TEST 7: an unknown client is logged, and the answer untouched
--- request
GET /login?client=nobody&sid=s1&sub=alice
--- response_body: hello
--- error_log
[info]
slo: refused an unknown client


=== TEST 8: a client that left and comes back at once is told of the next logout
--- request eval
[
  'GET /login?client=back&sid=s1&sub=alice',
  ('GET /api/main/sessions/s1') x 2,
  'DELETE /api/main/sessions/s1/clients/back',
  'GET /login?client=back&sid=s1&sub=alice',
  'DELETE /api/main/sessions/s1',
]
--- error_code eval
[200, 200, 200, 200, 200, 200]
--- received
a: POST /logout?tenant=1
a: POST /logout?tenant=1


=== TEST 9: what the store has lost meanwhile is written down again
--- request eval
['GET /login?client=back&sid=s1&sub=alice', ('GET /api/main/sessions/s1') x 2, 'GET /login?client=back&sid=s1&sub=alice']
--- error_code eval
[200, 200, 200, 200]
--- redis_after
FLUSHALL => OK
DBSIZE => 6




=== TEST 10: the cookie that the OP sets at login finds the session, not the one that came
--- config
    location = /login { slo_session main client=plain sub=alice; proxy_pass http://127.0.0.1:$server_port/up; }
    location = /up    { add_header Set-Cookie "op_session=; Path=/old; Max-Age=0"; add_header Set-Cookie "op_session=rotated; Path=/";
                        add_header Set-Cookie "op_session.sig=x; Path=/"; return 200 up; }
--- request eval
['GET /login', ('GET /api/main/sessions?sub=alice') x 3, 'GET /logout', 'GET /logout']
--- more_headers eval
["Cookie: op_session=before", '', '', '', "Cookie: op_session=rotated", "Cookie: op_session=before"]
--- error_code eval
[200, 200, 200, 200, 200, 200]
--- response_body_like eval
['up', '', '', '"state":"live"', 'of all applications that you use with it', 'that is not known here']


=== TEST 11: a cookie that the answer leaves alone, or clears, is the request's
--- config
    location = /login { slo_session main client=plain sub=alice; proxy_pass http://127.0.0.1:$server_port/up; }
    location = /up    { add_header Set-Cookie "op_session=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT"; return 200 up; }
--- request eval
['GET /login', ('GET /api/main/sessions?sub=alice') x 3, 'GET /logout']
--- more_headers
Cookie: op_session=before
--- error_code eval
[200, 200, 200, 200, 200]
--- response_body_like eval
['up', '', '', '"state":"live"', 'of all applications that you use with it']


=== TEST 12: a rule that names a cookie registers that one alone
--- config
    location = /login { slo_session main client=plain sub=alice cookie=$arg_cookie; return 200; }
--- request eval
['GET /login?cookie=named', ('GET /api/main/sessions?sub=alice') x 3, 'GET /logout', 'GET /logout']
--- more_headers eval
["Cookie: op_session=before", '', '', '', "Cookie: op_session=named", "Cookie: op_session=before"]
--- error_code eval
[200, 200, 200, 200, 200, 200]
--- response_body_like eval
['', '', '', '"state":"live"', 'of all applications that you use with it', 'that is not known here']


=== TEST 13: the request's cookie of an OP's session is warned of, with the line and the remedy
--- config
    location = /login { slo_session main client=plain sub=alice sid=$arg_sid cookie=$cookie_OP_session; return 200; }
--- request
GET /login
--- error_log eval
[ qr{\[warn\] .*"slo_session": "cookie=\$cookie_OP_session" is the cookie of the request, .*leave "cookie=" out: .* in \S+nginx\.conf:\d+} ]


=== TEST 14: another cookie is not
--- config
    location = /login { slo_session main client=plain sub=alice sid=$arg_sid cookie=$cookie_other; return 200; }
--- request
GET /login
--- no_error_log
is the cookie of the request


=== TEST 15: a rule that could never find a session is refused
--- http_config eval
SloTest::Slo::http_part() =~ s/session_cookie op_session;//r
--- config
    location = /login { slo_session main client=plain sub=alice; return 200; }
--- must_die
--- error_log eval
[ qr{"slo_session" needs "sid=" or "cookie=", or the slo_provider a "session_cookie" in \S+nginx\.conf:\d+} ]


=== TEST 16: a client whose ID Token has no sid is told by the subject alone
--- config eval
<<'END'
    location = /login { slo_session main client=$arg_client sid=s1 sub=alice client_no_sid=$arg_bare; return 200 hello; }
END
--- request eval
[
  'GET /login?client=both&bare=1', 'GET /login?client=plain&bare=0',
  ('GET /api/main/sessions/s1') x 3,
  'DELETE /api/main/sessions/s1',
]
--- error_code eval
[200, 200, 200, 200, 200, 200]
--- response_body_like eval
['', '', '', '', '"client_id":"both","sub":"alice","joined".*"client_id":"plain","sub":"alice","sid":"s1"', '']
--- received
b: POST /
--- received_claims
b: sub=alice
b: sid!


=== TEST 17: a cookie leads to the newest session that it took part in
--- request eval
[
  'GET /login?client=back&sid=s1&sub=alice',
  'GET /login?client=back&sid=s2&sub=alice',
  'GET /api/main/sessions?sub=alice',
]
--- more_headers
Cookie: op_session=c1
--- error_code eval
[200, 200, 200]
--- redis_after
EVAL return(redis.call('GET',redis.call('KEYS','*:k:*')[1])) 0 => s2


=== TEST 18: a login that comes too late is written down once, as one, and said in the log
--- request eval
[
  SloTest::Slo::registration(client_id => 'back'),
  'DELETE /api/main/sessions/s1',
  'GET /login?client=both&sid=s1&sub=alice',
  ('GET /api/main/sessions/s1') x 2,
  'GET /status',
]
--- error_code eval
[201, 200, 200, 200, 200, 200]
--- response_body_like eval
['', '', 'hello', '', '', 'slo_registrations_total 2\n(?s).*slo_registrations_failed_total 0\n']
--- logged
\[info\] .*slo: refused a registration for an ended session, provider "main"
--- received
a: POST /logout?tenant=1
b: POST /
