# SPDX-License-Identifier: BSD-2-Clause
# slo_logout where nothing but an application's tracked cookies says whose session it is.
use strict;
use warnings;
use lib 't/lib';
use SloTest qw(redis);
use SloTest::Slo;
use SloTest::Rp;
use SloTest::App;
use Test::Nginx::Socket 'no_plan';

no_shuffle();
no_long_string();
Test::Nginx::Socket::log_level('info');
receiver( a => 'ok' );
receiver( b => 'ok' );
make_key('op');
my $gone = 'Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT';

# Sections: `visits` (PRESS is a press by its user, GONE how a cookie is expired), `out` (the button), `guard` (above it), `says` (a
# pattern of the error log, awaited), `says_not`.
add_block_preprocessor( sub {
    my $block = shift;
    my $op    = $block->op    // '';
    my $guard = $block->guard // 'slo_guard main;';
    my $out   = $block->out   // 'slo_logout main local then=/gone;';
    $block->set_value( http_config => http_part("client_id gateway; $op") );
    $block->set_value( config => server_part() . rp_part() . app_part() . <<"END" );
    $guard
    slo_cookie lib_session lib_more track;
    slo_cookie login;
    location /app/ { slo_guard main sid=\$arg_sid sub=\$arg_sub since=\$arg_since; proxy_set_header X-Status \$slo_status;
        proxy_pass http://127.0.0.1:$ENV{TEST_NGINX_PORT}/told?\$args; }
    location /told  { slo_guard off; return 200; }
    location = /out { $out }
END
    my $visits = $block->visits;
    $visits =~ s/PRESS/Sec-Fetch-Site: same-origin/g;
    $visits =~ s/GONE/$gone/g;
    $block->set_value( visits => $visits );
    SloTest::App::visit($block);
} );
add_test_cleanup_handler( sub {
    my $block = shift;
    my $wanted = $block->says;
    my $read = sub { SloTest::read_file( Test::Nginx::Socket::server_root() . '/logs/error.log' ) };
    for ( 1 .. 60 ) { last if !defined $wanted || $read->() =~ /$wanted/; select undef, undef, undef, 0.05 }
    Test::More::like( $read->(), qr/$wanted/, $block->name . ' - says' ) if defined $wanted;
    Test::More::unlike( $read->(), qr/${\ $block->says_not }/, $block->name . ' - says not' ) if defined $block->says_not;
} );
run_tests();

__DATA__

=== TEST 1: a press ends the session of the cookie, and expires all that slo_cookie names
--- visits
/app/?sid=g1 <- lib_session=x => 200
/app/?sid=g2 <- lib_session=y => 200
/out <- lib_session=x; login=l; other=o <- PRESS => 303
   sets lib_session=; Path=/; GONE
   sets login=; Path=/; GONE
/app/?sid=g1 => 401
/app/ <- lib_session=x => 401
/app/ <- lib_session=y => 200, saw [ok|lib_session=y]
GET /status => 200
--- no_error_log
[warn]
[error]


=== TEST 2: it has its line, as every logout that came in
--- visits
/app/?sid=g1 <- lib_session=x => 200
/out <- lib_session=x <- PRESS => 303
--- says chomp
\[info\].* slo: logout received: session #[\w-]{8}, button, ended 1 session, logout [\w-]+, provider "main"


=== TEST 3: it leads to the OP where it is not local
--- op: end_session https://op.example/bye;
--- out: slo_logout main then=/gone;
--- visits
/app/?sid=g1 <- lib_session=x => 200
/out <- lib_session=x <- PRESS => 303
/app/?sid=g1 => 401


=== TEST 4: of a cookie whose session has no sid, all that its user has begun ends
--- visits
/app/?sub=ann <- lib_session=x => 200
/out <- lib_session=x <- PRESS => 303
/app/ <- lib_session=x => 401
/app/?sub=ann => 401
/app/?sub=bob => 200


=== TEST 5: of cookies of two sessions the first that lives counts; the other session is somebody's who is not here
--- visits
/app/?sid=g1 <- lib_session=x => 200
/app/?sid=g2 <- lib_more=y => 200
/app/?sid=g3 <- lib_more=z => 200
/out <- lib_session=x; lib_more=y <- PRESS => 303
   sets lib_more=; Path=/; GONE
   sets lib_session=; Path=/; GONE
/app/?sid=g1 => 401
/app/?sid=g2 => 200
/out <- lib_session=x; lib_more=y <- PRESS => 303
   sets lib_session=; Path=/; GONE
   sets lib_more=; Path=/; GONE
/app/?sid=g2 => 401
/app/?sid=g3 => 200


=== TEST 6: who is out already may press it once more
--- visits
/app/?sid=g1 <- lib_session=x => 200
logout sid=g1
/out <- lib_session=x <- PRESS => 303
   sets lib_session=; Path=/; GONE
--- says chomp
button, once more, provider "main"


=== TEST 7: where nothing names a session nothing ends, the cookies go all the same, and the line says so
--- visits
/app/?sid=g1 <- lib_session=x => 200
/out <- lib_session=unknown; login=l <- PRESS => 303
   sets lib_session=; Path=/; GONE
   sets login=; Path=/; GONE
/out <- PRESS => 303
   sets nothing
/app/?sid=g1 => 200
--- says chomp
slo: a logout ends nothing here, as no session is known: slo_logout is "local", provider "main"
--- says_not chomp
a logout ends here


=== TEST 8: also where the browser goes on to the OP
--- op: end_session https://op.example/bye;
--- out: slo_logout main;
--- visits
/out <- lib_session=unknown <- PRESS => 303
   sets lib_session=; Path=/; GONE
--- says chomp
slo: a logout ends nothing here, as no session is known: the browser goes on to the OP, provider "main"


=== TEST 9: what the request itself names counts first
--- guard: slo_guard main sid=$arg_sid;
--- visits
/app/?sid=g1 <- lib_session=x => 200
/out?sid=g2 <- lib_session=x <- PRESS => 303
   sets lib_session=; Path=/; GONE
/app/?sid=g1 => 200
/app/?sid=g2 => 401
/out <- lib_session=x <- PRESS => 303
/app/?sid=g1 => 401


=== TEST 10: a token that names nobody leaves it to the cookies
--- out: slo_logout main local token=$arg_token;
--- visits
/app/?sid=g1 <- lib_session=x => 200
/out?token=x <- lib_session=x <- PRESS => 303
/app/?sid=g1 => 401


=== TEST 11: while the store is away nothing is claimed
--- init
SloTest::Redis::stop();
--- visits
/out <- lib_session=x; login=l <- PRESS => 503
   sets nothing
/out <- login=l <- PRESS => 303
   sets login=; Path=/; GONE


=== TEST 12: a HEAD, a link of another site, and a return end nothing
--- visits
/app/?sid=g1 <- lib_session=x => 200
HEAD /out <- lib_session=x <- PRESS => 303
   sets nothing
/out <- lib_session=x <- Sec-Fetch-Site: cross-site => 200
   sets nothing
/out?state=x <- lib_session=x <- PRESS => 303
/app/?sid=g1 <- lib_session=x => 200, saw [ok|lib_session=x]


=== TEST 13: the application sees its own cookies at its logout, and not those of another session
--- out: slo_logout main local; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told?set=seen=1;
--- visits
/app/?sid=g1 <- lib_session=x => 200
/app/?sid=g2 <- lib_more=y => 200
/out <- lib_session=x; lib_more=y <- PRESS => 303
   sets seen=1
   sets lib_more=; Path=/; GONE
   sets lib_session=; Path=/; GONE
--- says chomp
slo: kept cookies of another session from the application: 1, provider "main"


=== TEST 14: under a guard that only tells nothing is kept from the application
--- guard: slo_guard main dry_run;
--- out: slo_logout main local; proxy_pass http://127.0.0.1:$TEST_NGINX_PORT/told;
--- visits
/app/?sid=g1 <- lib_session=x => 200
/app/?sid=g2 <- lib_more=y => 200
/out <- lib_session=x; lib_more=y <- PRESS => 303
/app/?sid=g1 => 401
/app/?sid=g2 => 200
--- says_not chomp
kept cookies
