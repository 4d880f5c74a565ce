#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A file is one topic that a reader holds in mind: at most 300 lines (tests 500), licence line first, then its promise; and a
# folder is one room, of at most 20 units.
. "$(dirname "$0")/ours.bash"

files=$(ours . '*.cpp' '*.h' '*.c' '*.lua' '*.sh' '*.bash' '*.t' '*.pm' '*.pl' '*.mjs' 'run' 'config' 'config.make' 'CMakeLists.txt')
for file in $files; do [ -s "$file" ] || echo "$file:1:empty" | breaches 'licence line first'; done
xargs perl -ne '
    if ($. == 1) { ($spdx, $promised) = (0, 0) }
    $promised = 1 if $spdx == $. - 1 && $spdx && m{^ *(?://|#|--|\*|/\*) ?[^ ]};
    $spdx ||= $. if /SPDX-License-Identifier: BSD-2-Clause/;
    next unless eof;
    my $most = $ARGV =~ m{^t/.*\.(?:cpp|h)$|\.(?:t|pm|mjs)$|^t/run$} ? 500 : 300;
    print "$ARGV:$.:$. lines, at most $most\n" if $. > $most;
    if (!$spdx || $spdx > 2) { print "$ARGV:1:no SPDX line\n" }
    elsif (!$promised) { printf "%s:%d:no promise of what it is for\n", $ARGV, $spdx + 1 }
    close ARGV' <<<"$files" | breaches 'a file is one topic, its licence and promise come first'
for folder in core redis_schema ngx_module core/* ngx_module/*; do
  [ -d "$folder" ] || continue
  units=$(find "$folder" -maxdepth 1 -name '*.cpp' -o -maxdepth 1 -name '*.h' | sed -E 's|.*/||; s|\.[a-z]+$||' | sort -u | wc -l)
  [ "$units" -le 20 ] || echo "$folder:$units units"
done | breaches 'a folder has at most 20 units'
done_linting
