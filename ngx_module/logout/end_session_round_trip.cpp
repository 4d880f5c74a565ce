// SPDX-License-Identifier: BSD-2-Clause
// RP-initiated logout: the browser goes through the OP's own end_session endpoint, and comes back.
#include <optional>
#include <string>
#include <string_view>

#include "core/op/logout_page.h"
#include "core/op/upstream_logout.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/logout/end_session_ctx.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/zone.h"
#include "redis_schema/sessions.h"
#include "redis_schema/way_back.h"

namespace slo::ngx::end_session_job {
namespace {

void with_way_back(R& r, Outcome<bool> kept);
void with_kept(R& r, Outcome<std::optional<std::string>> kept);
void with_first(R& r, Outcome<bool> first);

std::string_view key_of(const EndSessionCtx& ctx) { return way_back_of(provider_of(ctx), ctx.request); }

}  // namespace

void go_to_op(R& r) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  const Moment moment = this_moment();
  ctx.way_back = nonce(moment, 0);
  ctx.browser = nonce(moment, 1);
  ask(r,
      redis::keep_way_back(ctx.provider->space, ctx.way_back,
                           kept_way_back({.post_logout = ctx.end.post_logout, .browser = ctx.browser}),
                           way_back_life),
      with_way_back);
}

void come_back(R& r) {
  const auto& ctx = ctx_of<EndSessionCtx>(r);
  ask(r, redis::find_way_back(ctx.provider->space, key_of(ctx)), with_kept);
}

namespace {

// Without a way back the user's logout at the OP matters more than where he wanted to go.
void with_way_back(R& r, Outcome<bool> kept) {
  const auto& ctx = ctx_of<EndSessionCtx>(r);
  if (!kept) report(r.connection->log, kept.error(), provider_of(ctx).name);
  const std::string_view key = kept ? std::string_view(ctx.way_back) : std::string_view{};
  answer_end(r, {.uri = upstream_logout_location(provider_of(ctx), ctx.request, ctx.checked, key)});
}

void with_kept(R& r, Outcome<std::optional<std::string>> kept) {
  if (!kept) return turn_away(r, kept.error());
  auto& ctx = ctx_of<EndSessionCtx>(r);
  const WayBack way_back = *kept ? read_kept_way_back(**kept) : WayBack{};
  if (!is_own_way_back(way_back, ctx.request)) return with_request(r);
  ctx.end.post_logout = way_back.post_logout;
  ask(r, redis::redeem(ctx.provider->space, key_of(ctx), way_back_life, ctx.logout_id), with_first);
}

void with_first(R& r, Outcome<bool> first) {
  if (!first) return turn_away(r, first.error());
  if (!*first) return with_request(r);
  const auto& ctx = ctx_of<EndSessionCtx>(r);
  note(r, "returned", Counter::upstream_logouts_done);
  respond(r, logout_page(provider_of(ctx), Session{}, ctx.end.post_logout, {}, this_moment()));
}

}  // namespace
}  // namespace slo::ngx::end_session_job
