#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A map with streets that are not there misleads: relative links and anchors of the documentation lead somewhere.
. "$(dirname "$0")/ours.bash"

ours . '*.md' | xargs -r perl -ne '
  sub anchors { my $file = shift; $known{$file} //= do { open my $in, "<", $file or return {}; my %a; my $fence;
    while (<$in>) { $fence ^= 1 if /^```/; next if $fence; $a{$1} = 1 while /<a (?:id|name)="([^"]+)"/g; next if !/^#+\s+(.*?)\s*$/; my $t = lc $1;
      $t =~ s/[^\w\- ]//g; $t =~ tr/ /-/; $a{$t} = 1 } \%a } }
  $fence = 0 if $. == 1; $fence ^= 1 if /^```/; next if $fence;
  (my $dir = $ARGV) =~ s{[^/]*$}{};
  while (/\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]+)?\)/g) {
    my ($path, $anchor) = ($1, $2);
    my $target = $path eq "" ? $ARGV : "$dir$path";
    if (!-e $target) { print "$ARGV:$.:$path\n"; next }
    print "$ARGV:$.:$path$anchor\n" if defined $anchor && -f $target && !anchors($target)->{ substr $anchor, 1 };
  }
  close ARGV if eof;' | breaches 'links lead somewhere'
done_linting
