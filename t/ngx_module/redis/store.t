# SPDX-License-Identifier: BSD-2-Clause
# The store's bad days: gone, frozen, overrun. Nothing is claimed, nobody waits for ever, the log is not flooded.
use strict;
use warnings;
use lib 't/lib';
use Digest::SHA qw(sha256);
use IO::Socket::UNIX;
use SloTest qw(redis);
use SloTest::Slo;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
Test::Nginx::Socket::log_level("info $ENV{TEST_NGINX_EVERY_LINE}");
receiver( a => 'ok' );
receiver( b => 'ok' );
make_key('op');
Test::Nginx::Socket::add_test_cleanup_handler( sub { SloTest::Redis::thaw() if SloTest::Redis::is_running() } );

# Takes connections, and never says a word.
my $silent = IO::Socket::UNIX->new( Local => "$ENV{TEST_NGINX_DIR}/silent.sock", Listen => 5 ) or die;

# Section `refused`: so many requests at least, and at most, were refused since too many waited.
Test::Nginx::Socket::add_test_cleanup_handler( sub {
    my $block = shift;
    my ( $least, $most ) = split ' ', $block->refused // return;
    my $count = () = read_file( Test::Nginx::Socket::server_root() . '/logs/error.log' ) =~ /slo: too many requests wait for the store/g;
    Test::More::cmp_ok( $count, '>=', $least, $block->name . ' - refused: at least' );
    Test::More::cmp_ok( $count, '<=', $most,  $block->name . ' - refused: at most' );
} );
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part() ) if !defined $block->http_config;
    $block->set_value( config => server_part() )    if !defined $block->config;
} );
sub tag_of_two { return substr base64url( sha256('https://two.example') ), 0, 22 }
sub provider_two {
    return <<"END";
slo_provider two {
    issuer         https://two.example;
    signing_key    $ENV{TEST_NGINX_DIR}/op.pem;
    session_cookie two_session;
    client plain { }
}
END
}
run_tests();

__DATA__

=== TEST 1: a store that is gone is an error line of the link's, and 503 without one for who needs it
--- init
SloTest::Redis::stop();
--- request eval
'GET /logout?id_token_hint=' . SloTest::Slo::hint()
--- error_code: 503
--- response_headers
Retry-After: 5
! Location
--- error_log eval
[qr/\[error\] [^,]*slo: store "[^"]*" cannot be reached/, qr/\[info\] .*slo: the store cannot be reached: [^,]*, provider "main"/]


=== TEST 2: a frozen store holds nobody longer than its timeout
--- init
SloTest::Redis::freeze();
--- request eval
'GET /logout?id_token_hint=' . SloTest::Slo::hint()
--- timeout: 3
--- error_code: 503
--- response_headers
Retry-After: 5
! Location


=== TEST 3: who needs no store is served
--- init
SloTest::Redis::stop();
--- request eval
['GET /jwks', 'GET /status', 'GET /logout?state=a&state=b', 'GET /logout']
--- error_code eval
[200, 200, 400, 200]


=== TEST 4: what waits for a store that says nothing is bounded (store_busy): ten thousand, and the next ones are told at once
--- http_config eval
( SloTest::Slo::http_part() =~ s{\Qunix:$ENV{TEST_NGINX_REDIS_SOCKET}\E zone=slo:256k timeout=500ms}{unix:$ENV{TEST_NGINX_DIR}/silent.sock zone=slo:256k timeout=60s}r )
  . CORE::join '', map { "slo_session main client=plain sub=alice sid=\$request_id.$_;\n" } 1 .. 220
--- config eval
SloTest::Slo::server_part() . "location = /many { return 200; }\n"
--- request eval
[ ('GET /many') x 60, 'GET /api/main/sessions/s1' ]
--- error_code eval
[ (200) x 60, 503 ]
--- response_body_like eval
[ ('') x 60, '"code":"store_busy"' ]
--- refused: 3201 3300


=== TEST 5: a store of an earlier release is left alone, and the remedy named
--- redis
HSET slo{meta}:cfg v 1 P 64
--- request eval
'GET /logout?id_token_hint=' . SloTest::Slo::hint()
--- error_code: 503
--- response_body_like: session store cannot be reached
--- no_error_log
[crit]
--- error_log eval
qr/\[emerg\] [^,]*slo: store "[^"]*" holds data of another schema: version 1, of an earlier release: run slo-migrate-store/
--- redis_after
HGETALL slo{meta}:cfg => v 1 P 64
KEYS * => slo{meta}:cfg


=== TEST 6: a store of an earlier release counts as away
--- redis
HSET slo{meta}:cfg v 1 P 64
--- request
GET /status
--- no_error_log
[crit]
--- response_body_like: (?s)slo_store_up 0


=== TEST 7: a tag that is another issuer's refuses its provider
--- redis eval
'HSET slo{meta}:iss ' . main::tag_of_two() . ' https://mallory.example'
--- http_config eval
SloTest::Slo::http_part() . main::provider_two()
--- request eval
SloTest::Slo::registration(client_id => 'plain', sid => 's-1', sub => 'alice') =~ s{/api/main}{/api/two}r
--- error_code: 503
--- response_body_like: store_schema_foreign
--- no_error_log
[crit]
--- error_log eval
qr/\[emerg\] [^,]*slo: store "[^"]*" refuses slo_provider "two" alone: the issuer of provider "two" has the same tag there as another issuer; give one of them a prefix of its own/
--- redis_after eval
'HGET slo{meta}:iss ' . main::tag_of_two() . " => https://mallory.example\nHLEN slo{meta}:iss => 2\n"


=== TEST 8: and no other provider of that store
--- redis eval
'HSET slo{meta}:iss ' . main::tag_of_two() . ' https://mallory.example'
--- http_config eval
SloTest::Slo::http_part() . main::provider_two()
--- request eval
[ SloTest::Slo::registration(client_id => 'plain', sid => 's-1', sub => 'alice'), 'GET /status' ]
--- error_code eval
[201, 200]
--- no_error_log
[crit]
--- response_body_like eval
['', '(?s)\A(?!.*slo_(?:deliveries|store)_\w+\{provider="two").*slo_store_up 1.*slo_store_new_total\{provider="main"\} 1']
