#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# core ← redis_schema ← ngx_module, never the other way: a core that knows neither nginx nor Redis nor the clock can be
# tested as plain functions and carried into another server.
. "$(dirname "$0")/ours.bash"

includes_of() { ours "$1" '*.h' '*.cpp' '*.c' | code | grep -E ':[0-9]+: *# *include'; }
forbid() { # ROOM PATTERN RULE
  ours "$1" '*.h' '*.cpp' | bare_code | grep -v '#include' | grep -P "$2" | breaches "$3"
}

std='<[a-z_]+>|<c[a-z]+>'
core_headers='"core/[a-z0-9_/]+\.h"|<openssl/[a-z0-9_]+\.h>|<jansson\.h>|<cjose/[a-z]+\.h>|<uriparser/[A-Za-z]+\.h>|<tl/expected\.hpp>'
effects='<(iostream|fstream|filesystem|thread|mutex|future|regex|ctime|csignal|random)>'

includes_of core | grep -vE "include ($std|$core_headers)" |
  breaches 'core may include std, OpenSSL, Jansson, cjose, uriparser, tl::expected'
includes_of redis_schema | grep -vE "include ($std|$core_headers|\"redis_schema/[a-z_]+\.h\"|<hiredis/(read|hiredis)\.h>|\"scripts\.inc\")" |
  breaches 'redis_schema may include core and the reader of hiredis'
includes_of 'core redis_schema' | grep -E "include $effects" | breaches 'no clock, dice, thread, file or regex here'

forbid core 'ngx_|\bredis' 'core knows neither nginx nor Redis'
for room in core redis_schema; do
  forbid $room '\btime\(|clock::now|RAND_|gettimeofday|clock_gettime' "$room has neither clock nor dice"
  forbid $room '\b(fopen|ifstream|ofstream|getenv|socket|connect|recv|sendto|fork|system|sleep|usleep)\s*\(' "$room does no I/O"
  forbid $room '\bthrow\b|\bnew\b(?! *\()|(?<!= )(?<!operator )\bdelete\b|shared_ptr|\bvirtual\b' \
    "no throw, new, delete, shared_ptr, inheritance in $room"
done
forbid redis_schema 'ngx_|redisConnect|redisAsync|redisCommand\b' 'redis_schema has no socket'
forbid ngx_module '\bshared_ptr|(?<!::)\bnew\b(?! *\()|(?<!= )(?<!operator )\bdelete\b(?!;)' \
  'ngx_module owns by pool_new, unique_ptr or the stack'
done_linting
