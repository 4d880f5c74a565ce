#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A name says what a thing is; Manager, Helper and their like say that nobody knew.
. "$(dirname "$0")/ours.bash"

empty='[Mm]anager|[Hh]elper|[Uu]til(s|ity|ities)?'
ours 'core redis_schema ngx_module t docs demo packaging bench' '*' | grep -E "/[^/]*($empty)[^/]*$" | sed 's/$/:1:/' | breaches 'file names'
ours 'core redis_schema ngx_module t bench' '*.h' '*.cpp' | code |
  grep -P "\b(class|struct|enum class|namespace)\s+\w*($empty|Data|Info|Process)\b" | breaches 'type names'
done_linting
