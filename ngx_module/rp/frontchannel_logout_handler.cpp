// SPDX-License-Identifier: BSD-2-Clause
// slo_frontchannel_logout: the request of an OP's iframe, by iss and sid. Front-Channel Logout 1.0, 2.
//
// Nothing proves who asks but that he knows the sid: such a mark ends that one session, and all of them
// together have a quarter of the zone.
#include <algorithm>
#include <string>
#include <utility>

#include "core/rp/frontchannel_logout.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/http/body.h"
#include "ngx_module/http/ctx.h"
#include "ngx_module/http/request.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/rp/conf.h"
#include "ngx_module/rp/directives.h"
#include "ngx_module/rp/jobs.h"
#include "ngx_module/rp/receiving.h"
#include "redis_schema/marks.h"

namespace slo::ngx {
namespace {
namespace frontchannel {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;

struct FrontchannelCtx : RequestCtx {
  FrontchannelLogout logout{};
  Mark mark{};
};

// In the order in which they are called.
void with_request(R& r);
void with_mark(R& r, Outcome<redis::MarkAnswer> marked);

void turn_away(R& r, const Refusal& why) {
  auto& ctx = ctx_of<FrontchannelCtx>(r);
  ctx.result = "refused";
  ctx.fault = why.fault;
  count(Counter::logouts_received_refused);
  report(r.connection->log, why, ctx.provider->provider.name);
  respond(r, frontchannel_not_received_page(ctx.provider->provider, why));
}

void with_wrong_method(R& r) { turn_away(r, Refusal{Fault::method_not_allowed, "GET"}); }

// Without iss the first one that may leave it out.
const ProviderConf* sender_of(const R& r, const std::string& issuer) {
  const auto& senders = senders_of(rp_loc_conf(r));
  const auto is_its = [&issuer](const ProviderConf* sender) {
    const Provider& provider = sender->provider;
    return issuer.empty() ? provider.frontchannel_iss_optional : provider.issuer.value == issuer;
  };
  const auto found = std::ranges::find_if(senders, is_its);
  return found == senders.end() ? senders.front() : *found;
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): a WithBody takes its body by value
void with_body(R& r, Outcome<std::string> body) {
  if (!body) return turn_away(r, body.error());
  with_request(r);
}

void with_request(R& r) {
  auto& ctx = ctx_of<FrontchannelCtx>(r);
  auto logout = read_frontchannel_logout(query_of(r));
  if (!logout) return turn_away(r, logout.error());
  ctx.provider = sender_of(r, logout->issuer);
  auto mark = check_frontchannel_logout(ctx.provider->provider, *logout, this_moment());
  if (!mark) return turn_away(r, mark.error());
  if (!marks()->has_room_for_unproven()) return turn_away(r, Refusal{Fault::marks_full});
  ctx.mark = *std::move(mark);
  ask(r, redis::put_mark(ctx.provider->space, ctx.mark, {.retention = ctx.provider->provider.retention}),
      with_mark);
}

void with_mark(R& r, Outcome<redis::MarkAnswer> marked) {
  if (!marked) return turn_away(r, marked.error());
  auto& ctx = ctx_of<FrontchannelCtx>(r);
  if (auto here = mark_here(*ctx.provider, ctx.mark, r.connection->log); !here)
    return turn_away(r, here.error());
  ctx.result = marked->marked == redis::Marked::now ? "ended" : "already_over";
  log_reception(r.connection->log, *ctx.provider,
                {.channel = "frontchannel", .mark = ctx.mark, .marked = marked->marked});
  respond(r, frontchannel_received_page(ctx.provider->provider));
}

}  // namespace frontchannel
}  // namespace

ngx_int_t handle_frontchannel_logout(ngx_http_request_t& r) {
  open_ctx<frontchannel::FrontchannelCtx>(r).provider = senders_of(rp_loc_conf(r)).front();
  if (r.method != NGX_HTTP_GET && r.method != NGX_HTTP_HEAD)
    return drop_body(r, frontchannel::with_wrong_method);
  return read_body(r, frontchannel::with_body);
}

}  // namespace slo::ngx
