# SPDX-License-Identifier: BSD-2-Clause
# slo_learn at the authorization endpoint: what passes there passes as it was, and a code finds its browser's session (with
# a real OP: t/journeys/code.mjs).
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Slo;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
Test::Nginx::Socket::log_level('info');
receiver( a => 'ok' );
receiver( b => 'ok' );
make_key('op');
make_key('other');

# The OP answers as /op/… says; through /auth/… it is learnt from, through /plain/… not.
our $locations = <<'END';
    location /auth/  { rewrite ^/auth/(.*) /op/$1 break; slo_learn main; proxy_pass http://127.0.0.1:$server_port; proxy_redirect off; }
    location /plain/ { rewrite ^/plain/(.*) /op/$1 break; proxy_pass http://127.0.0.1:$server_port; proxy_redirect off; }
    location /raw/   { rewrite ^/raw/(.*) /op/$1 break; slo_learn main; proxy_buffering off; proxy_pass http://127.0.0.1:$server_port; proxy_redirect off; }
    location = /op/code  { add_header Set-Cookie "op_session=new; Path=/"; return 302 https://app.example/cb?code=c1&state=s; }
    location = /op/see   { add_header Set-Cookie "op_session=new; Path=/"; return 303 https://app.example/cb#state=s&code=c1; }
    location = /op/error { add_header Set-Cookie "op_session=new; Path=/"; return 302 https://app.example/cb?error=login_required&code=c1; }
    location = /op/jarm  { add_header Set-Cookie "op_session=new; Path=/"; return 302 https://app.example/cb?response=a.b.c; }
    location = /op/self  { absolute_redirect off; add_header Set-Cookie "op_session=new; Path=/"; return 302 /auth/step2?client_id=back&code=c1; }
    location = /op/own   { add_header Set-Cookie "op_session=new; Path=/"; return 302 https://op.example/auth/step2?code=c1; }
    location = /op/echo  { default_type text/html; add_header Set-Cookie "op_session=new; Path=/";
                           return 200 '<form method="post" action="/login"><input type="hidden" name="code" value="c1"/></form>'; }
    location = /op/bare  { return 302 https://app.example/cb?code=c1; }
    location = /op/login { default_type text/html; return 200 '<form method="post" action="/x"><input name="login"></form>'; }
    location = /op/style { default_type text/css; return 200 'a { b: c }'; }
    location = /op/form  { default_type 'text/html; charset=utf-8'; add_header Set-Cookie "op_session=new; Path=/";
                           return 200 '<html><form method="post" action="https://app.example/cb"><input type="hidden" name="code" value="c1"/></form></html>'; }
    location = /op/large { default_type text/html; root html; try_files /large.html =404; }
END
our $token = sub {
    my ( $client, $sid, %claims ) = @_;
    my $jwt = SloTest::Slo::hint( aud => $client, sid => $sid, %claims );
    return "    location = /token/$client { slo_learn main; proxy_pass http://127.0.0.1:\$server_port/op/token/$client; }
    location = /op/token/$client { default_type application/json; return 200 '{\"id_token\":\"$jwt\"}'; }\n";
};
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part() ) if !defined $block->http_config;
    my $tokens = $block->tokens ? eval $block->tokens : $main::token->( 'back', 's-back' ) . $main::token->( 'both', 's-both' );
    $block->set_value( config => server_part() . $main::locations . $tokens . ( $block->config // '' ) );
} );
run_tests();

__DATA__

=== TEST 1: a redirect with a code passes as it was
--- request eval
['GET /auth/code', 'GET /plain/code', 'GET /raw/code', 'GET /auth/see']
--- error_code eval
[302, 302, 302, 303]
--- response_headers eval
[
    "Location: https://app.example/cb?code=c1&state=s\nSet-Cookie: op_session=new; Path=/",
    "Location: https://app.example/cb?code=c1&state=s\nSet-Cookie: op_session=new; Path=/",
    "Location: https://app.example/cb?code=c1&state=s\nSet-Cookie: op_session=new; Path=/",
    "Location: https://app.example/cb#state=s&code=c1\nSet-Cookie: op_session=new; Path=/",
]
--- response_body_like eval
['^<html>.*<h1>302 Found</h1>.*</html>\r\n$',
 '^<html>.*<h1>302 Found</h1>.*</html>\r\n$',
 '^<html>.*<h1>302 Found</h1>.*</html>\r\n$',
 '^<html>.*<h1>303 See Other</h1>.*</html>\r\n$']


=== TEST 2: the code's token response registers under the session of the cookie
--- request eval
['GET /auth/code', "POST /token/back\ngrant_type=authorization_code&code=c1", "POST /token/both\ncode=c1", 'GET /api/main/sessions?sub=alice']
--- error_code eval
[302, 200, 200, 200]
--- response_body_like eval
['', '', '', '"client_id":"back".*"sid":"s-back".*"client_id":"both".*"sid":"s-both"']


=== TEST 3: so it does with a code in a fragment, in a page, and where nothing is buffered
--- request eval
['GET /raw/see', "POST /token/back\ncode=c1", 'GET /auth/form', "POST /token/both\ncode=c1", 'GET /api/main/sessions?sub=alice']
--- error_code eval
[303, 200, 200, 200, 200]
--- response_body_like eval
['', '', '^<html><form method="post" action="https://app.example/cb"><input type="hidden" name="code" value="c1"/></form></html>$', '',
 '"client_id":"back".*"sid":"s-back".*"client_id":"both".*"sid":"s-both"']


=== TEST 4: errors, JARM, HEAD and an answer without any cookie tie no code to anything
--- request eval
['GET /auth/error', 'GET /auth/jarm', 'HEAD /auth/code', 'GET /auth/bare']
--- error_code eval
[302, 302, 302, 302]
--- redis_after
DBSIZE => 2


=== TEST 5: pages, style sheets and large answers pass, and nothing is said of them
--- request eval
['GET /auth/login', 'GET /auth/style', 'POST /auth/login', 'GET /auth/large']
--- user_files eval
">>> large.html\n" . ( '<form method="post"><input type="hidden" name="code" value="c1">' x 5000 )
--- error_code eval
[200, 200, 200, 200]
--- response_body_like eval
['^<form method="post" action="/x"><input name="login"></form>$', '^a \{ b: c \}$', '<input name="login">', '(?s)^<form .*>$']
--- no_error_log
teaches nothing


=== TEST 6: a code that is not known leaves a login to its sid alone
--- request eval
["POST /token/back\ncode=other", 'GET /api/main/sessions/s-back', 'GET /api/main/sessions?sub=alice']
--- error_code eval
[200, 200, 200]
--- response_body_like eval
['', '"client_id":"back"', '"sid":"s-back"']


=== TEST 7: another user of the same cookie has a session of his own
--- tokens: $main::token->( 'back', 's-alice' ) . $main::token->( 'both', 's-bob', sub => 'bob' )
--- request eval
['GET /auth/code', "POST /token/back\ncode=c1", "POST /token/both\ncode=c1", 'GET /api/main/sessions?sub=alice', 'GET /api/main/sessions?sub=bob']
--- error_code eval
[302, 200, 200, 200, 200]
--- response_body_unlike eval
['^$', '^$', '^$', '"both"', '"back"']


=== TEST 8: an ID Token in a fragment that somebody else signed teaches nothing, and passes
--- config eval
'    location = /op/other { add_header Set-Cookie "op_session=new"; return 302 https://app.example/cb#id_token=' . SloTest::Slo::hint_by('other') . '; }'
--- request
GET /auth/other
--- error_code: 302
--- response_headers_like
Location: https://app.example/cb#id_token=.+
--- error_log eval
qr/\[warn\].* slo: an answer of the OP teaches nothing: token_key_unknown: no key for RS256 of this kid, provider "main"/


=== TEST 9: one in a fragment teaches, a token of a client that is none of ours does not
--- config eval
'    location = /op/mine   { add_header Set-Cookie "op_session=new"; return 302 "https://app.example/cb#state=s&id_token=' . SloTest::Slo::hint( sid => 's-front' ) . '"; }
     location = /op/theirs { add_header Set-Cookie "op_session=new"; return 302 "https://app.example/cb#id_token=' . SloTest::Slo::hint( aud => 'nobody', sid => 's-nobody' ) . '"; }'
--- request eval
['GET /auth/theirs', 'GET /auth/mine', 'GET /api/main/sessions?sub=alice']
--- error_code eval
[302, 302, 200]
--- response_body_like eval
['', '', '"client_id":"back".*"sid":"s-front"']
--- no_error_log
teaches nothing


=== TEST 10: what the OP hands on to itself is no response, whoever put a code into the address
--- request eval
['GET /auth/self', 'GET /auth/own', 'GET /auth/echo', "POST /token/back\ngrant_type=authorization_code&code=c1", 'GET /api/main/sessions?sub=alice']
--- error_code eval
[302, 302, 200, 200, 200]
--- response_body_like eval
['', '', '', '', '^\{"sessions":\[\{"sid":"s-back"']


=== TEST 11: and a code that one browser was handed is no other's
--- request eval
['GET /auth/code', 'GET /auth/other', "POST /token/back\ngrant_type=authorization_code&code=c1", 'GET /api/main/sessions?sub=alice', 'GET /signed-in', 'GET /signed-in']
--- more_headers eval
['', '', '', '', 'Cookie: op_session=new', 'Cookie: op_session=other']
--- error_code eval
[302, 302, 200, 200, 200, 200]
--- config
    location /signed-in { slo_session_status main; }
    location = /op/other { add_header Set-Cookie "op_session=other; Path=/"; return 302 https://app.example/cb?code=c1; }
--- response_body_like eval
['', '', '', '"client_id":"back"', '"active":true', '"active":false']
