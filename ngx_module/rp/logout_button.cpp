// SPDX-License-Identifier: BSD-2-Clause
// slo_logout, step by step: who presses, whose session that is, its mark, and where the browser goes.
#include "ngx_module/rp/logout_button.h"

#include <string>
#include <utility>

#include "core/rp/way_out.h"
#include "ngx_module/app/cookies.h"
#include "ngx_module/config/role.h"
#include "ngx_module/http/request.h"
#include "ngx_module/keys/key_fetcher.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/rp/evidence.h"
#include "ngx_module/rp/guarded_request.h"
#include "ngx_module/rp/jobs.h"
#include "ngx_module/rp/receiving.h"
#include "redis_schema/key.h"

namespace slo::ngx {
namespace {
namespace logout_button {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;

// In the order in which they are called.
ngx_int_t press_button(R& r);
ngx_int_t begin(R& r, const LogoutRule& rule);
void judge(R& r, ButtonCtx& ctx);
void turn_away(R& r, ButtonCtx& ctx, const Refusal& why);
void come_back(R& r, ButtonCtx& ctx);
void read_evidence(R& r, ButtonCtx& ctx);
void with_received(R& r, Outcome<Cascaded> received);
void set_out(R& r, ButtonCtx& ctx);
ngx_int_t let_answer(R& r, const ButtonCtx& ctx);

bool is_https(const R& r) {
#if (NGX_HTTP_SSL)
  return r.connection->ssl != nullptr;
#else
  return false;
#endif
}

CookieScope cookie_of(const R& r, const LogoutRule& rule) {
  return way_out_cookie(rule.path, is_https(r) || rule.post_logout_redirect_uri.starts_with("https:"));
}

std::vector<std::string> cookies_of(const R& r, const LogoutRule& rule) {
  return find_request_cookies(r, cookie_of(r, rule).name);
}

ButtonRequest button_request(const R& r, const LogoutRule& rule) {
  ButtonRequest request{.method = view(r.method_name),
                        .is_https = is_https(r),
                        .host = find_header(r, "host"),
                        .origin = find_header(r, "origin"),
                        .referer = find_header(r, "referer"),
                        .site = find_header(r, "sec-fetch-site"),
                        .mode = find_header(r, "sec-fetch-mode"),
                        .dest = find_header(r, "sec-fetch-dest")};
  for (const std::string_view name : {"sec-purpose", "purpose", "x-moz"}) {
    if (request.purpose.empty()) request.purpose = find_header(r, name);
  }
  request.has_state = returned_state(query_of(r)).has_value();
  request.has_set_out = !cookies_of(r, rule).empty();
  return request;
}

ngx_int_t press_button(R& r) {
  const LogoutRule* rule = rp_loc_conf(r).button;
  if (rule == nullptr || &r != r.main || rp_jobs() == nullptr) return NGX_DECLINED;
  const ButtonCtx* ctx = find_button(r);
  return ctx == nullptr ? begin(r, *rule) : let_answer(r, *ctx);
}

// A request that a guard had let pass before it was led here lives until it has its answer.
ngx_int_t begin(R& r, const LogoutRule& rule) {
  auto& ctx = open_ctx<ButtonCtx>(r);
  ctx.rule = &rule;
  ctx.provider = rule.provider;
  r.disable_not_modified = 1;
  if (GuardedRequest* guarded = find_guarded(r)) guarded->unlink();
  judge(r, ctx);
  if (ctx.is_decided) return let_answer(r, ctx);
  receive_logout(r, ctx, {.channel = "button", .mark = *ctx.mark, .reason = "rp"}, with_received);
  return NGX_AGAIN;
}

void show(ButtonCtx& ctx, Page page) {
  ctx.page = std::move(page);
  ctx.is_decided = true;
}

void judge(R& r, ButtonCtx& ctx) {
  const ButtonRequest request = button_request(r, *ctx.rule);
  const auto press = judge_press(request);
  if (!press) return turn_away(r, ctx, press.error());
  if (*press == Press::returns) return come_back(r, ctx);
  if (*press == Press::asks) {
    ctx.result = "asked";
    return show(ctx, press_question_page(request.host, raw_path(r)));
  }
  read_evidence(r, ctx);
  if (r.method == NGX_HTTP_HEAD || !ctx.mark) set_out(r, ctx);
}

void turn_away(R& r, ButtonCtx& ctx, const Refusal& why) {
  ctx.result = "refused";
  ctx.fault = why.fault;
  count(Counter::logouts_received_refused);
  report(r.connection->log, for_log(r, why), ctx.provider->provider.name);
  show(ctx, press_refused_page(why));
}

void come_back(R& r, ButtonCtx& ctx) {
  const std::string state = returned_state(query_of(r)).value_or("");
  if (!is_own_return(ctx.provider->provider, state, cookies_of(r, *ctx.rule))) {
    ngx_log_error(NGX_LOG_INFO, r.connection->log, 0,
                  "slo: a browser came back from the OP with no state of its own, provider \"%s\"",
                  ctx.provider->provider.name.c_str());
  }
  show(ctx, return_page(ctx.rule->then, cookie_of(r, *ctx.rule)));
}

// What its token names, else what the guard of the same provider would judge it by.
void read_evidence(R& r, ButtonCtx& ctx) {
  const Provider& provider = ctx.provider->provider;
  if (auto token = read_button_token(provider, value_of(r, ctx.rule->token))) {
    ctx.token = *std::move(token);
    ctx.mark = mark_of_press(ctx.token.claims.sid, ctx.token.claims.sub, this_second());
  }
  for (const GuardRule* guard : rp_loc_conf(r).guards) {
    if (ctx.mark || guard->provider != ctx.provider) continue;
    if (const auto claims = read_guard_token(provider, value_of(r, guard->token)))
      ctx.mark = mark_of_press(claims->sid, claims->sub, this_second());
    if (!ctx.mark) ctx.mark = mark_of_press(value_of(r, guard->sid), value_of(r, guard->sub), this_second());
  }
  if (!ctx.mark) ctx.result = "unknown";
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): a WithReceived takes it by value
void with_received(R& r, Outcome<Cascaded> received) {
  auto& ctx = ctx_of<ButtonCtx>(r);
  if (received) {
    end_application_cookies(r);
    set_out(r, ctx);
  } else {
    turn_away(r, ctx, received.error());
  }
  r.write_event_handler = ngx_http_core_run_phases;
  ngx_http_core_run_phases(&r);
}

std::string endpoint_of(const ButtonCtx& ctx) {
  const std::string& configured = ctx.provider->provider.end_session_endpoint;
  if (ctx.rule->is_local) return {};
  return configured.empty() ? key_fetcher()->end_session_endpoint(*ctx.provider) : configured;
}

void tell_local(const R& r, const ButtonCtx& ctx) {
  const bool is_wanted = ctx.rule->is_local;
  const bool is_first =
      !is_wanted && !noted(redis::hash_of("no end_session endpoint " + ctx.provider->space.issuer),
                           this_second(), Seconds{3600});
  const ngx_uint_t level = is_first ? NGX_LOG_WARN : NGX_LOG_INFO;
  ngx_log_error(level, r.connection->log, 0, "slo: a logout ends here, not at the OP: %s, provider \"%s\"",
                is_wanted ? "slo_logout is \"local\"" : "no end_session endpoint is known",
                ctx.provider->provider.name.c_str());
}

std::string own_client_id(const ButtonCtx& ctx) {
  if (!ctx.token.client_id.empty()) return ctx.token.client_id;
  const auto& ours = ctx.provider->provider.client_ids;
  return ours.empty() ? std::string() : ours.front();
}

void set_out(R& r, ButtonCtx& ctx) {
  const LogoutRule& rule = *ctx.rule;
  ctx.asks_application = r.method != NGX_HTTP_HEAD;
  WayOut way{.endpoint = endpoint_of(ctx)};
  if (way.endpoint.empty()) {
    tell_local(r, ctx);
    return show(ctx, local_way_out_page(rule.then));
  }
  way.id_token_hint = ctx.token.hint;
  way.client_id = own_client_id(ctx);
  way.post_logout_redirect_uri = rule.post_logout_redirect_uri;
  if (way.post_logout_redirect_uri.empty())
    way.post_logout_redirect_uri = button_address(is_https(r), find_header(r, "host"), raw_path(r));
  way.cookie = cookie_of(r, rule);
  way.cookies = cookies_of(r, rule);
  show(ctx, way_out_page(ctx.provider->provider, way, this_moment()));
}

ngx_int_t let_answer(R& r, const ButtonCtx& ctx) {
  if (!ctx.asks_application || r.content_handler == nullptr) r.content_handler = ctx.rule->answer;
  return NGX_DECLINED;
}

}  // namespace logout_button
}  // namespace

ButtonCtx* find_button(const ngx_http_request_t& r) noexcept {
  return rp_loc_conf(r).button != nullptr || r.internal ? pool_find<ButtonCtx>(r.pool) : nullptr;
}

ngx_int_t install_logout_button(ngx_conf_t* cf) {
  return add_phase_handler(cf, NGX_HTTP_PRECONTENT_PHASE, entry<logout_button::press_button>);
}

}  // namespace slo::ngx
