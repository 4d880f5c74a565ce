// SPDX-License-Identifier: BSD-2-Clause
// slo_cookie: finds an application's cookies, and expires them in whatever answer leaves in the end.
#include "ngx_module/app/cookies.h"

#include <algorithm>
#include <span>
#include <utility>

#include "core/text/set_cookie.h"
#include "ngx_module/app/conf.h"
#include "ngx_module/http/request.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {
namespace cookie_filter {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;

struct Expiring {
  const CookieRule* rule = nullptr;
  std::string name{};
  AttributesList::Number attributes = 0;
};

// In the request's pool, so that it outlasts internal redirects, after which nginx has forgotten every ctx.
struct ExpiringCookies {
  std::vector<Expiring> all{};
};

constexpr std::size_t most_expired = 64;  // by one answer

ngx_http_output_header_filter_pt next_header_filter;

ExpiringCookies* find_expiring(const R& r) noexcept {
  if (void* ctx = ngx_http_get_module_ctx((&r), ngx_http_slo_app_module))
    return static_cast<ExpiringCookies*>(ctx);
  return r.internal ? pool_find<ExpiringCookies>(r.pool) : nullptr;
}

ExpiringCookies& open_expiring(R& r) {
  ExpiringCookies* found = find_expiring(r);
  if (found == nullptr) found = &pool_new<ExpiringCookies>(r.pool);
  ngx_http_set_ctx((&r), found, ngx_http_slo_app_module);
  return *found;
}

const CookieRule* rule_of(const AppLocConf& location, std::string_view name) noexcept {
  for (const CookieRule* rule : location.rules) {
    if (is_its(*rule, name)) return rule;
  }
  return nullptr;
}

const CookieRule* rule_hidden_in(const AppLocConf& location, const RequestCookie& cookie) noexcept {
  for (const CookieRule* rule : location.rules) {
    if (hides_its(*rule, cookie)) return rule;
  }
  return nullptr;
}

ApplicationCookie as_application_cookie(const CookieRule& rule, const RequestCookie& cookie) noexcept {
  const char* begin = cookie.name.data();
  const auto text =
      cookie.value.empty() ? cookie.name : std::string_view(begin, cookie.value.data() + cookie.value.size());
  return {.rule = &rule, .name = cookie.name, .value = cookie.value, .text = text};
}

bool is_https(const R& r) noexcept {
#if (NGX_HTTP_SSL)
  return r.connection->ssl != nullptr;
#else
  return false;
#endif
}

// With which this very cookie was set, if it is tracked and its owner is known.
AttributesList::Number known_attributes(const R& r, const ApplicationCookie& cookie) {
  if (!cookie.rule->is_tracked || cookie_cache() == nullptr) return 0;
  const auto digest = cookie_cache()->digest(cookie.text);
  for (const Membership& membership : app_loc_conf(r).memberships) {
    const ProviderMarks* part = marks()->part_of(*membership.provider);
    const auto known = part == nullptr ? CookieCache::Known{} : cookie_cache()->find(*part, digest);
    if (known.attributes != 0) return known.attributes;
  }
  return 0;
}

// What slo_cookie says counts, then what was learnt, then what most applications do.
CookieAttributes attributes_of(const R& r, const Expiring& expiring) {
  const CookieRule& rule = *expiring.rule;
  const auto written = cookie_cache() == nullptr
                           ? std::string_view()
                           : cookie_cache()->attributes_of(rule, expiring.name, expiring.attributes);
  CookieAttributes attributes =
      read_attributes(written).value_or(CookieAttributes{.path = "/", .is_secure = is_https(r)});
  if (!rule.path.empty()) attributes.path = rule.path;
  if (!rule.domain.empty()) attributes.domain = rule.domain;
  return attributes;
}

// Without a path, a cookie is of the place of the request that brought it: of this one's, or, as most, of
// `/`.
void expire(R& r, ExpiringCookies& expiring) {
  std::vector<std::string> lines;
  const auto set = answer_headers(r, "Set-Cookie");
  for (const Expiring& one : std::exchange(expiring.all, {})) {
    if (has_set_cookie(set, one.name)) continue;
    CookieAttributes attributes = attributes_of(r, one);
    lines.push_back(expire_cookie(one.name, attributes));
    if (!attributes.path.empty()) continue;
    attributes.path = "/";
    lines.push_back(expire_cookie(one.name, attributes));
  }
  for (const std::string& line : lines) {
    if (!line.empty()) add_header(r, {"Set-Cookie", line});
  }
}

void learn(const R& r) {
  if (cookie_cache() == nullptr) return;
  for (const auto& one : application_cookies_of_answer(r)) {
    if (!one.cookie.is_expired) cookie_cache()->learn(*one.rule, one.cookie);
  }
}

ngx_int_t filter_header(R* r) noexcept {
  if (r != r->main) return next_header_filter(r);
  ExpiringCookies* expiring = find_expiring(*r);
  if (expiring == nullptr && app_loc_conf(*r).rules.empty()) return next_header_filter(r);
  guarded(r->connection->log, [&] {
    learn(*r);
    if (expiring != nullptr) expire(*r, *expiring);
  });
  return next_header_filter(r);
}

}  // namespace cookie_filter
}  // namespace

void each_application_cookie(const ngx_http_request_t& r,
                             const std::function<void(const ApplicationCookie&)>& visit) {
  const AppLocConf& location = app_loc_conf(r);
  if (location.rules.empty()) return;
  for (const ngx_list_part_t* part = &r.headers_in.headers.part; part != nullptr; part = part->next) {
    for (const auto& header : std::span(static_cast<const ngx_table_elt_t*>(part->elts), part->nelts)) {
      std::string_view rest = is_cookie_header(header) ? view(header.value) : std::string_view();
      while (const auto cookie = take_request_cookie(rest)) {
        if (const CookieRule* rule = cookie_filter::rule_of(location, cookie->name)) {
          visit(cookie_filter::as_application_cookie(*rule, *cookie));
        } else if ((rule = cookie_filter::rule_hidden_in(location, *cookie)) != nullptr) {
          auto hiding = cookie_filter::as_application_cookie(*rule, *cookie);
          hiding.only_hides_it = true;
          visit(hiding);
        }
      }
    }
  }
}

void expire_cookie_of(ngx_http_request_t& r, const CookieRule& rule, std::string_view name,
                      AttributesList::Number known) {
  auto& all = cookie_filter::open_expiring(r).all;
  const auto is_it = [&](const auto& one) { return one.name == name && one.attributes == known; };
  if (all.size() < cookie_filter::most_expired && std::ranges::none_of(all, is_it))
    all.push_back({.rule = &rule, .name = std::string(name), .attributes = known});
}

void strip_application_cookies(ngx_http_request_t& r) {
  const AppLocConf& location = app_loc_conf(r);
  if (location.rules.empty()) return;
  strip_cookies(r, [&location](const RequestCookie& cookie) {
    return cookie_filter::rule_of(location, cookie.name) != nullptr ||
           cookie_filter::rule_hidden_in(location, cookie) != nullptr;
  });
}

void end_application_cookies(ngx_http_request_t& r) {
  each_application_cookie(r, [&r](const ApplicationCookie& cookie) {
    if (cookie.only_hides_it) return;
    expire_cookie_of(r, *cookie.rule, cookie.name, cookie_filter::known_attributes(r, cookie));
  });
}

std::vector<ApplicationAnswerCookie> application_cookies_of_answer(const ngx_http_request_t& r) {
  std::vector<ApplicationAnswerCookie> all;
  for (const std::string_view header : answer_headers(r, "Set-Cookie")) {
    auto cookie = read_answer_cookie(header, raw_path(r), this_second());
    if (!cookie) continue;
    if (const CookieRule* rule = cookie_filter::rule_of(app_loc_conf(r), cookie->name))
      all.push_back({.rule = rule, .cookie = *std::move(cookie)});
  }
  return all;
}

ngx_int_t install_cookie_filter(ngx_conf_t*) {
  cookie_filter::next_header_filter = std::exchange(ngx_http_top_header_filter, cookie_filter::filter_header);
  return NGX_OK;
}

}  // namespace slo::ngx
