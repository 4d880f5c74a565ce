#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A test that cannot fail is a lie: each asserts something, none is switched off, none is the only one that runs.
. "$(dirname "$0")/ours.bash"

ours t '*_test.cpp' | xargs -r perl -0777 -ne '
  while (/^(TEST(?:_F|_P)?\(\s*\w+,\s*(\w+)\s*\)\s*\{)([^\n]*\}$|.*?^\})/gms) {
    my ($name, $body, $line) = ($2, $3, 1 + (substr($_, 0, $-[0]) =~ tr/\n//));
    print "$ARGV:$line:$name\n" if $body !~ /\b(?:EXPECT|ASSERT)_|\bFAIL\(|ADD_FAILURE|\b(?:expect|check|require|verify)\w*\(/;
  }' | breaches 'a test asserts something'
ours t '*_test.cpp' | code | grep -E 'TEST[_FP]*\(.*DISABLED_' | breaches 'no disabled test: GTEST_SKIP says why'
ours t '*.t' | xargs -r grep -nE '^--- (SKIP|ONLY|LAST)\b' | breaches 'no block switched off or singled out'
ours t '*.mjs' | xargs -r grep -nE '\b(test|it|describe)\.(skip|only|todo)\b|(skip|only|todo): *true' | breaches 'no journey switched off'
ours t '*.t' | while read -r suite; do
  grep -q '^__DATA__' "$suite" || continue
  grep -q '^run_tests();' "$suite" || echo "$suite:1:run_tests() is never called"
done | breaches 'a suite runs its blocks'
done_linting
