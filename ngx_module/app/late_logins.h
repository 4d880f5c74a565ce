// SPDX-License-Identifier: BSD-2-Clause
// Logins whose cookies could not be bound while the store was away: tried again until they are.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>

#include "core/moment.h"
#include "ngx_module/app/callback.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// This worker's, for as long as it lives: nothing names the session of such a login once more.
class LateLogins {
 public:
  static constexpr std::size_t at_most = 1000;
  static constexpr Millis for_so_long{60 * 60 * 1000};

  explicit LateLogins(ngx_log_t* log);

  // Beyond `at_most` it is left out, with a line.
  void add(CallbackLogin login);

 private:
  struct Late {
    CallbackLogin login;
    TimeMs until;
  };

  void keep(Late late);
  void try_again();
  void try_one(Late late);

  std::deque<Late> waiting_{};
  Event timer_;
};

// Binds its cookies, now or later; `done` is called once, when they are bound or must wait, never from
// inside. REQUIRES: there is a store().
void bind_login(CallbackLogin login, std::function<void()> done);

// init_process, where some location has slo_bind, and exit_process. REQUIRES: base's have been called before.
ngx_int_t start_late_logins(ngx_cycle_t* cycle);
void stop_late_logins(ngx_cycle_t* cycle);

}  // namespace slo::ngx
