#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Nothing depends on the machine it was written on: no path of somebody's home or workplace.
. "$(dirname "$0")/ours.bash"

ours . '*' | grep -vE '^t/lint/paths\.sh$|package-lock\.json$' | xargs -r grep -nIE '(^|[^A-Za-z0-9_.])/(work|root|home/[a-z]+|Users)/' |
  breaches 'no path of one machine'
done_linting
