// SPDX-License-Identifier: BSD-2-Clause
// Ends requests whose session has ended, as nginx ends those whose client takes nothing any more.
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
  for (OpenLink* link = ring_.next; link != &ring_;) {
    auto& request = *static_cast<GuardedRequest*>(link);
    link = link->next;
    if (has_ended(marks_, request, now)) end(request);
  }
}

// Whatever reads from its client or writes to it finds that time is over, and gives both sides up.
void OpenRequests::end(GuardedRequest& request) {
  request.unlink();
  ngx_connection_t* c = request.r.connection;
  count(Counter::guard_closed);
  ngx_log_error(NGX_LOG_INFO, c->log, 0, "slo: the session of an open request has ended");
  for (ngx_event_t* event : {c->read, c->write}) {
    event->delayed = 0;
    event->timedout = 1;
    ngx_post_event(event, &ngx_posted_events);
  }
}

}  // namespace slo::ngx
