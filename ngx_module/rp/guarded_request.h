// SPDX-License-Identifier: BSD-2-Clause
// What the guards know of a request while it lasts: their verdict, and by what it may turn out to be over.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "core/rp/guard.h"
#include "ngx_module/app/tracked_cookies.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/rp/conf.h"
#include "ngx_module/rp/evidence.h"

namespace slo::ngx {

// A place in the ring of a worker's open requests (open_requests.h).
struct OpenLink {
  OpenLink() = default;
  OpenLink(const OpenLink&) = delete;
  ~OpenLink() { unlink(); }
  bool is_linked() const noexcept { return next != nullptr; }
  void link_behind(OpenLink& other) noexcept {
    next = other.next;
    previous = &other;
    other.next = next->previous = this;
  }
  void unlink() noexcept {
    if (next == nullptr) return;
    next->previous = previous;
    previous->next = next;
    next = previous = nullptr;
  }
  OpenLink* next = nullptr;
  OpenLink* previous = nullptr;
};

// In the request's pool, so that it outlasts internal redirects, after which nginx has forgotten every ctx.
struct GuardedRequest : OpenLink {
  explicit GuardedRequest(ngx_http_request_t& request) noexcept : r(request) {}

  struct Judged {
    const GuardRule* rule = nullptr;
    ProviderMarks* part = nullptr;
    Evidence evidence{};
    ApplicationCookie by{};  // that told whose the request is, where nothing else did
  };
  std::span<const Judged> judged() const noexcept { return {all.data(), count}; }
  bool was_judged_by(const GuardRule& rule) const noexcept {
    for (const auto& one : judged())
      if (one.rule == &rule) return true;
    return false;
  }

  ngx_http_request_t& r;
  // Of the guard that said no, or the least that one of them was sure of.
  GuardVerdict verdict{.status = GuardStatus::none};
  // Those that found out which session it is; internal redirects may bring more of them than one place has.
  std::array<Judged, 2 * max_guards> all{};
  std::size_t count = 0;
  bool is_counted = false;           // as a request that names no session
  CookieAnswers* answers = nullptr;  // of its tracked cookies
};

// Null: no guard has judged this request.
GuardedRequest* find_guarded(const ngx_http_request_t& r) noexcept;

}  // namespace slo::ngx
