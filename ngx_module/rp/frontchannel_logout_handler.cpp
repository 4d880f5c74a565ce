// SPDX-License-Identifier: BSD-2-Clause
// slo_frontchannel_logout: the request of an OP's iframe, by iss and sid. Front-Channel Logout 1.0, 2.
//
// Nothing proves who asks but that he knows the sid: such a mark ends that one session, here and in the
// store, and all of them together have a quarter of the zone. Those of its clients that only a browser can
// tell have their iframes in the answer.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/rp/frontchannel_logout.h"
#include "ngx_module/app/cookies.h"
#include "ngx_module/delivery/deliver_and_wait.h"
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

namespace slo::ngx {
namespace {
namespace frontchannel {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;

struct FrontchannelCtx : RequestCtx {
  std::optional<redis::Ended> session{};
  Batch::Waiting nobody{};
};

// In the order in which they are called.
void with_request(R& r);
void with_received(R& r, Outcome<Cascaded> received);
void with_participants(R& r, const std::vector<Told>&);

void turn_away(R& r, const Refusal& why) {
  auto& ctx = ctx_of<FrontchannelCtx>(r);
  ctx.result = "refused";
  ctx.fault = why.fault;
  count(Counter::logouts_received_refused);
  report(r.connection->log, for_log(r, why), ctx.provider->provider.name);
  respond(r, frontchannel_not_received_page(ctx.provider->provider, why));
}

void with_wrong_method(R& r) { turn_away(r, Refusal{Fault::method_not_allowed, "GET, HEAD"}); }

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
  receive_logout(r, ctx, {.channel = "frontchannel", .mark = *std::move(mark)}, with_received);
}

// Of a session with many clients those are still to be looked up whom an iframe tells.
void with_received(R& r, Outcome<Cascaded> received) {
  if (!received) return turn_away(r, received.error());
  auto& ctx = ctx_of<FrontchannelCtx>(r);
  ctx.session = std::move(received->session);
  end_application_cookies(r);
  if (!ctx.session || !ctx.session->ending.lacks_participants) return with_participants(r, {});
  ctx.nobody = deliver_and_wait(r, *ctx.provider, *ctx.session, {.for_everyone = true}, with_participants);
}

void with_participants(R& r, const std::vector<Told>&) {
  const auto& ctx = ctx_of<FrontchannelCtx>(r);
  respond(r, frontchannel_received_page(ctx.provider->provider,
                                        ctx.session ? ctx.session->ending.session : Session{}));
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
