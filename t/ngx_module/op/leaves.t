# SPDX-License-Identifier: BSD-2-Clause
# Who goes away before he is answered: what he ended is logged, counted and audited like any other.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Slo;
use IO::Socket::INET;
use Test::Nginx::Socket 'no_plan';
use Time::HiRes qw(sleep);

no_shuffle();
no_long_string();
Test::Nginx::Socket::log_level('info');
receiver( a => 'hang' );
receiver( b => 'ok' );
make_key('op');
add_block_preprocessor( sub {
    my $block = shift;
    $block->set_value( http_config => http_part('delivery wait=20s timeout=2s concurrency=1;')
          . "log_format result '\$request_method \$status \$slo_result';" )
      if !defined $block->http_config;
    $block->set_value( config => "access_log $ENV{TEST_NGINX_DIR}/results.log result;\n" . server_part() )
      if !defined $block->config;
} );
my $log = Test::Nginx::Socket::server_root() . '/logs/error.log';

# The lines that say what ended and what was changed, without names, numbers and what nginx adds.
sub lines {
    my @said;
    for ( split /\n/, read_file($log) ) {
        next if !/(slo: (?:logout|API write: DELETE) .*?)(?:, provider|, client: )/;
        push @said, $1 =~ s/#\w{8}/#S/gr =~ s/\d+ ms/N ms/r =~ s/logout [\w-]{16,}/logout L/r
          =~ s/(more than .*?: )\d+ told, \d+ pending/$1some told/r;
    }
    return join "\n", @said;
}

# Section `leaves`: a request whose client closes the connection 0.3 s later (`frozen`: while Redis says nothing); then `said`, the lines of the error log;
# `counted`, of slo_status; `result`, the access log's last line.
add_test_cleanup_handler( sub {
    my $block = shift;
    my $name  = $block->name;
    my $text  = ( $block->leaves // return ) =~ s/\n+\z//r;
    SloTest::Redis::freeze() if defined $block->frozen;
    my $peer  = IO::Socket::INET->new( PeerAddr => '127.0.0.1', PeerPort => Test::Nginx::Socket::server_port() ) or die;
    syswrite $peer, "$text HTTP/1.1\r\nHost: op.example\r\nCookie: op_session=c1\r\nConnection: close\r\n\r\n";
    sleep 0.3;
    close $peer;
    Test::More::is( SloTest::awaited( $block->said =~ s/\n+\z//r, \&lines ), $block->said =~ s/\n+\z//r, "$name - said" );
    my ($written) = ( $block->result // '' ) =~ /(.+)/;
    my $last = sub { ( split /\n/, read_file('results.log') )[-1] // '' };
    Test::More::is( SloTest::awaited( $written, $last ), $written, "$name - result" ) if $written;
    for my $counted ( split /\n/, $block->counted // '' ) {
        my $asked = IO::Socket::INET->new( PeerAddr => '127.0.0.1', PeerPort => Test::Nginx::Socket::server_port() ) or die;
        syswrite $asked, "GET /status HTTP/1.1\r\nHost: op.example\r\nConnection: close\r\n\r\n";
        my $answer = do { local $/; <$asked> };
        Test::More::like( $answer, qr/^\Q$counted\E$/m, "$name - counted: $counted" );
    }
} );
run_tests();

__DATA__

=== TEST 1: a logout whose user leaves while receivers are slow has its line, its count and its result
--- request eval
SloTest::Slo::registration(client_id => 'back', session_cookie => 'c1')
--- error_code: 201
--- leaves eval
'GET /logout?id_token_hint=' . SloTest::Slo::hint()
--- said
slo: logout ended: session #S, 1 client: 0 told, 1 pending, 0 failed, N ms, reason rp, logout L, the user left
--- result
GET 499 ended
--- counted
slo_logouts_ended_total 1
slo_logouts_already_over_total 0


=== TEST 2: one that waits for its answer has them once
--- http_config eval
SloTest::Slo::http_part('delivery wait=10ms;') . 'log_format result "$request_method $status $slo_result";'
--- request eval
[ SloTest::Slo::registration(client_id => 'back', session_cookie => 'c1'),
  'GET /logout?id_token_hint=' . SloTest::Slo::hint() ]
--- error_code eval
[201, 200]
--- leaves
GET /status
--- said
slo: logout ended: session #S, 1 client: 0 told, 1 pending, 0 failed, N ms, reason rp, logout L
--- counted
slo_logouts_ended_total 1


=== TEST 3: a DELETE of the API waits for no receiver, however many there are and though all of them hang
--- http_config eval
SloTest::Slo::http_part('delivery wait=20s timeout=3s concurrency=1;' .
  CORE::join( '', map { "client c$_ { backchannel_logout_uri $ENV{TEST_NGINX_RECEIVER_A}/$_; }\n" } 1 .. 40 ))
  . 'log_format result "$request_method $status $slo_result";'
--- request eval
[ map { SloTest::Slo::registration(client_id => "c$_", session_cookie => 'c1') } 1 .. 40 ]
--- error_code eval
[ (201) x 40 ]
--- leaves
DELETE /api/main/sessions/s1
--- said
slo: logout ended: session #S, more than 32 clients: some told, 0 failed, N ms, reason admin, logout L
slo: API write: DELETE session, session #S: 200, logout L
--- counted
slo_logouts_ended_total 0


=== TEST 4: a write whose caller leaves while Redis is silent is audited, too: it may yet happen
--- http_config eval
(SloTest::Slo::http_part() =~ s/timeout=500ms/timeout=3s/r) . 'log_format result "$request_method $status $slo_result";'
--- request eval
SloTest::Slo::registration(client_id => 'back')
--- error_code: 201
--- frozen
--- leaves
DELETE /api/main/users/alice/sessions
--- said
slo: API write: DELETE sessions of a user, subject #S: 499


=== TEST 5: a logout of a session of many clients names their number, though its user leaves before their turn
--- http_config eval
SloTest::Slo::http_part('delivery wait=20s timeout=3s concurrency=1;' .
  CORE::join( '', map { "client c$_ { backchannel_logout_uri $ENV{TEST_NGINX_RECEIVER_A}/$_; }\n" } 1 .. 40 ))
  . 'log_format result "$request_method $status $slo_result";'
--- request eval
[ map { SloTest::Slo::registration(client_id => "c$_", session_cookie => 'c1') } 1 .. 40 ]
--- error_code eval
[ (201) x 40 ]
--- leaves eval
'GET /logout?id_token_hint=' . SloTest::Slo::hint(aud => 'c1')
--- said
slo: logout ended: session #S, 40 clients: 0 told, 40 pending, 0 failed, N ms, reason rp, logout L, the user left
--- counted
slo_logouts_ended_total 1


=== TEST 6: nor are they few where the user is redirected before all are known
--- http_config eval
SloTest::Slo::http_part('delivery wait=10ms timeout=3s concurrency=1;' .
  CORE::join( '', map { "client c$_ { backchannel_logout_uri $ENV{TEST_NGINX_RECEIVER_A}/$_; post_logout_redirect_uris https://a.example/; }\n" } 1 .. 40 ))
  . 'log_format result "$request_method $status $slo_result";'
--- request eval
[ ( map { SloTest::Slo::registration(client_id => "c$_", session_cookie => 'c1') } 1 .. 40 ),
  'GET /logout?post_logout_redirect_uri=https://a.example/&id_token_hint=' . SloTest::Slo::hint(aud => 'c1') ]
--- more_headers
Cookie: op_session=c1
--- error_code eval
[ (201) x 40, 303 ]
--- leaves
GET /jwks
--- said
slo: logout ended: session #S, more than 32 clients: some told, 0 failed, N ms, reason rp, logout L
