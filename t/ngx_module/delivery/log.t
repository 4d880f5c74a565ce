# SPDX-License-Identifier: BSD-2-Clause
# What an operator reads at the level that Debian ships, `error`: lost logouts, a carrier that cannot deliver, the store
# gone and back; and how often.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Logged;
use SloTest::Slo;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
Test::Nginx::Socket::log_level('error');
receiver( a => 'ok' );
receiver( b => '400' );
make_key('op');
make_key('other');
write_file( 'others.json', jwks('other') );
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part() ) if !defined $block->http_config;
    $block->set_value( config => server_part() )    if !defined $block->config;
} );

my $log = Test::Nginx::Socket::server_root() . '/logs/error.log';

look_at_logged();

# Section `lines`: a number and a text: so many lines hold it.
add_test_cleanup_handler( sub {
    my $block = shift;
    my ( $number, $text ) = ( $block->lines // return ) =~ /^(\d+) (.+)/;
    my @found = grep { index( $_, $text ) >= 0 } split /\n/, read_file($log);
    Test::More::is( scalar @found, $number, $block->name . " - lines: $text" ) or Test::More::diag( join "\n", @found );
} );

# Section `dead`: how many dead letters there are in the end, and how many lines tell of them.
add_test_cleanup_handler( sub {
    my $block = shift;
    my ( $dead, $told ) = split ' ', $block->dead // return;
    my $count = sub {
        my ($sum) = SloTest::Redis::redis_command( 'EVAL',
            'local n = 0 for _, k in ipairs(redis.call("KEYS", "*:dl")) do n = n + redis.call("ZCARD", k) end return n', 0 );
        return $sum;
    };
    Test::More::is( SloTest::awaited( $dead, $count ), $dead, $block->name . ' - dead: dead letters' );
    my @lines = read_file($log) =~ /\[error\] [^\n]*gave up a delivery: 400 /g;
    Test::More::is( scalar @lines, $told, $block->name . ' - dead: lines' );
} );
run_tests();

__DATA__

=== TEST 1: a dead letter is an error line, with client, session and reason
--- request eval
[ SloTest::Slo::registration(client_id => 'both'), 'DELETE /api/main/sessions/s1' ]
--- error_code eval
[201, 200]
--- wait: 0.5
--- dead: 1 1
--- logged eval
qr/\[error\] [^,]*slo: gave up a delivery: 400 invalid_request, attempt 1, provider "main", client "both", session #\w{8}/
--- no_error_log
s1
alice
[alert]


=== TEST 2: a receiver that refuses everything cannot flood the log
--- request eval
[ map { ( SloTest::Slo::registration(client_id => 'both', sid => "s$_"), "DELETE /api/main/sessions/s$_" ) } 1 .. 14 ]
--- error_code eval
[ (201, 200) x 14 ]
--- dead: 14 10


=== TEST 3: a delivery that is tried again is no error
--- http_config eval
SloTest::Slo::http_part("client away { backchannel_logout_uri http://127.0.0.1:1/; }\n")
--- request eval
[ SloTest::Slo::registration(client_id => 'away'), 'DELETE /api/main/sessions/s1' ]
--- error_code eval
[201, 200]
--- wait: 0.5
--- no_error_log
[error]
[alert]


=== TEST 4: a carrier without a resolver is an error: nothing is wrong with the receiver
--- http_config eval
SloTest::Slo::http_part("client named { backchannel_logout_uri http://receiver.example/; }\n") . $ENV{TEST_NGINX_NO_RESOLVER}
--- request eval
[ SloTest::Slo::registration(client_id => 'named'), 'DELETE /api/main/sessions/s1' ]
--- error_code eval
[201, 200]
--- wait: 0.5
--- logged eval
qr/\[error\] [^,]*slo: the location of slo_deliver cannot deliver: 502: no resolver defined to resolve receiver\.example, provider "main"/


=== TEST 5: an outage ends in the log where it began
--- init
SloTest::Redis::freeze();
if (!fork) { sleep 2; SloTest::Redis::thaw(); require POSIX; POSIX::_exit(0) }
--- request
GET /logout?id_token_hint=x
--- wait: 4
--- error_code: 400
--- error_log eval
[qr/\[error\] [^,]*slo: store "[^"]*" cannot be reached/, qr/\[error\] [^,]*slo: store "[^"]*" is reachable/]


=== TEST 6: a start with a store that answers is no error
--- request
GET /jwks
--- wait: 0.5
--- no_error_log
[error]


=== TEST 7: tokens that are refused for their key are one line in a minute, however many (signing_key)
--- http_config eval
SloTest::Slo::http_part("jwks $ENV{TEST_NGINX_DIR}/others.json;")
--- request eval
[ map { ( SloTest::Slo::registration(client_id => 'both', sid => "s$_"), "DELETE /api/main/sessions/s$_" ) } 1 .. 4 ]
--- error_code eval
[ (201, 200) x 4 ]
--- dead: 4 4
--- lines: 1 a receiver refused a logout token whose "signing_key" is not in "jwks"


=== TEST 8: and so is a carrier that cannot deliver
--- http_config eval
SloTest::Slo::http_part("client named { backchannel_logout_uri http://receiver.example/; }\nclient also { backchannel_logout_uri http://receiver.example/; }\n") . $ENV{TEST_NGINX_NO_RESOLVER}
--- request eval
[ map { ( SloTest::Slo::registration(client_id => $_, sid => $_), "DELETE /api/main/sessions/$_" ) } qw(named also) ]
--- error_code eval
[ (201, 200) x 2 ]
--- wait: 0.3
--- lines: 1 slo: the location of slo_deliver cannot deliver
