#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A file's promise fits its line: who skims a folder reads whole sentences.
. "$(dirname "$0")/ours.bash"

ours 'core redis_schema ngx_module' '*.h' '*.cpp' | xargs awk 'FNR == 2 && !/[.:?;]$/ { print FILENAME ":2:" $0 }' |
  breaches 'the promise is a sentence of one line'
done_linting
