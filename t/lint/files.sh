#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A file is one topic that a reader holds in mind: at most 300 lines (tests 500), licence line first, then its promise.
. "$(dirname "$0")/ours.bash"

for file in $(ours . '*.cpp' '*.h' '*.c' '*.lua' '*.sh' '*.bash' '*.t' '*.pm' '*.pl' '*.mjs' 'run' 'config' 'config.make' 'CMakeLists.txt'); do
  lines=$(wc -l <"$file")
  case $file in
    t/*.cpp | t/*.h | *.t | *.pm | *.mjs | t/run) limit=500 ;;
    *) limit=300 ;;
  esac
  [ "$lines" -le "$limit" ] || echo "$file:$lines:$lines lines" | breaches "at most $limit lines"
  spdx=$(grep -nm1 'SPDX-License-Identifier: BSD-2-Clause' "$file" | cut -d: -f1)
  if [ -z "$spdx" ] || [ "$spdx" -gt 2 ]; then
    echo "$file:1:no SPDX line" | breaches 'licence line first'
  else
    sed -n "$((spdx + 1))p" "$file" | grep -qE '^ *(//|#|--|\*|/\*) ?[^ ]' ||
      echo "$file:$((spdx + 1)):no promise" | breaches 'the first line says what the file is for'
  fi
done
done_linting
