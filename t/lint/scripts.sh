#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A Lua script is one atomic step that Redis runs without a type checker: its head says KEYS, ARGV and what it returns, it
# uses declared keys only, and a test runs it.
. "$(dirname "$0")/ours.bash"

for script in $(ours redis_schema/scripts '*.lua'); do
  name=$(basename "$script" .lua)
  head=$(sed -n '/^--/!q;p' "$script")
  for word in KEYS ARGV '[Rr]eturns'; do
    grep -qE "$word" <<<"$head" || echo "$script:1:the head does not say $word" | breaches 'every script opens with its contract'
  done
  # Built key names could lie in another slot of a cluster.
  grep -nP "redis\.p?call\([^,]+,\s*['\"]" "$script" | sed "s|^|$script:|" | breaches 'only keys from KEYS'
  ours 'redis_schema' '*.cpp' '*.h' | xargs grep -qE "\b${name}_script\b" ||
    echo "$script:1:${name}_script" | breaches 'every script is used'
  user=$(grep -lE "\b${name}_script\b" redis_schema/*.cpp | head -1)
  user=${user%.cpp}
  compgen -G "t/${user:-none}*_test.cpp" >/dev/null || ours t '*.cpp' '*.h' | xargs grep -qE "\b${name}(_script)?\b" ||
    echo "$script:1:$name" | breaches 'every script has a test'
done
done_linting
