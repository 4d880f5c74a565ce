#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# One owner per duty: what must be right everywhere is written once, so that it can be found and checked there.
. "$(dirname "$0")/ours.bash"

all='core redis_schema ngx_module'
only_in() { # OWNERS(regex) PATTERN RULE [bare_code]
  ours "$all" '*.h' '*.cpp' | grep -vE "^($1)$" | "${4:-code}" | grep -P -e "$2" | breaches "$3"
}

only_in 'ngx_module/nginx/entry\.h' '\bcatch\s*\(' 'entry.h is the only catch' bare_code
only_in 'ngx_module/http/respond\.cpp' 'ngx_http_send_header' 'respond.cpp is the only sender' bare_code
only_in 'ngx_module/http/body\.cpp' 'ngx_http_(read|discard)_client_request_body|ngx_http_discard_request_body|ngx_http_read_unbuffered' \
  'body.cpp alone reads bodies and throws them away' bare_code
only_in 'ngx_module/(nginx/entry|[a-z]+/directives)\.(h|cpp)' '->handler\s*=.*\bhandle_|entry<handle_' \
  "a role's directives.cpp alone names its content handlers" bare_code
only_in 'ngx_module/redis/[a-z_]+\.(h|cpp)' 'ngx_event_connect_peer|\b(socket|connect|recv)\s*\(' \
  'the room redis owns the only sockets' bare_code
only_in 'ngx_module/(redis/[a-z_]+|config/store_tls)\.(h|cpp)' 'SSL_connect|SSL_read|SSL_write|ngx_ssl_handshake' 'and their TLS' bare_code
only_in 'ngx_module/redis/(store|server|confirmed_link|health_watch|link)\.(h|cpp)' '\bRedisLink\b|"ngx_module/redis/link\.h"' 'store and what it is made of alone know connections'
only_in 'redis_schema/(key|script)\.cpp' '"slo:(?! |\d+[km]")' 'key.cpp builds every key'
only_in 'core/text/html\.(h|cpp)' '&(lt|gt|amp|quot|#39);' 'html.cpp is the only escaping'
only_in 'ngx_module/nginx/ngx\.h' '#\s*include\s*<ngx_' 'ngx.h includes nginx'

# A body that is left unread is the next request: a content handler ends in read_body or drop_body, whatever it says.
ours ngx_module '*.cpp' | bare_code | perl -ne '
  $in = 1 if /:ngx_int_t handle_\w+\(/;
  print if $in && (/\breturn\b(?! (read|drop)_body\()/ || /\b(respond|send|ask|turn_away|ngx_http_finalize_request)\s*\(/);
  $in = 0 if /^[^:]*:\d+:\}/;' | breaches 'no handler answers but through body.h'

# OAuth and API error codes, as the table spells them.
codes=$(code <<<core/fault.cpp | grep -oP '"[a-z]+(_[a-z]+)+"' | sort -u | tr '\n' '|' | sed 's/|$//')
ours 'ngx_module redis_schema' '*.h' '*.cpp' | code | grep -P "$codes" | breaches 'fault.cpp owns the error codes'

ours ngx_module '*.h' '*.cpp' | code | grep -P '"\s*<(!|/?[a-z])' | breaches 'no HTML in ngx_module'
# (`exp` is a directive as well.)
ours ngx_module '*.h' '*.cpp' | code | grep -vF 'at_main(ngx_string("exp")' | grep -P '"(iss|aud|azp|jti|iat|exp|nonce|events|logout_token|id_token_hint)"' |
  breaches 'no claim or parameter names of the protocol in ngx_module'
done_linting
