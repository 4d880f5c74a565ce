// SPDX-License-Identifier: BSD-2-Clause
// slo_app_logout: reads how an application is told; whether anybody would obey it, applications.h finds.
#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <utility>

#include "core/text/uri.h"
#include "core/text/words.h"
#include "ngx_module/app/conf.h"
#include "ngx_module/app/directives.h"

namespace slo::ngx {
namespace {
namespace app_logout {  // names of this file alone, in unity builds too

bool is_text(std::string_view value) {
  return std::ranges::none_of(value, [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

bool is_token(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  const auto is_of_token = [&](unsigned char c) {
    return (c < 0x80 && std::isalnum(c) != 0) || others.find(static_cast<char>(c)) != std::string_view::npos;
  };
  return !name.empty() && std::ranges::all_of(name, is_of_token);
}

// What nginx or the call itself says of a request, and what would have less answered than all.
bool is_reserved(std::string_view name) {
  static constexpr std::array<std::string_view, 16> reserved{"host",
                                                             "cookie",
                                                             "content-length",
                                                             "transfer-encoding",
                                                             "connection",
                                                             "upgrade",
                                                             "expect",
                                                             "te",
                                                             "trailer",
                                                             "keep-alive",
                                                             "range",
                                                             "if-range",
                                                             "if-match",
                                                             "if-none-match",
                                                             "if-modified-since",
                                                             "if-unmodified-since"};
  return std::ranges::any_of(reserved, [name](auto own) { return is_same_word(name, own); });
}

// A path as it is asked for: nginx would merge what climbs, and forms no variable here.
bool is_plain(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  const bool is_clean = std::ranges::all_of(target, [](unsigned char c) { return c > ' ' && c < 0x7f; });
  return is_clean && target.find('$') == std::string_view::npos &&
         target.find('#') == std::string_view::npos && path.find("/..") == std::string_view::npos;
}

Outcome<void> take_target(const std::string& target, AppLogout& logout) {
  const bool is_path = target.starts_with('/') && !target.starts_with("//");
  const auto uri = read_uri(is_path ? "https://server" + target : target);
  if (!is_plain(target) || !uri || !uri->is_http() || uri->host.empty() || uri->userinfo)
    return bad_line(
        "needs a path, as in \"/logout\", or an https URL, without variables, \"..\", fragment and user");
  logout.target = target;
  return {};
}

Outcome<void> take_header(const std::string& text, AppLogout& logout) {
  const std::size_t colon = text.find(':');
  const std::string name = text.substr(0, colon);
  if (colon == std::string::npos || !is_token(name))
    return bad_line(
        "invalid parameter \"header=\", it must be a name and a value, as in \"header=X-Name: value\"");
  const std::string shown = "\"header=" + name + ":\"";
  if (is_reserved(name)) return bad_line("invalid parameter " + shown + ", which the call itself says");
  const auto is_its = [&name](const auto& other) { return is_same_word(other.first, name); };
  if (std::ranges::any_of(logout.headers, is_its)) return bad_line("duplicate parameter " + shown);
  std::string value(trimmed(std::string_view(text).substr(colon + 1)));
  if (!is_text(value)) return bad_line("has a control character in " + shown);
  if (is_same_word(name, "content-type")) {
    logout.type = std::move(value);
  } else {
    logout.headers.emplace_back(name, std::move(value));
  }
  return {};
}

Outcome<void> take_body(const std::string& value, AppLogout& logout) {
  if (value.empty()) return bad_line("the value is empty");
  if (!is_text(value)) return bad_line("the value has a control character");
  logout.body = value;
  return {};
}

// `header=` may stand several times, all others once.
Outcome<void> read_parameters(ConfLine& line, AppLogout& logout) {
  std::vector<std::string> options;
  for (std::size_t i = 1; i < line.words.size(); ++i) {
    if (!line.words[i].starts_with("header=")) {
      options.push_back(line.words[i]);
      continue;
    }
    if (auto taken = take_header(line.words[i].substr(7), logout); !taken) return taken;
  }
  return take_options(
      options, 0,
      {{"method", take_choice<std::string>(logout.method, {{"GET", "GET"}, {"POST", "POST"}})},
       {"body", [&logout](const std::string& value) { return take_body(value, logout); }},
       {"header", [&logout](const std::string& value) { return take_header(value, logout); }}},
      {.may_be_secrets = true});
}

}  // namespace app_logout
}  // namespace

Outcome<void> set_app_logout(ConfLine& line) {
  auto& location = *static_cast<AppLocConf*>(line.conf);
  if (location.logout != nullptr) return bad_line("is duplicate");
  AppLogout logout{.place = place_of(line.cf)};
  if (line.words[0] != "off") {
    if (auto taken = app_logout::take_target(line.words[0], logout); !taken) return taken;
  } else if (line.words.size() > 1) {
    return bad_line("is \"off\" and has parameters");
  }
  if (auto read = app_logout::read_parameters(line, logout); !read) return read;
  if (!logout.body.empty() && logout.method != "POST")
    return bad_line("has a \"body=\" without \"method=POST\"");
  location.logout = &app_main_conf(line.cf).logouts.emplace_back(std::move(logout));
  return {};
}

}  // namespace slo::ngx
