# SPDX-License-Identifier: BSD-2-Clause
# Runs a command and reaps whatever it leaves behind, at once.
#
# The real Test::Nginx waits for a daemon's pid to vanish; where process 1 reaps late, that costs seconds per block.
use strict;
use warnings;
require 'syscall.ph';

use constant PR_SET_CHILD_SUBREAPER => 36;    # linux/prctl.h
syscall( SYS_prctl(), PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0 ) == 0 or warn "no subreaper: $!\n";
my $main = fork // die "fork: $!\n";
if ( $main == 0 ) { exec @ARGV or die "$ARGV[0]: $!\n" }
local $SIG{$_} = sub { kill 'TERM', $main } for qw(TERM INT HUP);
while ( ( my $pid = waitpid -1, 0 ) != -1 ) {
    exit( $? & 127 ? 128 + ( $? & 127 ) : $? >> 8 ) if $pid == $main;
}
