#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A directive that stands in no manual cannot be used, and one in no suite may not work: each is in both; so are the
# variables.
. "$(dirname "$0")/ours.bash"

found=0
suites=$(ours t '*.t')
while IFS=: read -r file line text; do
  name=$(grep -oP 'ngx_string\("\K[a-z_]+' <<<"$text") || continue
  [ "$name" != include ] || continue
  found=$((found + 1))
  shown=$name
  [ "$file" != ngx_module/base/variables.cpp ] || shown="\\\$$name"
  grep -qE "^#+ .*$shown\b|^\| *\`$shown\`|\`$shown\`" docs/directives.md || echo "$file:$line:$name" |
    breaches 'every directive and variable stands in docs/directives.md'
  # shellcheck disable=SC2086
  grep -qE "(^|[^a-z_])$name\b" $suites /dev/null || echo "$file:$line:$name" | breaches 'every directive and variable stands in a .t'
done < <(ours ngx_module 'module.cpp' 'variables.cpp' | code | grep ngx_string)
[ "$found" -gt 30 ] || echo "ngx_module/base/module.cpp:1:only $found directives and variables found" | breaches 'this lint reads the tables'
done_linting
