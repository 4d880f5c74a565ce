#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Installs those packages of packaging/build-deps that the named tasks need and that are missing; silent if none is.
#
#   packaging/install-missing.sh build run
#   packaging/install-missing.sh --list build test      # only says what is missing
#
# As root or with sudo. Services of the installed packages are not started.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
policy=/usr/sbin/policy-rc.d
only_list=
if [ "${1-}" = --list ]; then
  only_list=1
  shift
fi
[ $# -gt 0 ] || { echo "usage: $0 [--list] TASK…" >&2; exit 2; }

packages_for() {
  local wanted=" $* " name tasks task
  while read -r name tasks _; do
    case $name in '' | '#'*) continue ;; esac
    for task in ${tasks//,/ }; do
      if [[ $wanted == *" $task "* ]]; then
        echo "$name"
        break
      fi
    done
  done <"$here/build-deps"
}

is_there() {
  local package=${1%%\?*} command=${1#*\?}
  if [ "$command" != "$1" ] && command -v "$command" >/dev/null; then return 0; fi
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ]
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Packages ask this script before they start a service; 101 means no.
forbid_services() {
  [ -e "$policy" ] && return
  trap allow_services EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
}
allow_services() { as_root rm -f "$policy"; }

install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 \
    -o Acquire::Retries=3 "$@" </dev/null
}

missing=()
for entry in $(packages_for "$@"); do
  is_there "$entry" || missing+=("${entry%%\?*}")
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ -n "$only_list" ]; then
  printf '%s\n' "${missing[@]}"
  exit 0
fi
if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
  echo "missing, and neither root nor sudo to install them: apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi
echo "installing: ${missing[*]}"
forbid_services
# Package lists may be absent or older than the archive.
as_root apt-get update -q -o Acquire::Retries=3 </dev/null
install "${missing[@]}"
