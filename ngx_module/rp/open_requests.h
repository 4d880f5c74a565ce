// SPDX-License-Identifier: BSD-2-Clause
// Requests that guards let pass and that are not over yet: they end when their session does.
//
// WebSockets, event streams and long answers. All requests of guarded locations are in the ring; most are
// over before it is looked at, which is done only when something has been marked since, and every few
// milliseconds.
#pragma once

#include <cstdint>

#include "ngx_module/marks/marks.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/rp/guarded_request.h"

namespace slo::ngx {

class OpenRequests {
 public:
  // REQUIRES: marks and log outlive it.
  OpenRequests(const Marks& marks, ngx_log_t* log);
  ~OpenRequests();
  OpenRequests(const OpenRequests&) = delete;

  // It was judged behind `changes` of the marks.
  void add(GuardedRequest& request, std::uint64_t changes);
  bool is_empty() const noexcept { return ring_.next == &ring_; }

 private:
  void look();
  void end(GuardedRequest& request);

  const Marks& marks_;
  OpenLink ring_{};
  std::uint64_t changes_ = 0;  // of the marks, when they were looked at
  Event look_;
};

}  // namespace slo::ngx
