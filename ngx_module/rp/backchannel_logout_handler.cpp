// SPDX-License-Identifier: BSD-2-Clause
// slo_backchannel_logout: an OP's logout token, step by step.
//
// Back-Channel Logout 1.0, 2.5 to 2.8. 200 says that the session is over on every worker of this host and
// recorded for the others, and that its clients in the store are owed their logout; anything else is 400, and
// the OP may try again.
#include <string>
#include <utility>

#include "core/rp/received_logout.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/http/body.h"
#include "ngx_module/http/ctx.h"
#include "ngx_module/http/request.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/keys/key_fetcher.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/rp/conf.h"
#include "ngx_module/rp/directives.h"
#include "ngx_module/rp/jobs.h"
#include "ngx_module/rp/receiving.h"

namespace slo::ngx {
namespace {
namespace backchannel {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;

struct BackchannelCtx : RequestCtx {
  std::string token{};
  std::optional<ngx_msec_t> keys_until{};
  KeyFetcher::Waiting keys{};
};

// In the order in which they are called.
void with_wrong_method(R& r);
void with_body(R& r, Outcome<std::string> body);
void with_token(R& r);
bool waits_for_keys(R& r, const Refusal& why);
void with_received(R& r, Outcome<Cascaded> received);

void turn_away(R& r, const Refusal& why) {
  auto& ctx = ctx_of<BackchannelCtx>(r);
  ctx.result = "refused";
  ctx.fault = why.fault;
  count(Counter::logouts_received_refused);
  report(r.connection->log, for_log(r, why), ctx.provider == nullptr ? "" : ctx.provider->provider.name);
  respond(r, logout_not_received_page(why));
}

void with_wrong_method(R& r) { turn_away(r, Refusal{Fault::method_not_allowed, "POST"}); }

// Whose token it says it is; what is of nobody is judged by the first one's rules, which refuse it.
const ProviderConf* sender_of(const R& r, const std::string& token) {
  const auto& senders = senders_of(rp_loc_conf(r));
  const std::string issuer = senders.size() > 1 ? claimed_issuer(token) : std::string();
  for (const ProviderConf* sender : senders) {
    if (sender->provider.issuer.value == issuer) return sender;
  }
  return senders.front();
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): a WithBody takes its body by value
void with_body(R& r, Outcome<std::string> body) {
  if (!body) return turn_away(r, body.error());
  auto& ctx = ctx_of<BackchannelCtx>(r);
  auto token = read_logout_token(find_header(r, "content-type"), *body);
  if (!token) return turn_away(r, token.error());
  ctx.token = *std::move(token);
  ctx.provider = sender_of(r, ctx.token);
  with_token(r);
}

void with_token(R& r) {
  auto& ctx = ctx_of<BackchannelCtx>(r);
  key_fetcher()->take_newest(*ctx.provider);
  auto logout = check_logout_token(ctx.provider->provider, ctx.token, this_moment());
  if (!logout && waits_for_keys(r, logout.error())) return;
  if (!logout) return turn_away(r, logout.error());
  receive_logout(
      r, ctx,
      {.channel = "backchannel", .mark = logout->mark, .jti = logout->jti, .jti_life = logout->jti_life},
      with_received);
}

// The OP may have just begun to use a key: the token is judged anew when its keys have been fetched.
bool waits_for_keys(R& r, const Refusal& why) {
  auto& ctx = ctx_of<BackchannelCtx>(r);
  const auto time = key_wait_left(ctx.keys_until);
  if (time <= Millis{0} || !key_fetcher()->may_help(*ctx.provider, why)) return false;
  PendingAsk& pending = hold_request(r);
  key_fetcher()->wait(*ctx.provider, time, ctx.keys,
                      [&r, &pending] { go_on(r, pending, [&r] { with_token(r); }); });
  return true;
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): a WithReceived takes it by value
void with_received(R& r, Outcome<Cascaded> received) {
  if (!received) return turn_away(r, received.error());
  respond(r, logout_received_page());
}

}  // namespace backchannel
}  // namespace

ngx_int_t handle_backchannel_logout(ngx_http_request_t& r) {
  open_ctx<backchannel::BackchannelCtx>(r);
  if (r.method != NGX_HTTP_POST) return drop_body(r, backchannel::with_wrong_method);
  return read_body(r, backchannel::with_body);
}

}  // namespace slo::ngx
