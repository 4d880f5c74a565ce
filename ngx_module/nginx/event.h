// SPDX-License-Identifier: BSD-2-Clause
// Event: a timer or posted event of nginx that calls us back; destroyed, it never does.
#pragma once

#include <functional>
#include <utility>

#include "core/moment.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

class Event {
 public:
  // `work` is called through the wall, never from inside post() or after(). It may destroy this Event.
  Event(ngx_log_t* log, std::function<void()> work);
  ~Event() { cancel(); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void post();               // later in this turn of the event loop
  void post_next();          // in the next turn
  void after(Millis delay);  // replaces a time set before
  void cancel() noexcept;
  bool is_set() const noexcept { return event_.timer_set || event_.posted; }
  // A worker that was told to quit waits for timers, unless they may be left.
  void may_be_left() noexcept { event_.cancelable = 1; }

 private:
  // Debug logging reads the owner of an event as a connection, for its descriptor.
  struct Owner {
    void* as_in_a_connection[3] = {};
    ngx_socket_t fd = -1;
    Event* wake = nullptr;
  };
  static void fire(ngx_event_t* event) noexcept;

  Owner owner_{};
  ngx_event_t event_{};
  std::function<void()> work_;
};

}  // namespace slo::ngx
