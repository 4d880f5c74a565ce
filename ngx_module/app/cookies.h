// SPDX-License-Identifier: BSD-2-Clause
// slo_cookie: an application's cookies, kept from whatever a request leads to, and expired at the browser.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/app/cookie_attributes.h"
#include "core/app/cookie_rule.h"
#include "ngx_module/app/cookie_cache.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// A cookie of a request that slo_cookie names. Its texts lie in the request, and outlast what is stripped.
struct ApplicationCookie {
  const CookieRule* rule = nullptr;
  std::string_view name{};
  std::string_view value{};
  std::string_view text{};     // from its name to the end of its value
  bool only_hides_it = false;  // another cookie, whose value some servers read as one that is named
};

bool is_cookie_header(const ngx_table_elt_t& header) noexcept;

// Calls `visit` for each of those that the location's slo_cookie names, in the order of the request.
void each_application_cookie(const ngx_http_request_t& r,
                             const std::function<void(const ApplicationCookie&)>& visit);

// Nobody who reads the request's cookies from here on sees those that go: no upstream, no variable of nginx
// by their names, no subrequest that begins later.
using Goes = std::function<bool(const RequestCookie&)>;
void strip_cookies(ngx_http_request_t& r, const Goes& goes);

// The answer of this request, whoever gives it in the end, expires the cookie, unless it sets one of that
// name itself; at most 64 of them. `known`: with which attributes this very cookie was set, if that is known.
void expire_cookie_of(ngx_http_request_t& r, const CookieRule& rule, std::string_view name,
                      AttributesList::Number known = 0);

// All that the location's slo_cookie names: kept from whatever comes next; and expired as well.
void strip_application_cookies(ngx_http_request_t& r);
void end_application_cookies(ngx_http_request_t& r);

// What the answer sets under names of the location's slo_cookie, as it will leave, and by which rule.
struct ApplicationAnswerCookie {
  const CookieRule* rule = nullptr;
  AnswerCookie cookie{};
};
std::vector<ApplicationAnswerCookie> application_cookies_of_answer(const ngx_http_request_t& r);

// In postconfiguration: learns how answers set cookies, and expires what is to be expired.
ngx_int_t install_cookie_filter(ngx_conf_t* cf);

}  // namespace slo::ngx
