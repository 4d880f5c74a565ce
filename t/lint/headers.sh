#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every header stands on its own and has an owner: it is included by somebody, and first of all by its own .cpp.
. "$(dirname "$0")/ours.bash"

# Includes as `file:line:#include…`, of all files at once: asking file by file takes a minute.
includes=$(ours 'core redis_schema ngx_module t' '*.cpp' '*.h' | xargs grep -nE '^#include')
declare -A included first
while IFS=: read -r file line text; do
  [ -n "${first[$file]-}" ] || first[$file]=$line:$text
  [[ $text != *'"'*'"'* ]] || { text=${text#*\"} && text=${text%%\"*} && [ "$text" = "$file" ] || included[$text]=1; }
done <<<"$includes"

# The umbrella stands for what a header may rely on: nothing.
headers=$(ours 'core redis_schema ngx_module' '*.h')
xargs grep -L '^#pragma once' <<<"$headers" | sed 's/$/:1:no #pragma once/' | breaches 'headers guard themselves'
for header in $headers; do
  [ -n "${included[$header]-}" ] || echo "$header:1:nobody includes it" | breaches 'no unowned header'
  source=${header%.h}.cpp
  [ -f "$source" ] || continue
  own=${first[$source]-1:none}
  [ "${own#*:}" = "#include \"$header\"" ] ||
    echo "$source:$own" | breaches 'the own header comes first, which proves it complete'
done
ours 'core redis_schema ngx_module t' '*.h' '*.cpp' | xargs grep -nE '^using namespace' | breaches 'no using namespace at file scope'
done_linting
