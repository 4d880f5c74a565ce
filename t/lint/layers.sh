#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# core ← redis_schema ← ngx_module, never the other way: a core that knows neither nginx nor Redis nor the clock can be
# tested as plain functions and carried into another server.
. "$(dirname "$0")/ours.bash"

includes_of() { ours "$1" '*.h' '*.cpp' '*.c' | code | grep -E ':[0-9]+: *# *include'; }
# The clients' list, which is replaced while requests and threads hold clients of it, is the one thing that is shared.
shares='^core/client/client(_list)?\.h:[0-9]+:(using Client(List)?Ref = )?std::shared_ptr<const Client(List)?>;$|<ClientListRef>'
forbid() { # ROOM PATTERN RULE
  ours "$1" '*.h' '*.cpp' | bare_code | grep -v '#include' | grep -vE "$shares" | grep -P "$2" | breaches "$3"
}

std='<[a-z_]+>|<c[a-z]+>'
core_headers='"core/[a-z0-9_/]+\.h"|<openssl/[a-z0-9_]+\.h>|<jansson\.h>|<cjose/[a-z]+\.h>|<uriparser/[A-Za-z]+\.h>|<zlib\.h>|<tl/expected\.hpp>'
effects='<(iostream|fstream|filesystem|thread|mutex|future|regex|ctime|csignal|random)>'

includes_of core | grep -vE "include ($std|$core_headers)" |
  breaches 'core may include std, OpenSSL, Jansson, cjose, uriparser, zlib, tl::expected'
includes_of redis_schema | grep -vE "include ($std|$core_headers|\"redis_schema/(servers/)?[a-z_]+\.h\"|<hiredis/(read|hiredis)\.h>|\"scripts\.inc\")" |
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

# Rooms within rooms: each may include those below it, named here, and its own. (The words of core and its text are one
# floor; that no units go in a circle, circles.sh sees to.)
declare -A below=(
  [core]='core/text' [core/text]='core'
  [core/jose]='core core/text'
  [core/client]='core core/text core/jose'
  [core/provider]='core core/text core/jose core/client'
  [core/pages]='core core/text core/client core/provider'
  [core/participation]='core core/text core/provider'
  [core/app]='core core/text core/client core/provider'
  [core/delivery]='core core/text core/jose core/client core/provider core/app'
  [core/keys]='core core/text core/jose core/provider core/delivery'
  [core/op]='core core/text core/jose core/client core/provider core/pages core/participation core/delivery'
  [core/rp]='core core/text core/jose core/client core/provider core/pages core/app'
  [core/admin]='core core/text core/client core/provider core/pages core/app core/participation core/delivery'
)
nginx='' redis='nginx' store='nginx redis' config="nginx redis store" http="nginx redis store config" delivery="nginx redis store config http"
keys="nginx redis store config http delivery"
clients="nginx redis store config http delivery keys"
marks="nginx redis store config http delivery keys clients"
app="nginx redis store config http delivery keys clients marks"
role="nginx redis store config http delivery keys clients marks"
for room in nginx redis store config http delivery keys clients marks app; do below[ngx_module/$room]=$(printf 'ngx_module/%s ' ${!room}); done
for room in base op rp admin saml; do below[ngx_module/$room]=$(printf 'ngx_module/%s ' $role); done
below[ngx_module/rp]+=' ngx_module/app '
below[ngx_module/logout]=$(printf 'ngx_module/%s ' $role op)

arrows_of() { # file:line:room:included room
  ours 'core ngx_module' '*.h' '*.cpp' | code |
    sed -nE 's|^(([^:]+)/[^/:]+:[0-9]+): *# *include "((core\|ngx_module)(/[a-z]+)?)/[^/"]+".*|\1 \2 \3|p'
}
arrows_of | while read -r place room included; do
  [[ $room == "$included" || $included == core* && $room == ngx_module* || " ${below[$room]-} " == *" $included "* ]] ||
    echo "$place:$room includes $included"
done | breaches 'a room includes those below it (the table in layers.sh)'
done_linting
