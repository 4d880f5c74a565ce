#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A lint that finds nothing may be blind: each is shown a copy of the tree with one breach, and has to name its file.
. "$(dirname "$0")/ours.bash"

copy=$(mktemp -d)
trap 'rm -rf "$copy" "$copy.kept"' EXIT
mapfile -t everything < <(ours . '*')
tar c "${everything[@]}" | tar x -C "$copy"

# must_notice LINT FILE TEXT: TEXT shall be appended to FILE (made if need be), in the copy only. All breaches of a
# lint are shown to it at once: a run of each for itself takes minutes.
lints=() files=() texts=()
must_notice() {
  lints+=("$1") files+=("$2") texts+=("$3")
}

# Appends the breaches of LINT, remembers on which lines each stands, and how many its file has.
commit() {
  local lint=$1 i file
  for i in "${!lints[@]}"; do
    [ "${lints[i]}" = "$lint" ] || continue
    file=${files[i]}
    if [ -z "${count[$file]-}" ] && mkdir -p "$(dirname "$copy/$file")" && [ -f "$copy/$file" ]; then
      mkdir -p "$(dirname "$copy.kept/$file")" && cp "$copy/$file" "$copy.kept/$file"
    fi
    first[i]=$(($(cat "$copy/$file" 2>/dev/null | wc -l) + 1))
    printf '%b\n' "${texts[i]}" >>"$copy/$file"
    last[i]=$(wc -l <"$copy/$file")
    count[$file]=$((${count[$file]-0} + 1))
  done
}

# A finding has to name the file; where that has several breaches, each of them by its lines.
is_named() {
  local i=$1 said=$2 line
  [ "${count[${files[i]}]}" -gt 1 ] || { grep -qF "${files[i]}:" <<<"$said" && return; }
  while IFS=: read -r line _; do
    [[ $line =~ ^[0-9]+$ ]] && [ "$line" -ge "${first[i]}" ] && [ "$line" -le "${last[i]}" ] && return
  done < <(sed -n "s|^${files[i]}:||p" <<<"$said")
  return 1
}

show() {
  local lint=$1 said i file
  local -A count=()
  local -a first=() last=()
  commit "$lint"
  said=$(bash "$copy/t/lint/$lint.sh" 2>&1)
  for i in "${!first[@]}"; do
    is_named "$i" "$said" || echo "t/lint/$lint.sh:1:blind for ${texts[i]:0:80} in ${files[i]}" | breaches 'lints see'
  done
  for file in "${!count[@]}"; do
    rm -f "$copy/$file"
    [ ! -f "$copy.kept/$file" ] || mv "$copy.kept/$file" "$copy/$file"
  done
}

spdx='// SPDX-License-Identifier: BSD-2-Clause\n// A breach.'
must_notice layers core/names.h '#include "redis_schema/key.h"'
must_notice layers core/names.h 'inline int b() { return ngx_something(); }'
must_notice layers core/names.h 'inline auto c() { return std::chrono::system_clock::now(); }'
must_notice layers core/names.h 'inline int* d() { return new int; }'
must_notice layers redis_schema/key.h 'inline void e() { redisConnect("", 0); }'
must_notice layers ngx_module/op/conf.h '#include "ngx_module/admin/conf.h"'
must_notice layers ngx_module/http/ask.h '#include "ngx_module/base/worker.h"'
must_notice owners ngx_module/op/module.cpp 'auto a = entry<handle_jwks>;'
must_notice owners ngx_module/http/ctx.h 'inline void a() { try { f(); } catch (...) {} }'
must_notice owners ngx_module/http/ctx.h 'inline auto b = "slo:{x}:s";'
must_notice owners ngx_module/http/ctx.h 'inline auto c = "invalid_request";'
must_notice owners ngx_module/http/ctx.h 'inline auto d = "<p>hello";'
must_notice owners ngx_module/http/ctx.h 'inline auto e(R* r) { return ngx_http_send_header(r); }'
must_notice owners ngx_module/http/ctx.h 'inline auto f(R* r) { return ngx_http_discard_request_body(r); }'
must_notice owners ngx_module/http/ctx.h 'inline auto g(RedisLink& link) { return link.is_up(); }'
must_notice owners ngx_module/op/jwks_handler.cpp 'ngx_int_t handle_it(R& r) {\n  if (bad(r)) return NGX_HTTP_NOT_FOUND;\n  return read_body(r, f);\n}'
must_notice owners ngx_module/op/jwks_handler.cpp 'ngx_int_t handle_it(R& r) {\n  respond(r, page);\n  return read_body(r, f);\n}'
must_notice faults core/fault.h 'enum class Fault {\n  never_heard_of,\n};'
must_notice directives ngx_module/base/module.cpp '    at_main(ngx_string("slo_unheard_of"), in_http, x),'
must_notice directives ngx_module/op/module.cpp '    at_location(ngx_string("slo_heard_of_by_nobody"), in_location, x),'
must_notice scripts redis_schema/scripts/unheard_of.lua '-- KEYS[1] x\nreturn redis.call("GET", "x")'
must_notice functions core/names.h "inline int long_one() {\n$(printf '  ;\\n%.0s' {1..70})}"
must_notice files core/unlicensed.h '#pragma once'
must_notice files core/names.h "$(printf '// x\\n%.0s' {1..300})"
must_notice dead_tests t/core/names_test.cpp 'TEST(Breach, asserts_nothing) {\n  int x = 0;\n}'
must_notice dead_tests t/lib/runner.t '=== TEST 99: x\n--- SKIP'
must_notice paths core/names.h '// see /ro''ot/notes'
must_notice headers core/unowned.h "$spdx\n#pragma once"
must_notice words core/names.h 'struct SessionManager {};'
must_notice maps core/unmapped.h "$spdx\n#pragma once"
must_notice maps core/README.md '| `never_heard_of` | nothing |'
must_notice first_lines core/wrapped.h "${spdx%.} that goes on and\n// on."
must_notice circles core/names.h '#include "core/op/hint.h"'
must_notice mirror core/untested.h "$spdx"
touch "$copy/core/untested.cpp" # whose header no test includes
must_notice links docs/breach.md '[x](no/such/file.md)'
must_notice promises README.md 'A receiver is never told twice.'
must_notice promises t/promises.md '| README.md | "nobody says this" | t/ngx_module/config/load.t: loaded |'
must_notice reference core/fault.cpp '    {SLO_FAULT(unheard_of), invalid_request, 400, info, "No.",\n     "no"},'
must_notice reference ngx_module/delivery/delivery_log.cpp 'auto b = "never heard of: ";'
must_notice format core/names.h 'inline   int  x( ){return 1 ;}'
must_notice shell demo/run 'cd $unquoted; rm $1/*'
must_notice packages packaging/debian/libnginx-mod-http-slo.docs 'docs/of-nothing.md'
must_notice packages packaging/build-deps 'libunheard-of-dev build x'
must_notice packages ngx_module/base/module.cpp '    at_main(ngx_string("slo_unheard_of"), in_http, x),'
for script in t/lint/*.sh; do
  name=$(basename "$script" .sh)
  [ "$name" = breaches_are_noticed ] || [[ " ${lints[*]} " = *" $name "* ]] || must_notice "$name" "$script" '# shown no breach'
done
for lint in $(printf '%s\n' "${lints[@]}" | sort -u); do show "$lint"; done
done_linting
