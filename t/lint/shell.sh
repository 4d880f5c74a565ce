#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Shell hides its mistakes until the day it matters; shellcheck does not. (SC2034: a loop counter may be unused.)
. "$(dirname "$0")/ours.bash"

command -v shellcheck >/dev/null || { echo 'shellcheck is missing'; exit 1; }
ours . '*' | xargs grep -lIE '^#!(/bin/|/usr/bin/env )(ba)?sh' | xargs shellcheck -x -P SCRIPTDIR -S warning -e SC2034 -f gcc | breaches 'shellcheck'
done_linting
