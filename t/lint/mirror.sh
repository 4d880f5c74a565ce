#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# t/ mirrors the house: who changes core/X finds its tests in t/core/X_test.cpp, and no test outlives what it tested.
. "$(dirname "$0")/ours.bash"

# Parts that are tested through the one part that uses them.
through='core/op/frontchannel.h:op/logout_page core/client/metadata.h:client/client_metadata core/pages/page_frame.h:op/refusal_page'

for room in $(find core redis_schema -name '*.h' -exec dirname {} + | sort -u); do
  for header in "$room"/*.h; do
    [ -f "${header%.h}.cpp" ] || continue
    [[ " $through " != *" $header:"* ]] || continue
    compgen -G "t/${header%.h}*_test.cpp" >/dev/null || grep -qF "\"$header\"" "t/$room"/*_test.cpp ||
      echo "$header:1:no t/${header%.h}_test.cpp" | breaches 'every part of a room has a test'
  done
  for test in "t/$room"/*_test.cpp; do
    [ -f "$test" ] || continue
    grep -qE "^#include \"($room|t)/" "$test" || echo "$test:1:includes nothing of $room" | breaches 'a test lies beside what it tests'
  done
done
for entry in $through; do
  [ -f "${entry%.h:*}.h" ] && [ -f "t/core/${entry#*:}_test.cpp" ] || echo "${entry%:*}:1:${entry#*:}" | breaches 'the list above is true'
done
for handler in ngx_module/*/*_handler.cpp; do
  name=$(basename "$handler" _handler.cpp) room=$(basename "$(dirname "$handler")")
  [ -f "t/ngx_module/$room/$name.t" ] || head -q -n 3 t/ngx_module/*/*.t | grep -q "slo_$name" ||
    echo "$handler:1:no t/ngx_module/$room/$name.t" | breaches 'every handler has its suite, or is named at the top of one'
done
done_linting
