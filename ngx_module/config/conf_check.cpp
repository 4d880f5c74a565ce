// SPDX-License-Identifier: BSD-2-Clause
// Looks at what only the whole configuration shows: rules and keys that will not do what they were meant for.
#include "ngx_module/config/conf_check.h"

#include <algorithm>
#include <string>

#include "core/op/key_names.h"

namespace slo::ngx {
namespace {

// `$cookie_name` or `${cookie_name}`: nginx knows variables, and these cookies, by any case.
bool is_request_cookie(std::string_view written, std::string_view name) {
  const auto is = [written](const std::string& variable) {
    return std::ranges::equal(
        written, variable, [](unsigned char a, unsigned char b) { return ngx_tolower(a) == ngx_tolower(b); });
  };
  return is("$cookie_" + std::string(name)) || is("${cookie_" + std::string(name) + "}");
}

}  // namespace

// A session must be found by something; and the cookie of the request may be the one before the login.
ngx_int_t check_session_rule(ngx_conf_t* cf, const SessionRulePlace& place) {
  const auto& cookies = place.rule->provider->provider.session_cookies;
  const bool has_sid = place.rule->sid.value.data != nullptr,
             has_cookie = place.rule->cookie.value.data != nullptr;
  if (!has_sid && !has_cookie && cookies.empty()) {
    ngx_log_error(
        NGX_LOG_EMERG, cf->log, 0,
        "\"slo_session\" needs \"sid=\" or \"cookie=\", or the slo_provider a \"session_cookie\" in %s:%ui",
        place.file.c_str(), place.line);
    return NGX_ERROR;
  }
  const auto is_replaced = [&](const CookieScope& cookie) {
    return is_request_cookie(place.cookie, cookie.name);
  };
  if (std::ranges::any_of(cookies, is_replaced)) {
    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "\"slo_session\": \"cookie=%s\" is the cookie of the request, which an OP that changes it "
                  "at login has "
                  "just replaced; leave \"cookie=\" out: then the Set-Cookie of the answer counts, else the "
                  "request's in %s:%ui",
                  place.cookie.c_str(), place.file.c_str(), place.line);
  }
  return NGX_OK;
}

// Only what clients would stumble over: the configuration is right in itself.
void warn_of_key_names(ngx_conf_t* cf, const ProviderConf& conf) {
  for (const KeyWarning& warning : warn_of_names(conf.provider)) {
    ngx_log_error(NGX_LOG_WARN, cf->log, 0, "\"signing_key\" of slo_provider \"%s\" %s in %s",
                  conf.provider.name.c_str(), warning.why.c_str(),
                  conf.signing_key_places.at(warning.signing_key).c_str());
  }
}

}  // namespace slo::ngx
