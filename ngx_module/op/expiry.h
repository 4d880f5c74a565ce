// SPDX-License-Identifier: BSD-2-Clause
// Claims sessions that are due and ends them, so that an expired session is a logout that everybody hears of.
//
// One worker per host sweeps, once a second; a claim is a lease, so hosts may sweep side by side and a crash
// between claim and end only delays.
#pragma once

#include "core/session.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

class Expiry {
 public:
  Expiry(const MainConf& conf, ngx_log_t* log);
  ~Expiry();
  Expiry(const Expiry&) = delete;

 private:
  // nginx's debug log reads a timer's data as a connection: three pointers, then a descriptor.
  struct Timer {
    void* connection_shape[3]{};
    ngx_socket_t fd = static_cast<ngx_socket_t>(-1);
    ngx_event_t event{};
    Expiry* owner = nullptr;
  };

  static void tick(ngx_event_t* event) noexcept;
  void sweep();
  void end_due(const ProviderConf& provider, const SessionKey& key);
  void arm() noexcept;

  const MainConf& conf_;
  ngx_log_t* log_;
  Timer timer_{};
};

}  // namespace slo::ngx
