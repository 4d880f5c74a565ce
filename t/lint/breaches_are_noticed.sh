#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A lint that finds nothing may be blind: each is shown a copy of the tree with one breach, and has to name its file.
. "$(dirname "$0")/ours.bash"

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mapfile -t everything < <(ours . '*')
tar c "${everything[@]}" | tar x -C "$copy"

# must_notice LINT FILE TEXT: appends TEXT to FILE (made if need be), in the copy only.
must_notice() {
  local lint=$1 file=$copy/$2 said
  mkdir -p "$(dirname "$file")"
  if [ -f "$file" ]; then cp "$file" "$copy/saved"; else rm -f "$copy/saved"; fi
  printf '%b\n' "$3" >>"$file"
  said=$(bash "$copy/t/lint/$lint.sh" 2>&1)
  grep -qF "$2:" <<<"$said" || echo "t/lint/$lint.sh:1:blind for $3 in $2" | breaches 'lints see'
  if [ -f "$copy/saved" ]; then cp "$copy/saved" "$file"; else rm -f "$file"; fi
}

spdx='// SPDX-License-Identifier: BSD-2-Clause\n// A breach.'
must_notice layers core/names.h '#include "redis_schema/key.h"'
must_notice layers core/names.h 'inline int b() { return ngx_something(); }'
must_notice layers core/names.h 'inline auto c() { return std::chrono::system_clock::now(); }'
must_notice layers core/names.h 'inline int* d() { return new int; }'
must_notice layers redis_schema/key.h 'inline void e() { redisConnect("", 0); }'
must_notice owners ngx_module/visit.h 'inline void a() { try { f(); } catch (...) {} }'
must_notice owners ngx_module/visit.h 'inline auto b = "slo:{x}:s";'
must_notice owners ngx_module/visit.h 'inline auto c = "invalid_request";'
must_notice owners ngx_module/visit.h 'inline auto d = "<p>hello";'
must_notice owners ngx_module/visit.h 'inline auto e(R* r) { return ngx_http_send_header(r); }'
must_notice owners ngx_module/visit.h 'inline auto f(R* r) { return ngx_http_discard_request_body(r); }'
must_notice owners ngx_module/jwks_handler.cpp 'ngx_int_t handle_it(R& r) {\n  if (bad(r)) return NGX_HTTP_NOT_FOUND;\n  return read_body(r, f);\n}'
must_notice owners ngx_module/jwks_handler.cpp 'ngx_int_t handle_it(R& r) {\n  respond(r, page);\n  return read_body(r, f);\n}'
must_notice faults core/fault.h 'enum class Fault {\n  never_heard_of,\n};'
must_notice directives ngx_module/module.cpp '    at_main(ngx_string("slo_unheard_of"), http, x),'
must_notice scripts redis_schema/scripts/unheard_of.lua '-- KEYS[1] x\nreturn redis.call("GET", "x")'
must_notice functions core/names.h "inline int long_one() {\n$(printf '  ;\\n%.0s' {1..70})}"
must_notice files core/unlicensed.h '#pragma once'
must_notice files core/names.h "$(printf '// x\\n%.0s' {1..300})"
must_notice dead_tests t/core/names_test.cpp 'TEST(Breach, asserts_nothing) {\n  int x = 0;\n}'
must_notice dead_tests t/lib/runner.t '=== TEST 99: x\n--- SKIP'
must_notice paths core/names.h '// see /ro''ot/notes'
must_notice headers core/unowned.h "$spdx\n#pragma once"
must_notice words core/names.h 'struct SessionManager {};'
touch "$copy/core/untested.cpp"
must_notice mirror core/untested.h "$spdx"
rm "$copy/core/untested.cpp"
must_notice links docs/breach.md '[x](no/such/file.md)'
must_notice promises README.md 'A receiver is never told twice.'
must_notice promises t/promises.md '| README.md | "nobody says this" | t/ngx_module/load.t: loaded |'
must_notice reference core/fault.cpp '    {SLO_FAULT(unheard_of), invalid_request, 400, info, "No.",\n     "no"},'
must_notice reference ngx_module/delivery_log.cpp 'auto b = "never heard of: ";'
must_notice format core/names.h 'inline   int  x( ){return 1 ;}'
must_notice shell demo/run 'cd $unquoted; rm $1/*'
done_linting
