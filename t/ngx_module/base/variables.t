# SPDX-License-Identifier: BSD-2-Clause
# The variables say in an access log what became of a request, and which fault stopped it.
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
my $log = "$ENV{TEST_NGINX_DIR}/said.log";
add_block_preprocessor( sub {
    my $block = shift;
    unlink $log;
    my $format = '$slo_provider|$slo_result|$slo_fault|$slo_post_logout_redirect_uri|$slo_deliver_uri|$slo_logout_id';
    $block->set_value( http_config => http_part() . "log_format said escape=none '$format';\n" );
    $block->set_value( config => server_part() . "    access_log $log said;\n    location = /t { return 200; }\n" );
} );
# Section `said`: one pattern per line of the access log.
add_test_cleanup_handler( sub {
    my $block = shift;
    my @patterns = split /\n/, $block->said // return;
    my $lines = SloTest::awaited( scalar @patterns, sub { -f $log ? scalar( () = read_file($log) =~ /\n/g ) : 0 } );
    Test::More::is( $lines, scalar @patterns, $block->name . ' - said: number of lines' );
    my @said = split /\n/, read_file($log);
    Test::More::like( $said[$_], qr/^$patterns[$_]$/, $block->name . " - said: line $_" ) for 0 .. $#patterns;
} );
run_tests();

__DATA__

=== TEST 1: nothing is said where we did nothing
--- request
GET /t
--- said
\|\|\|\|\|



=== TEST 2: a registration, a logout with its redirect, and another without a session
--- request eval
[
  SloTest::Slo::registration(client_id => 'front'),
  'GET /logout?id_token_hint=' . SloTest::Slo::hint(aud => 'front') . '&post_logout_redirect_uri=https://front.example/bye',
  'GET /logout?id_token_hint=' . SloTest::Slo::hint(aud => 'back') . '&post_logout_redirect_uri=https://back.example/bye',
]
--- error_code eval
[201, 200, 303]
--- said
.*
main\|ended\|\|https://front.example/bye\|\|[\w-]{22}
main\|.*\|\|https://back.example/bye\|\|.*



=== TEST 3: a redirect nobody registered
--- request eval
'GET /logout?client_id=back&post_logout_redirect_uri=https://evil.example/'
--- error_code: 400
--- said
main\|\w+\|redirect_not_registered\|\|\|[\w-]{22}



=== TEST 4: a body that is no form
--- request
POST /logout
{}
--- more_headers
Content-Type: application/json
--- error_code: 415
--- said
main\|\w+\|content_type_unsupported\|\|\|[\w-]{22}



=== TEST 5: a session that the API does not know
--- request eval
['GET /api/main/sessions/nobody', 'DELETE /api/main/sessions/nobody/clients/back']
--- error_code eval
[404, 404]
--- said
main\|.*\|session_unknown\|.*
main\|.*\|session_unknown\|.*



=== TEST 6: Redis frozen
--- init
SloTest::Redis::freeze();
--- request eval
'GET /logout?id_token_hint=' . SloTest::Slo::hint()
--- error_code: 503
--- said
main\|\w+\|store_(?:timeout|unreachable)\|\|\|[\w-]{22}
