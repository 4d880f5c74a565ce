# SPDX-License-Identifier: BSD-2-Clause
# What an OP, a button or an operator ends in front of applications ends in the store: its clients are told, once.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Slo;
use SloTest::Rp;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
Test::Nginx::Socket::log_level('info');
receiver( a => 'ok' );
receiver( b => 'ok' );
make_key('op');
our $iss = 'https%3A%2F%2Fop.example';
our $json = "Content-Type: application/json";
our $form = "Content-Type: application/x-www-form-urlencoded";

sub login { SloTest::Slo::registration(@_) }
sub many  { my $n = shift; map { login( client_id => 'back', sid => "s$_", sub => 'ann' ) } 1 .. $n }

add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part('client_id gateway;') );
    $block->set_value( config => server_part() . rp_part() . <<'END' . ( $block->config // '' ) );
    location /app/ { slo_guard main sid=$arg_sid sub=$arg_sub since=$arg_since; empty_gif; }
    location = /out { slo_guard main sid=$arg_sid; slo_logout main local then=/bye; }
    location = /out-all { slo_guard main sub=$arg_sub since=$arg_since; slo_logout main local then=/bye; }
END
} );
run_tests();

__DATA__

=== TEST 1: by logout token: the session ends in the store, its client is told, and the line says so
--- request eval
[main::login(client_id => 'back', sid => 'secret-sid', sub => 'secret-sub'), SloTest::Rp::logout_token(sid => 'secret-sid')]
--- more_headers eval
[$main::json, $main::form]
--- error_code eval
[201, 200]
--- received_claims
a: sid=secret-sid
a: sub=secret-sub
--- error_log eval
[qr/API write: POST|\[info\].* slo: logout ended: session #[\w-]{8}, 1 client: 0 told, 1 pending, 0 failed, \d+ ms, reason op, logout [\w-]+, provider "main"/,
 qr/API write: POST|\[info\].* slo: logout received: session #[\w-]{8}, backchannel, ended 1 session, logout [\w-]+, provider "main"/]
--- no_error_log
secret-s
[warn]
[error]


=== TEST 2: again it succeeds, and nobody is told once more
--- request eval
my $token = SloTest::Rp::logout_token(sid => 's1');
[main::login(client_id => 'back'), $token, $token, SloTest::Rp::logout_token(sid => 's1'), "GET /slo/front?iss=$main::iss&sid=s1", 'GET /status']
--- more_headers eval
[$main::json, ($main::form) x 3, '', '']
--- error_code eval
[201, (200) x 5]
--- response_body_like eval
['', '', '', '', '', 'slo_logouts_received_total 4\n']
--- received
a: POST /logout?tenant=1
--- no_error_log
[warn]
[error]


=== TEST 3: by a client's own sid as well
--- request eval
[main::login(client_id => 'back', client_sid => 'own-1'), SloTest::Rp::logout_token(sid => 'own-1'), 'GET /api/main/sessions/s1']
--- more_headers eval
[$main::json, $main::form, '']
--- error_code eval
[201, 200, 200]
--- response_body_like eval
['', '', '"state":"ended".*"reason":"op","logout_id":"[\w-]+"']
--- received_claims
a: sid=own-1


=== TEST 4: a logout of a user ends all of his sessions, however many pages, and nobody else's
--- request eval
[main::many(40), main::login(client_id => 'back', sid => 'other', sub => 'bob'), 'GET /out-all?sub=ann',
 'GET /api/main/sessions?sub=ann&limit=200', 'GET /api/main/sessions/other']
--- more_headers eval
[($main::json) x 41, 'Sec-Fetch-Site: none', '', '']
--- error_code eval
[(201) x 41, 303, 200, 200]
--- response_body_like eval
[('') x 41, '', '^((?!"live").)*$', '"state":"live"']


=== TEST 5: but none that began later
--- request eval
[main::many(2), SloTest::Rp::logout_token(sub => 'ann', iat => time - 10), 'GET /api/main/sessions/s1']
--- more_headers eval
[($main::json) x 2, $main::form, '']
--- error_code eval
[201, 201, 200, 200]
--- response_body_like eval
['', '', '', '"state":"live"']
--- no_error_log
logout ended
, ended


=== TEST 6: by iframe: the session ends as well, and the answer hands it on to those whom a browser tells
--- request eval
[main::login(client_id => 'back'), main::login(client_id => 'front'), main::login(client_id => 'plain'),
 ("GET /slo/front?iss=$main::iss&sid=s1") x 2, "GET /slo/front?iss=$main::iss&sid=s2"]
--- more_headers eval
[($main::json) x 3, '', '', '']
--- error_code eval
[201, 201, 201, 200, 200, 200]
--- response_headers eval
['', '', '', ("Content-Security-Policy: default-src 'none'; frame-src https://front.example; frame-ancestors https://op.example\n! X-Frame-Options") x 2,
 "Content-Security-Policy: default-src 'none'; frame-ancestors https://op.example"]
--- response_body_like eval
['', '', '', ('<body><iframe src="https://front.example/out\?a=1&amp;iss=https%3A%2F%2Fop.example&amp;sid=s1"[^>]*></iframe>\n</body>') x 2, '<body></body>']
--- received
a: POST /logout?tenant=1


=== TEST 7: by the button, of a session and of a user
--- request eval
[main::login(client_id => 'back'), 'GET /out?sid=s1', main::login(client_id => 'both', sid => 's2'), 'GET /out-all?sub=alice', 'GET /api/main/sessions/s1', 'GET /api/main/sessions/s2']
--- more_headers eval
[$main::json, 'Sec-Fetch-Site: none', $main::json, 'Sec-Fetch-Site: none', '', '']
--- error_code eval
[201, 303, 201, 303, 200, 200]
--- response_body_like eval
['', '', '', '', ('"state":"ended".*"reason":"rp"') x 2]
--- received
a: POST /logout?tenant=1
b: POST /


=== TEST 8: by the API, of a session that is registered nowhere: whoever knows its sid refuses it
--- request eval
['DELETE /api/main/sessions/far', 'DELETE /api/main/sessions/far']
--- error_code eval
[200, 200]
--- response_body_like eval
['^\{"sid":"far","already":false,"registered":false,"notified":\[\],"not_notified":\[\],"logout_id":"[\w-]+"\}$',
 '^\{"sid":"far","already":true,"registered":false,']
--- error_log eval
qr/slo: API write: DELETE session, session #[\w-]{8}: 200, logout [\w-]+, provider "main"/


=== TEST 9: and by a client's own sid
--- request eval
[main::login(client_id => 'back', client_sid => 'own-1'), 'DELETE /api/main/sessions/own-1']
--- more_headers eval
[$main::json, '']
--- error_code eval
[201, 200]
--- response_body_like eval
['', '"sid":"s1","already":false,"notified":\["back"\]']
--- received
a: POST /logout?tenant=1


=== TEST 10: a key that we minted is no sid: nobody ends by iframe what he can work out
--- request eval
"GET /slo/front?iss=$main::iss&sid=~AAAAAAAAAAAAAAAAAAAAAA"
--- error_code: 400
