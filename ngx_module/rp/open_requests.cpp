// SPDX-License-Identifier: BSD-2-Clause
// Ends requests whose session has ended.
#include "ngx_module/rp/open_requests.h"

#include <algorithm>

#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/zone.h"

namespace slo::ngx {
namespace {

constexpr Millis between_looks{15};

bool has_ended(const Marks& marks, const GuardedRequest& request, TimeS now) noexcept {
  return std::ranges::any_of(request.judged(), [&](const GuardedRequest::Judged& judged) {
    if (judged.rule->is_dry_run) return false;
    const Findings findings =
        find_marks(marks, judged.evidence, now, judged.rule->provider->provider.retention);
    return judge(findings, {}, false).status == GuardStatus::ended;
  });
}

}  // namespace

OpenRequests::OpenRequests(const Marks& marks, ngx_log_t* log)
    : marks_(marks), look_(log, [this] { look(); }) {
  ring_.next = ring_.previous = &ring_;
  look_.may_be_left();
}

OpenRequests::~OpenRequests() {
  while (ring_.next != &ring_) ring_.next->unlink();
}

void OpenRequests::add(GuardedRequest& request, std::uint64_t changes) {
  if (!request.is_linked()) request.link_behind(ring_);
  if (look_.is_set()) return;
  changes_ = changes;
  look_.after(between_looks);
}

void OpenRequests::look() {
  if (is_empty()) return;
  look_.after(between_looks);
  const std::uint64_t changes = marks_.changes();
  if (changes == changes_) return;
  changes_ = changes;
  const TimeS now = this_second();
  OpenLink seen;  // a ring of its own, for who ends one request may end others
  seen.next = seen.previous = &seen;
  while (ring_.next != &ring_) {
    auto& request = *static_cast<GuardedRequest*>(ring_.next);
    request.unlink();
    request.link_behind(seen);
    if (has_ended(marks_, request, now)) end(request);
  }
  while (seen.next != &seen) {
    OpenLink& link = *seen.next;
    link.unlink();
    link.link_behind(ring_);
  }
  seen.next = seen.previous = nullptr;
}

// As nginx ends a request whose client is gone: whoever answers it, and whatever it waits for, is called off.
// One reference is ours: an upstream that is called off gives one back, and the request must not be over
// then.
void OpenRequests::end(GuardedRequest& request) {
  request.unlink();
  ngx_connection_t* c = request.r.connection;
  count(Counter::guard_closed);
  ngx_log_error(NGX_LOG_INFO, c->log, 0, "slo: the session of an open request has ended");
  ++request.r.count;
  ngx_http_finalize_request(&request.r, NGX_HTTP_CLOSE);
  ngx_http_run_posted_requests(c);
}

}  // namespace slo::ngx
