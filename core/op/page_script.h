// SPDX-License-Identifier: BSD-2-Clause
// The scripts of our pages: that of the iframe page, and that of the check_session_iframe.
//
// The first notes which frames load, gives up on those that do not, and moves on.
//
// That a frame has loaded says nothing of what the application did, or whether it could be reached at all: an
// error page and a frame that the browser blocks load as well. So it is never called signed out.
//
// It listens before the frames exist, since a fast one may load before the page does. All frames start
// together, so one timer is the timeout of each. It only ever goes to the link that stands on the page.
// The first thing it does is to take the query, which may hold an ID Token, out of the address and the
// history.
#pragma once

#include <string>
#include <string_view>

namespace slo {

inline constexpr std::string_view page_script = R"js(
(() => {
  'use strict';
  if (location.search) history.replaceState(null, '', location.pathname);
  const settled = new Set();
  let frames = null, over = false;
  const settle = (frame, words, look) => {
    if (over || settled.has(frame)) return;
    settled.add(frame);
    const state = document.getElementById(frame.dataset.state);
    if (state) { state.textContent = words; state.className = 'state ' + look; }
  };
  const giveUp = () => frames.forEach(frame => settle(frame, 'did not answer', 'bad'));
  const finish = () => {
    if (over) return;
    giveUp();
    over = true;
    const words = document.getElementById('progress');
    const states = Array.from(document.querySelectorAll('.state'));
    words.textContent = document.querySelector('.bad') ? words.dataset.lost
      : states.every(state => state.classList.contains('good')) ? words.dataset.told : words.dataset.sent;
    const onward = document.getElementById('onward');
    if (onward) location.replace(onward.href);
  };
  const finishIfSettled = () => { if (frames && settled.size >= frames.length) finish(); };
  document.addEventListener('load', event => {
    if (event.target.tagName !== 'IFRAME') return;
    settle(event.target, 'request sent', 'sent');
    finishIfSettled();
  }, true);
  document.addEventListener('DOMContentLoaded', () => {
    const time = document.getElementById('progress').dataset;
    frames = Array.from(document.getElementsByTagName('iframe'));
    setTimeout(() => { giveUp(); finishIfSettled(); }, Number(time.timeout));
    setTimeout(finish, Number(time.total));
    finishIfSettled();
  });
})();
)js";

// Answers whether a session_state holds (Session Management 1.0, 3.2). A message is `client_id
// session_state`; a client_id may hold blanks. Where no state is to be read the browser keeps it from us, or
// it has run out: `error`, for nobody can say that something changed. Who asks is part of what was hashed, so
// that nobody else hears `unchanged`.
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
