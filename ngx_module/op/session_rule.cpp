// SPDX-License-Identifier: BSD-2-Clause
// slo_session: reads a rule, and looks at it again when its provider is known.
#include <algorithm>
#include <string>
#include <string_view>

#include "ngx_module/config/location.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/op/conf.h"
#include "ngx_module/op/directives.h"

namespace slo::ngx {
namespace {

// A rule as it was written, until its provider is known.
struct SessionRulePlace {
  const SessionRule* rule = nullptr;
  std::string cookie{};
  std::string place{};  // `file:line`
};

// `$cookie_name` or `${cookie_name}`: nginx knows variables, and these cookies, by any case.
bool is_request_cookie(std::string_view written, std::string_view name) {
  const auto is = [written](const std::string& variable) {
    return std::ranges::equal(
        written, variable, [](unsigned char a, unsigned char b) { return ngx_tolower(a) == ngx_tolower(b); });
  };
  return is("$cookie_" + std::string(name)) || is("${cookie_" + std::string(name) + "}");
}

// A session must be found by something; and the cookie of the request may be the one before the login.
ngx_int_t check_session_rule(ngx_conf_t* cf, const SessionRulePlace& written) {
  const auto& cookies = written.rule->provider->provider.session_cookies;
  const bool has_sid = written.rule->sid.value.data != nullptr,
             has_cookie = written.rule->cookie.value.data != nullptr;
  if (!has_sid && !has_cookie && cookies.empty()) {
    refuse_at(cf->log,
              "\"slo_session\" needs \"sid=\" or \"cookie=\", or the slo_provider a \"session_cookie\"",
              written.place);
    return NGX_ERROR;
  }
  const auto is_replaced = [&](const CookieScope& cookie) {
    return is_request_cookie(written.cookie, cookie.name);
  };
  if (std::ranges::any_of(cookies, is_replaced)) {
    warn_at(cf->log,
            "\"slo_session\": \"cookie=" + written.cookie +
                "\" is the cookie of the request, which an OP that changes it at login has just replaced; "
                "leave \"cookie=\" out: then the Set-Cookie of the answer counts, else the request's",
            written.place);
  }
  return NGX_OK;
}

Outcome<void> read_rule(ConfLine& line, SessionRule& rule, std::string& cookie) {
  auto taken = take_options(line.words, 1,
                            {{"client", take_value(line, rule.client)},
                             {"sid", take_value(line, rule.sid)},
                             {"sub", take_value(line, rule.sub)},
                             {"cookie",
                              [&](const std::string& value) {
                                cookie = value;
                                return compile(line, value, rule.cookie);
                              }},
                             {"client_sub", take_value(line, rule.client_sub)},
                             {"client_sid", take_value(line, rule.client_sid)},
                             {"client_no_sid", take_value(line, rule.client_no_sid)}});
  if (!taken) return taken;
  if (rule.client.value.data == nullptr || rule.sub.value.data == nullptr) {
    return bad_line("needs \"client=\" and \"sub=\"");
  }
  return {};
}

}  // namespace

Outcome<void> set_session_rule(ConfLine& line) {
  auto& location = *static_cast<OpLocConf*>(line.conf);
  if (line.words.size() == 1 && line.words[0] == "off") {
    location.session_off = true;
    return {};
  }
  auto& rule = pool_new<SessionRule>(line.cf->pool);
  SessionRulePlace written{.rule = &rule, .place = place_of(line.cf)};
  if (auto read = read_rule(line, rule, written.cookie); !read) return read;
  refer(line, line.words[0], &rule.provider);
  main_conf(line.cf).checks.emplace_back(
      [written](ngx_conf_t* cf) { return check_session_rule(cf, written); });
  location.session_rules.push_back(&rule);
  return {};
}

}  // namespace slo::ngx
