#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# No units in a circle: what X.h and X.cpp include is understood without them, so there is an order to read in.
. "$(dirname "$0")/ours.bash"

arrows() { # of a room: `unit unit`
  ours "$1" '*.h' '*.cpp' | code | sed -nE 's|^([^:]+)\.[a-z]+:[0-9]+: *# *include "([^"]+)\.h".*|\1 \2|p' |
    awk -v room="$1/" '$1 != $2 && index($2, room) == 1' | sort -u
}

for room in core redis_schema ngx_module; do
  arrows "$room" | tsort 2>&1 >/dev/null | sed -n 's|^tsort: \([a-z].*\)$|\1.h:1:in a circle|p' | breaches 'no circle of units'
done
done_linting
