#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every header stands on its own and has an owner: it is included by somebody, and first of all by its own .cpp.
. "$(dirname "$0")/ours.bash"

# The umbrella stands for what a header may rely on: nothing.
for header in $(ours 'core redis_schema ngx_module' '*.h'); do
  grep -q '^#pragma once' "$header" || echo "$header:1:no #pragma once" | breaches 'headers guard themselves'
  ours 'core redis_schema ngx_module t' '*.cpp' '*.h' | grep -v "^$header$" | xargs grep -qF "\"$header\"" ||
    echo "$header:1:nobody includes it" | breaches 'no unowned header'
  source=${header%.h}.cpp
  [ -f "$source" ] || continue
  first=$(grep -nm1 '^#include' "$source")
  [ "${first#*:}" = "#include \"$header\"" ] ||
    echo "$source:${first%%:*}:${first#*:}" | breaches 'the own header comes first, which proves it complete'
done
ours 'core redis_schema ngx_module t' '*.h' '*.cpp' | xargs grep -nE '^using namespace' | breaches 'no using namespace at file scope'
done_linting
