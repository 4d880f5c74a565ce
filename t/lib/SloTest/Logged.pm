# SPDX-License-Identifier: BSD-2-Clause
# Section `logged`: patterns, each of which matches a line of the block, whichever of its requests was the cause.
# (The runner's own error_log looks at each request's lines alone.)
package SloTest::Logged;

use strict;
use warnings;
use Exporter qw(import);
use SloTest ();
use Test::More ();

our @EXPORT = qw(look_at_logged);

# After `use Test::Nginx::Socket`.
sub look_at_logged {
    my $log = Test::Nginx::Socket::server_root() . '/logs/error.log';
    Test::Nginx::Socket::add_test_cleanup_handler( sub {
        my $block    = shift;
        my $patterns = $block->logged // return;
        my @lines    = split /\n/, SloTest::read_file($log);
        for my $pattern ( ref $patterns eq 'ARRAY' ? @$patterns : $patterns =~ s/\n\z//r ) {
            Test::More::ok( scalar( grep { /$pattern/ } @lines ), $block->name . " - logged: $pattern" )
              or Test::More::diag( join "\n", @lines );
        }
    } );
    return;
}

1;
