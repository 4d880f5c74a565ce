#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A failure nobody has seen is a guess: every Fault is produced or expected by name in some test, and by the code.
. "$(dirname "$0")/ours.bash"

faults=$(code <<<core/fault.h | sed -n '/enum class Fault/,/};/p' | sed -E 's/^([^:]+:[0-9]+):/\1 /' |
  perl -ne 'next if /enum class/; my ($at, $rest) = /^(\S+) (.*)/ or next; print "$at $_\n" for $rest =~ /\b([a-z]\w+)\b/g')
tests=$(ours t '*_test.cpp' '*.t' '*.mjs' '*.h' | grep -v '/fault_test\.cpp$')
sources=$(ours 'core redis_schema ngx_module' '*.cpp' '*.h' | grep -v '^core/fault\.')
while read -r at fault; do
  # shellcheck disable=SC2086
  grep -qwE "$fault" $tests || echo "$at:$fault is in no test" | breaches 'every Fault is produced by some test'
  # shellcheck disable=SC2086
  grep -qwE "$fault" $sources || echo "$at:$fault is never produced" | breaches 'no dead Fault'
done <<<"$faults"
[ -n "$faults" ] || echo 'core/fault.h:1:no faults found' | breaches 'this lint reads the enum'
done_linting
