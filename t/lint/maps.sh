#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every unit stands on its room's map, and every name on a map is a unit: who knows the maps alone finds where to change what.
. "$(dirname "$0")/ours.bash"

# `room/unit` of a map: its headings say the room (none: the top), its tables' first column the units.
map_of() { # TOP
  awk -v top="$1" '
    /^## / {
      rooms = ""
      for (n = split($0, words, /[^a-z_\/]+/); n > 0; --n)
        if (words[n] ~ /\/$/) rooms = rooms " " top "/" words[n]
      if (rooms == "") rooms = top "/"
    }
    /^\| `/ {
      split($0, cells, "|")
      for (n = split(cells[2], names, "`"); n > 1; n -= 2)
        for (r = split(rooms, each, " "); r > 0; --r) print each[r] names[n - 1]
    }' "$1/README.md"
}

for top in core ngx_module; do
  declare -A mapped=()
  while read -r unit; do mapped[$unit]=1; done < <(map_of "$top")
  [ "${#mapped[@]}" -gt 20 ] || echo "$top/README.md:1:only ${#mapped[@]} units found" | breaches 'this lint reads the maps'
  ours "$top" '*.h' '*.cpp' | while read -r file; do
    [ -n "${mapped[${file%.*}]-}" ] || echo "$file:1:not on the map"
  done | breaches "every unit is on its room's map, $top/README.md"
  for unit in "${!mapped[@]}"; do
    name=${unit##*/}
    compgen -G "$top/$name.*" >/dev/null || compgen -G "$top/*/$name.*" >/dev/null || echo "$top/README.md:1:$name"
  done | breaches 'a map names what there is'
  unset mapped
done
done_linting
