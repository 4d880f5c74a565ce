// SPDX-License-Identifier: BSD-2-Clause
// A logout that came in: its mark, its mark here, the sessions that it ends, its line.
#include "ngx_module/rp/receiving.h"

#include <utility>

#include "core/names.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/marks/marks.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/zone.h"
#include "redis_schema/marks.h"

namespace slo::ngx {
namespace {
namespace receiving {  // names of this file alone, in unity builds too

struct Receiving {
  ngx_http_request_t& r;
  RequestCtx& ctx;
  Reception reception;
  WithReceived next;
  redis::Marked marked{};
};

Outcome<void> mark_here(const Receiving& on) {
  const ProviderMarks* part = marks()->part_of(*on.ctx.provider);
  if (part != nullptr && marks()->put(*part, on.reception.mark, this_second()) != Marks::Put::full) return {};
  marks()->lose(on.r.connection->log);
  return refuse(Fault::marks_full);
}

std::string ended_by(const Receiving& on, unsigned sessions) {
  if (sessions == 0) return {};
  return ", ended " + std::to_string(sessions) + (sessions == 1 ? " session" : " sessions") + ", logout " +
         on.ctx.logout_id;
}

// `slo: logout received: session #4qk2pa7x, backchannel, ended 1 session, logout …, provider "corp"`
void log_reception(const Receiving& on, unsigned sessions) {
  const Mark& mark = on.reception.mark;
  const bool is_user = mark.of == Mark::Of::sub;
  const std::string how = std::string(on.reception.channel) +
                          (on.marked == redis::Marked::now ? "" : ", once more") + ended_by(on, sessions);
  ngx_log_error(NGX_LOG_INFO, on.r.connection->log, 0, "slo: logout received: %s #%s, %s, provider \"%s\"",
                is_user ? "all sessions of user" : "session", fingerprint(mark.value).c_str(), how.c_str(),
                on.ctx.provider->provider.name.c_str());
}

void with_cascade(Receiving& on, Outcome<Cascaded> cascaded) {
  if (!cascaded) return on.next(on.r, std::move(cascaded));
  on.ctx.result = on.marked == redis::Marked::now || cascaded->sessions > 0 ? "ended" : "already_over";
  count(Counter::logouts_received);
  log_reception(on, cascaded->sessions);
  on.next(on.r, std::move(cascaded));
}

void with_mark(Receiving& on, const Outcome<redis::MarkAnswer>& answer) {
  if (!answer) return on.next(on.r, refuse(answer.error()));
  if (const auto here = mark_here(on); !here) return on.next(on.r, refuse(here.error()));
  on.marked = answer->marked;
  if (!answer->is_in_store) return with_cascade(on, Cascaded{});
  end_marked(on.r, on.ctx, on.reception.mark, on.reception.reason,
             [&on](Outcome<Cascaded> cascaded) { with_cascade(on, std::move(cascaded)); });
}

}  // namespace receiving
}  // namespace

void receive_logout(ngx_http_request_t& r, RequestCtx& ctx, Reception reception, WithReceived next) {
  auto& on = pool_new<receiving::Receiving>(
      r.pool, receiving::Receiving{.r = r, .ctx = ctx, .reception = std::move(reception), .next = next});
  const redis::MarkTerms terms{.retention = ctx.provider->provider.retention,
                               .jti = on.reception.jti,
                               .jti_life = on.reception.jti_life};
  ask<redis::MarkAnswer>(
      r, redis::put_mark(ctx.provider->space, on.reception.mark, terms),
      [&on](const Outcome<redis::MarkAnswer>& answer) { receiving::with_mark(on, answer); });
}

}  // namespace slo::ngx
