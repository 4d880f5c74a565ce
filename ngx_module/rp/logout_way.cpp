// SPDX-License-Identifier: BSD-2-Clause
// slo_logout: the cookie of the way to the OP, and who comes back from there with a state of its own.
#include "ngx_module/rp/logout_way.h"

#include "core/rp/way_out.h"
#include "ngx_module/config/role.h"
#include "ngx_module/http/request.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/rp/guarded_request.h"

namespace slo::ngx {
namespace {
namespace logout_way {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;

bool has_own_state(const R& r, const LogoutRule& rule) {
  const std::string state = returned_state(query_of(r)).value_or("");
  return is_own_return(rule.provider->provider, state, way_cookies_of(r, rule));
}

// Whoever else comes goes on to the access rules, and to the button if they let him.
bool is_return_of_its_browser(const R& r, const LogoutRule& rule) {
  const ButtonRequest request = button_request(r, rule);
  if (!request.has_state || !request.has_set_out) return false;
  const auto press = judge_press(request);
  return press && *press == Press::returns && has_own_state(r, rule);
}

ngx_int_t take_return(R& r) {
  const LogoutRule* rule = rp_loc_conf(r).button;
  if (rule == nullptr || &r != r.main || find_button(r) != nullptr) return NGX_DECLINED;
  if (!is_return_of_its_browser(r, *rule)) return NGX_DECLINED;
  come_back(r, open_button(r, *rule));
  ngx_http_finalize_request(&r, rule->answer(&r));
  return NGX_DONE;
}

}  // namespace logout_way
}  // namespace

ButtonCtx* find_button(const ngx_http_request_t& r) noexcept {
  return rp_loc_conf(r).button != nullptr || r.internal ? pool_find<ButtonCtx>(r.pool) : nullptr;
}

bool is_https(const ngx_http_request_t& r) noexcept {
#if (NGX_HTTP_SSL)
  return r.connection->ssl != nullptr;
#else
  return false;
#endif
}

CookieScope way_cookie_of(const ngx_http_request_t& r, const LogoutRule& rule) {
  return way_out_cookie(rule.path, is_https(r) || rule.post_logout_redirect_uri.starts_with("https:"));
}

std::vector<std::string> way_cookies_of(const ngx_http_request_t& r, const LogoutRule& rule) {
  return find_request_cookies(r, way_cookie_of(r, rule).name);
}

ButtonRequest button_request(const ngx_http_request_t& r, const LogoutRule& rule) {
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
  request.has_set_out = !way_cookies_of(r, rule).empty();
  return request;
}

// A request that a guard had let pass before it was led here lives until it has its answer.
ButtonCtx& open_button(ngx_http_request_t& r, const LogoutRule& rule) {
  auto& ctx = open_ctx<ButtonCtx>(r);
  ctx.rule = &rule;
  ctx.provider = rule.provider;
  r.disable_not_modified = 1;
  if (GuardedRequest* guarded = find_guarded(r)) guarded->unlink();
  return ctx;
}

void come_back(ngx_http_request_t& r, ButtonCtx& ctx) {
  if (!logout_way::has_own_state(r, *ctx.rule)) {
    ngx_log_error(NGX_LOG_INFO, r.connection->log, 0,
                  "slo: a browser came back from the OP with no state of its own, provider \"%s\"",
                  ctx.provider->provider.name.c_str());
  }
  ctx.show(return_page(ctx.rule->then, way_cookie_of(r, *ctx.rule)));
}

ngx_int_t install_logout_return(ngx_conf_t* cf) {
  return add_last_phase_handler(cf, NGX_HTTP_PREACCESS_PHASE, entry<logout_way::take_return>);
}

}  // namespace slo::ngx
