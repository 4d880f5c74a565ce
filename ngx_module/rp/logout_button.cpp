// SPDX-License-Identifier: BSD-2-Clause
// slo_logout, step by step: who presses, whose session that is, its mark, and where the browser goes.
#include "ngx_module/rp/logout_button.h"

#include <string>
#include <utility>

#include "core/app/bound_cookie.h"
#include "core/rp/way_out.h"
#include "ngx_module/app/cookies.h"
#include "ngx_module/config/role.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/http/request.h"
#include "ngx_module/keys/key_fetcher.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/rp/evidence.h"
#include "ngx_module/rp/guarded_cookies.h"
#include "ngx_module/rp/jobs.h"
#include "ngx_module/rp/receiving.h"
#include "redis_schema/bound_cookies.h"
#include "redis_schema/key.h"

namespace slo::ngx {
namespace {
namespace logout_button {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;
using Owners = std::vector<std::optional<CookieOwner>>;

// In the order in which they are called.
ngx_int_t press_button(R& r);
ngx_int_t begin(R& r, const LogoutRule& rule);
void judge(R& r, ButtonCtx& ctx);
void turn_away(R& r, ButtonCtx& ctx, const Refusal& why);
void read_evidence(R& r, ButtonCtx& ctx);
ngx_int_t ask_cookies(R& r, ButtonCtx& ctx);
void with_owner(R& r, Outcome<Owners> owners);
void end_session(R& r, ButtonCtx& ctx);
void end_nothing(R& r, ButtonCtx& ctx);
void with_received(R& r, Outcome<Cascaded> received);
void set_out(R& r, ButtonCtx& ctx);
ngx_int_t let_answer(R& r, const ButtonCtx& ctx);

ngx_int_t press_button(R& r) {
  const LogoutRule* rule = rp_loc_conf(r).button;
  if (rule == nullptr || &r != r.main || rp_jobs() == nullptr) return NGX_DECLINED;
  ButtonCtx* ctx = find_button(r);
  if (ctx == nullptr) return begin(r, *rule);
  return ctx->asks_cookies ? ask_cookies(r, *ctx) : let_answer(r, *ctx);
}

ngx_int_t begin(R& r, const LogoutRule& rule) {
  auto& ctx = open_button(r, rule);
  judge(r, ctx);
  if (ctx.is_decided) return let_answer(r, ctx);
  if (!ctx.mark) return ask_cookies(r, ctx);
  end_session(r, ctx);
  return NGX_AGAIN;
}

void judge(R& r, ButtonCtx& ctx) {
  const ButtonRequest request = button_request(r, *ctx.rule);
  const auto press = judge_press(request);
  if (!press) return turn_away(r, ctx, press.error());
  if (*press == Press::returns) return come_back(r, ctx);
  if (*press == Press::asks) {
    ctx.result = "asked";
    return ctx.show(press_question_page(request.host, raw_path(r)));
  }
  read_evidence(r, ctx);
  if (r.method == NGX_HTTP_HEAD) set_out(r, ctx);
}

void turn_away(R& r, ButtonCtx& ctx, const Refusal& why) {
  ctx.result = "refused";
  ctx.fault = why.fault;
  count(Counter::logouts_received_refused);
  report(r.connection->log, for_log(r, why), ctx.provider->provider.name);
  ctx.show(press_refused_page(why));
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

const GuardRule* guard_of(const R& r, const ProviderConf& provider) {
  for (const GuardRule* guard : rp_loc_conf(r).guards) {
    if (guard->provider == &provider) return guard;
  }
  return nullptr;
}

// Whose the guard would take the request for. NGX_AGAIN: the store is asked, and nginx comes back.
ngx_int_t ask_cookies(R& r, ButtonCtx& ctx) {
  const ProviderConf& provider = *ctx.provider;
  const GuardRule* guard = guard_of(r, provider);
  const ProviderMarks* part = marks()->part_of(provider);
  CookieVerdict cookies;
  if (guard != nullptr && part != nullptr) {
    ctx.asks_cookies = true;
    auto found = look_at_cookies_alone(r, *guard, *part, ctx.cookies);
    if (!found) return NGX_AGAIN;
    cookies = *found;
  }
  ctx.asks_cookies = false;
  if (cookies.session.names_session()) {
    const CookieDigest by = digest_app_cookie(provider.provider, cookies.by.name, cookies.by.value);
    ask<Owners>(r, redis::owners_of(provider.space, {by}), with_owner);
    return NGX_AGAIN;
  }
  if (cookies.has_cookie_in_doubt) {
    turn_away(r, ctx, {Fault::store_unreachable});
  } else {
    end_nothing(r, ctx);
  }
  return let_answer(r, ctx);
}

void go_on_with(R& r) {
  r.write_event_handler = ngx_http_core_run_phases;
  ngx_http_core_run_phases(&r);
}

// A worker may remember what the store has lost, and knows no names then.
// NOLINTNEXTLINE(performance-unnecessary-value-param): ask() gives it by value
void with_owner(R& r, Outcome<Owners> owners) {
  auto& ctx = ctx_of<ButtonCtx>(r);
  if (owners && !owners->empty() && owners->front()) {
    const SessionNames& names = owners->front()->names;
    ctx.mark = mark_of_press(names.sid, names.sub, this_second());
  }
  if (ctx.mark) return end_session(r, ctx);
  if (owners) {
    end_nothing(r, ctx);
  } else {
    turn_away(r, ctx, owners.error());
  }
  go_on_with(r);
}

void end_session(R& r, ButtonCtx& ctx) {
  receive_logout(r, ctx, {.channel = "button", .mark = *ctx.mark, .reason = "rp"}, with_received);
}

void end_nothing(R& r, ButtonCtx& ctx) {
  end_application_cookies(r);
  set_out(r, ctx);
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
  go_on_with(r);
}

std::string endpoint_of(const ButtonCtx& ctx) {
  const std::string& configured = ctx.provider->provider.end_session_endpoint;
  if (ctx.rule->is_local) return {};
  return configured.empty() ? key_fetcher()->end_session_endpoint(*ctx.provider) : configured;
}

// Of a whole logout there is nothing to tell.
void tell_what_is_missing(const R& r, const ButtonCtx& ctx, bool goes_on) {
  const bool is_known = ctx.mark || r.method == NGX_HTTP_HEAD;
  if (is_known && goes_on) return;
  const bool is_wanted = goes_on || ctx.rule->is_local;
  const bool is_first =
      !is_wanted && !noted(redis::hash_of("no end_session endpoint " + ctx.provider->space.issuer),
                           this_second(), Seconds{3600});
  const ngx_uint_t level = is_first ? NGX_LOG_WARN : NGX_LOG_INFO;
  const char* name = ctx.provider->provider.name.c_str();
  const char* why = "no end_session endpoint is known";
  if (is_wanted) why = goes_on ? "the browser goes on to the OP" : "slo_logout is \"local\"";
  if (is_known) {
    ngx_log_error(level, r.connection->log, 0, "slo: a logout ends here, not at the OP: %s, provider \"%s\"",
                  why, name);
  } else {
    ngx_log_error(level, r.connection->log, 0,
                  "slo: a logout ends nothing here, as no session is known: %s, provider \"%s\"", why, name);
  }
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
  tell_what_is_missing(r, ctx, !way.endpoint.empty());
  if (way.endpoint.empty()) return ctx.show(local_way_out_page(rule.then));
  way.id_token_hint = ctx.token.hint;
  way.client_id = own_client_id(ctx);
  way.post_logout_redirect_uri = rule.post_logout_redirect_uri;
  if (way.post_logout_redirect_uri.empty())
    way.post_logout_redirect_uri = button_address(is_https(r), find_header(r, "host"), raw_path(r));
  way.cookie = way_cookie_of(r, rule);
  way.cookies = way_cookies_of(r, rule);
  ctx.show(way_out_page(ctx.provider->provider, way, this_moment()));
}

ngx_int_t let_answer(R& r, const ButtonCtx& ctx) {
  if (!ctx.asks_application || r.content_handler == nullptr) r.content_handler = ctx.rule->answer;
  return NGX_DECLINED;
}

}  // namespace logout_button
}  // namespace

ngx_int_t install_logout_button(ngx_conf_t* cf) {
  return add_phase_handler(cf, NGX_HTTP_PRECONTENT_PHASE, entry<logout_button::press_button>);
}

}  // namespace slo::ngx
