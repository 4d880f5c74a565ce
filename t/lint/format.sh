#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# One format, made by a machine: a diff shows what changed, not who wrote it.
. "$(dirname "$0")/ours.bash"

command -v clang-format >/dev/null || { echo 'clang-format is missing'; exit 1; }
ours 'core redis_schema ngx_module t bench' '*.h' '*.cpp' | xargs clang-format --dry-run 2>&1 | grep -E '^[^ ]+:[0-9]+:[0-9]+: ' |
  sort -u -t: -k1,1 | breaches 'clang-format -i'
done_linting
