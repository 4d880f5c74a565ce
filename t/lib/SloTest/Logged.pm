# SPDX-License-Identifier: BSD-2-Clause
# Section `logged`: patterns, each of which matches a line of the block, whichever of its requests was the cause; section
# `logged_once`: each matches one line, no more.
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
        my $block = shift;
        my @lines = split /\n/, SloTest::read_file($log);
        for my $section (qw(logged logged_once)) {
            my $patterns = $block->$section // next;
            for my $pattern ( ref $patterns eq 'ARRAY' ? @$patterns : $patterns =~ s/\n\z//r ) {
                my $found = grep { /$pattern/ } @lines;
                Test::More::ok( $section eq 'logged' ? $found > 0 : $found == 1, $block->name . " - $section: $pattern" )
                  or Test::More::diag( join "\n", @lines );
            }
        }
    } );
    return;
}

1;
