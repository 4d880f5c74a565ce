#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A function fits on a screen: at most 60 lines. What is longer mixes asking, deciding and telling.
. "$(dirname "$0")/ours.bash"

# Knows the one format of the tree: a function opens at column 0 (a method at 2) and closes with a brace there.
lengths=$(ours 'core redis_schema ngx_module t/harness bench' '*.h' '*.cpp' | xargs perl -ne '
  BEGIN { $open = -1 }
  if ($open < 0 && /^( {0,2})[A-Za-z~\[].*\(/ && !/^ *(?:namespace|struct|class|enum|union|using|typedef|extern|return|if|for|while|switch)\b/) {
    ($head, $start, $indent) = ($_, $., length $1); $open = 0;
  }
  if ($open == 0) {
    if (/[;]\s*$/ && !/\{/) { $open = -1 }
    elsif (/\{.*\}\s*$/) { print "1 $ARGV:$start\n"; $open = -1 }
    elsif (/\{\s*$/) { $open = 1 }
  } elsif ($open == 1 && /^ {$indent}\}/) { print $. - $start + 1, " $ARGV:$start:", $head; $open = -1 }
  if (eof) { close ARGV; $open = -1 }')
awk '$1 > 60 { n = $1; $1 = ""; sub(/^ /, ""); print $0 " (" n " lines)" }' <<<"$lengths" >"${TMPDIR:-/tmp}/slo-lint.$$"
breaches 'at most 60 lines' <"${TMPDIR:-/tmp}/slo-lint.$$"
rm -f "${TMPDIR:-/tmp}/slo-lint.$$"
sort -n <<<"$lengths" | awk '{ all[NR] = $1 } END { printf "%d functions, median %d lines\n", NR, all[int((NR + 1) / 2)] }'
done_linting
