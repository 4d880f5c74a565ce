# SPDX-License-Identifier: BSD-2-Clause
# A runner that never fails proves nothing: every check of t/lib/sample/failing.t must be reported as failed.
use strict;
use warnings;
use Test::More;

my @lines = qx{$^X t/lib/sample/failing.t 2>/dev/null};
my $code  = $? >> 8;
my @failed;
for my $line (@lines) {
    next if $line !~ /^not ok \d+ - (.*)/;
    ( my $what = $1 ) =~ s{^t/lib/sample/failing\.t }{};
    push @failed, $what =~ /^(?:.*?client socket timed out.*)?(?:TEST (\d+))?/ && defined $1 ? $1 : 'time';
}
my %count;
$count{$_}++ for @failed;

is( $count{$_} // 0, 1, "TEST $_ fails once" ) for 1 .. 5, 8, 9, 11, 12;
is( $count{$_} // 0, 2, "TEST $_ fails twice" ) for 6, 7;
if ( !$ENV{TEST_NGINX_REAL} ) {    # which compares the first alone, and is content
    is( $count{$_} // 0, 1, "TEST $_ fails once" ) for 13, 14;
}
cmp_ok( ( $count{10} // 0 ) + ( $count{time} // 0 ), '>=', 2, 'TEST 10 is out of time' );
isnt( $code, 0, 'so does the exit code' ) if !$ENV{TEST_NGINX_REAL};    # it drops the code after a time-out
done_testing();
