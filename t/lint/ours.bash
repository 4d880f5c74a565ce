# SPDX-License-Identifier: BSD-2-Clause
# What every lint shares: which files are ours, code without comments, and findings as file:line.
# shellcheck shell=bash
set -uo pipefail
shopt -s lastpipe # breaches counts in this shell, also at the end of a pipe
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
findings=0

# Our files of the given names below the given folders: ours 'core ngx_module' '*.h' '*.cpp'.
ours() {
  local folders names=() pattern
  read -ra folders <<<"$1"
  shift
  for pattern in "$@"; do names+=(-o -name "$pattern"); done
  find "${folders[@]}" \( -name .git -o -name 'build*' -type d -o -name node_modules -o -name servroot \) -prune -o \
    -type f \( "${names[@]:1}" \) -print | sed 's|^\./||' | sort
}

# Files on stdin → `file:line:code` with comments blanked; strings stay.
code() { strip 1; }

# The same without the contents of strings, raw ones included.
bare_code() { strip 0; }

strip() {
  KEEP_STRINGS=$1 xargs -r perl -0777 -ne '
    my $keep = $ENV{KEEP_STRINGS};
    s{(R"(\w*)\(.*?\)\2"|"(?:[^"\\\n]|\\.)*"|\x27(?:[^\x27\\\n]|\\.)+\x27)|//[^\n]*|/\*.*?\*/}{
      my ($string, $all) = ($1, $&);
      my $line = 1 + rindex $_, "\n", $-[0] - 1;
      my $include = substr($_, $line, $-[0] - $line) =~ /#\s*include\s*$/;
      defined $string && ($keep || $include) ? $string : (defined $string ? q("") : "") . $all =~ s/[^\n]//gr
    }gse;
    my $n = 0; print "$ARGV:", ++$n, ":$_\n" for split /\n/, $_, -1; '
}

# Reports lines `file:line:text` from stdin, each as a breach of RULE.
breaches() { # RULE
  local line
  while IFS= read -r line; do
    printf '%s  [%s]\n' "$line" "$1"
    findings=$((findings + 1))
  done
}

done_linting() { [ "$findings" -eq 0 ]; }
