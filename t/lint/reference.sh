#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What an operator meets at 3 a.m. stands in docs/reference.md: every fault, metric, delivery error and log line of ours.
#
#   t/lint/reference.sh --write     writes the table of faults anew; the other tables are written by hand, for they say what to do
. "$(dirname "$0")/ours.bash"

reference=docs/reference.md
begin='<!-- faults: t/lint/reference.sh --write -->'
end='<!-- end of faults -->'

# The rows of core/fault.cpp. Named sentences are put in, pieces of literals joined.
faults() {
  perl -0777 -ne '
    my %named; $named{$1} = $2 while /constexpr std::string_view (\w+) =\s*"([^"]*)"/g;
    print "| `\$slo_fault`, `code` | status | level | OAuth error | says to the client | says to the log |\n|---|---|---|---|---|---|\n";
    while (/\{SLO_FAULT\((\w+)\),\s*(.*?)\},\n/gs) {
      my ($fault, $row) = ($1, $2);
      my @cells; push @cells, $1 // $named{$2} // $2 while $row =~ /((?:"(?:[^"\\]|\\.)*"\s*)+)|(\w+)/g;
      for (@cells) { s/"\s*"//g; s/^\s*"|"\s*$//g; s/\|/\\|/g }
      my ($code, $status, $level, $client, $log) = @cells;
      print "| `$fault` | $status | $level | `$code` | $client | slo: $log |\n";
    }' core/fault.cpp
}

told=$(sed -n "\|^$begin\$|,\|^$end\$|p" "$reference" | grep '^|')
if [ "${1-}" = --write ]; then
  {
    sed "\|^$begin\$|q" "$reference"
    faults
    sed -n "\|^$end\$|,\$p" "$reference"
  } >"$reference.new" && mv "$reference.new" "$reference"
  exit
fi
diff <(faults) <(printf '%s\n' "$told") | sed -nE 's/^[<>] (.*)/\1/p' | sort -u | sed "s|^|core/fault.cpp:1:|" |
  breaches "the table of faults is not that of core/fault.cpp: t/lint/reference.sh --write"

# missing FILE:LINE TEXT RULE: reports that the reference does not say `TEXT`.
missing() {
  grep -qF -- "$2" "$reference" || echo "$1:$2" | breaches "stands in $reference"
}

counters=$(sed -n '/counter_names =/,/});/p' ngx_module/nginx/zone.h | grep -oP '"\K\w+')
for counter in $counters; do missing ngx_module/nginx/zone.h:1 "\`slo_${counter}_total\`"; done
[ -n "$counters" ] || echo 'ngx_module/nginx/zone.h:1:no counters found' | breaches 'this lint reads the list'
while IFS=: read -r file line metric; do
  missing "$file:$line" "\`$metric"
done < <(grep -noP '(?<=[ "])slo_[a-z]+_[a-z_]*[a-z](?=["{ \\])' core/admin/status_page.cpp | sed 's|^|core/admin/status_page.cpp:|')
while IFS=: read -r file line counter; do
  missing "$file:$line" "\`slo_store_${counter//:/_}"
done < <(grep -noP "HINCRBY', KEYS\[\d\], '\K[a-z:]+" redis_schema/scripts/*.lua | sed -E 's/:$//' | grep -v ':1$')

# Words that operators read, of an error in the list of deliveries.
while IFS=: read -r file line text; do
  while read -r word; do missing "$file:$line" "$word"; done < <(grep -oP '(?<=return |\? |: |, |\+ )"\K, ?[a-z ]+(?=")|(?<=return |\? |: |, )"\K[a-z]+( [a-z]+)*(?= ?")' <<<"$text")
done < <(code <<<core/delivery/verdict.cpp | grep -E '"[a-z, ]+"' | grep -vE 'string_member|find\(|jitter')

# Literals that begin a line of the log, with … for what is put in.
while IFS=: read -r file line text; do
  missing "$file:$line" "$(sed -E 's/\\"%[*a-z]*\\"/"…"/g; s/%[*a-zL]*[a-zL]/…/g; s/\\"/"/g; s/[ :,]*$//' <<<"$text")"
done < <(ours ngx_module '*.cpp' '*.h' | code | grep -oP '^[^:]+:\d+:|(?<!R)"slo: \K(?:[^"\\]|\\.)*(?=")' |
  awk '/^ngx_module\// { at = $0; next } $0 != "%s" && $0 != "%*s" { print at "slo: " $0 }')
while IFS=: read -r file line text; do
  missing "$file:$line" "slo: $(sed -E 's/[ :,]*$//' <<<"$text")"
done < <(code <<<ngx_module/delivery/delivery_log.cpp | grep -oP '^[^:]+:\d+:|^\s*"\K[a-z]+ [a-z_]+ (?:[^"\\]|\\.)*(?=")|(?:, |= )"\K[a-z]+ [a-z_]+ [^"\\]*(?=")' |
  awk '/^ngx_module\// { at = $0; next } { print at $0 }')
done_linting
