#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A package is built seldom, and by strangers: what its lists name is there, its manual page knows every directive, its build
# names what ours needs, and the version is one.
. "$(dirname "$0")/ours.bash"

version=$(packaging/dist --version)
head -n 1 CHANGES | grep -qF "Changes with slo $version," || echo "CHANGES:1:not $version" | breaches 'the version of CMakeLists.txt'
debian=packaging/debian
head -n 1 $debian/changelog | grep -qF "libnginx-mod-http-slo ($version-" ||
  echo "$debian/changelog:1:not $version" | breaches 'the version of CMakeLists.txt'

for list in "$debian"/*.install "$debian"/*.docs "$debian"/*.examples "$debian"/*.manpages; do
  line=0
  while read -r pattern _; do
    line=$((line + 1))
    compgen -G "$pattern" >/dev/null || echo "$list:$line:$pattern"
  done <"$list"
done | breaches 'is there'

page=packaging/man/ngx_http_slo_module.7
described=$(sed 's/\\f[BIR]/ /g' $page)
ours ngx_module 'module.cpp' | code | grep -E 'ngx_string\("slo_' | while IFS=: read -r file line text; do
  name=$(grep -oP 'ngx_string\("\K[a-z_]+' <<<"$text")
  grep -qw "$name" <<<"$described" || echo "$file:$line:$name, in $page"
done | breaches 'every directive stands in the manual page'

# Libraries of the task `build`, but that of the unit tests.
awk '$2 == "build" && /^(lib|cmake|zlib)/ && $1 != "libgtest-dev" { print FILENAME ":" FNR, $1 }' packaging/build-deps |
  while read -r where name; do
    grep -qE "^ $name( |,|$)" $debian/control || echo "$where:$name, in $debian/control"
  done | breaches 'the package builds with what packaging/build-deps names'
done_linting
