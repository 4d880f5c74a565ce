// SPDX-License-Identifier: BSD-2-Clause
// The script of the check_session_iframe: answers whether a session_state holds. Session Management 1.0, 3.2.
//
// A message is `client_id session_state`; a client_id may hold blanks. Where no state is to be read the
// browser keeps it from us, or it has run out: `error`, for nobody can say that something changed. Who asks
// is part of what was hashed, so that nobody else hears `unchanged`.
#pragma once

#include <string>

namespace slo {

inline std::string check_session_script(const std::string& cookie_name) {
  return "\n'use strict'\nconst name = '" + cookie_name + R"(='
async function judge(message, origin) {
  const blank = message.lastIndexOf(' '), dot = message.lastIndexOf('.')
  if (blank < 1 || dot < blank + 2 || dot === message.length - 1) return 'error'
  const cookie = document.cookie.split('; ').find((one) => one.startsWith(name))
  if (!cookie || !crypto.subtle) return 'error'
  const said = [message.slice(0, blank), origin, cookie.slice(name.length), message.slice(dot + 1)].join(' ')
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(said)))
  const hash = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hash === message.slice(blank + 1, dot) ? 'unchanged' : 'changed'
}
addEventListener('message', async ({ data, origin, source }) => {
  if (!source || origin === 'null') return
  source.postMessage(typeof data === 'string' ? await judge(data, origin) : 'error', origin)
})
)";
}

}  // namespace slo
