// SPDX-License-Identifier: BSD-2-Clause
// The script of the iframe page: notes which frames load, gives up on those that do not, and moves on.
//
// That a frame has loaded says nothing of what the application did, or whether it could be reached at all: an
// error page and a frame that the browser blocks load as well. So it is never called signed out.
//
// It listens before the frames exist, since a fast one may load before the page does. All frames start
// together, so one timer is the timeout of each. It only ever goes to the link that stands on the page.
// The first thing it does is to take the query, which may hold an ID Token, out of the address and the
// history.
#pragma once

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

}  // namespace slo
