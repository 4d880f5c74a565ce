#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Compares the listener's output on the sample tests line by line, and its exit codes.
#
#   t/harness/sample/run.sh BINARY
set -u
here=$(cd "$(dirname "$0")" && pwd)
binary=$1
failed=0

# Line numbers move with every edit; that they are numbers is enough.
said=$("$binary" | sed -E 's/^([^:]+):[0-9]+:/\1:LINE:/; s/line [0-9]+;/line LINE;/')
if ! diff -u "$here/expected.txt" <(printf '%s\n' "$said"); then
  echo "t/harness/sample/expected.txt:1: the listener's output differs"
  failed=1
fi

expect_code() {
  local wanted=$1
  shift
  "$binary" "$@" >/dev/null 2>&1
  local got=$?
  if [ "$got" -ne "$wanted" ]; then
    echo "$0: exit code $got instead of $wanted for: $*"
    failed=1
  fi
}
expect_code 1
expect_code 0 --gtest_filter=Sample.passes
expect_code 0 --gtest_filter=Sample.says_why_it_is_skipped
expect_code 2 --no-such-flag
exit $failed
