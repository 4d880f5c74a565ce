// SPDX-License-Identifier: BSD-2-Clause
// Event: a timer or posted event of nginx that calls us back; destroyed, it never does.
#include "ngx_module/nginx/event.h"

#include <algorithm>

namespace slo::ngx {

Event::Event(ngx_log_t* log, std::function<void()> work) : work_(std::move(work)) {
  owner_.wake = this;
  event_.data = &owner_;
  event_.handler = fire;
  event_.log = log;
}

// nginx's macros are several statements each: always in braces.
void Event::post() {
  if (!event_.posted) {
    ngx_post_event(&event_, &ngx_posted_events);
  }
}

void Event::post_next() {
  if (!event_.posted) {
    ngx_post_event(&event_, &ngx_posted_next_events);
  }
}

void Event::after(Millis delay) {
  // nginx keeps a timer that is set and differs by less than 300 ms.
  if (event_.timer_set) {
    ngx_del_timer(&event_);
  }
  ngx_add_timer(&event_, static_cast<ngx_msec_t>(std::max<Millis::rep>(delay.count(), 0)));
}

void Event::cancel() noexcept {
  if (event_.timer_set) {
    ngx_del_timer(&event_);
  }
  if (event_.posted) {
    ngx_delete_posted_event(&event_);
  }
}

void Event::fire(ngx_event_t* event) noexcept {
  guarded(event->log, [event] {
    std::function<void()> work =
        static_cast<Owner*>(event->data)->wake->work_;  // the original may not survive it
    work();
  });
}

}  // namespace slo::ngx
