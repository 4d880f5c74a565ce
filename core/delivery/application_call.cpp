// SPDX-License-Identifier: BSD-2-Clause
// Opens what is remembered of an application's cookies and writes the request that logs it out.
#include "core/delivery/application_call.h"

#include <algorithm>
#include <map>

#include "core/app/sealed_value.h"
#include "core/text/form.h"
#include "core/text/words.h"

namespace slo {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;  // of cookies, by name
using Encode = std::string (*)(std::string_view);

std::string as_it_is(std::string_view text) { return std::string(text); }

Outcome<Values> open_cookies(const Provider& provider, const Delivery& delivery,
                             const std::vector<BoundCookie>& cookies) {
  Values values;
  for (const BoundCookie& cookie : cookies) {
    auto value =
        open_value(provider.app_cookie_secret, sealed_about(delivery.session, cookie.name), cookie.sealed);
    if (!value) return refuse(Fault::delivery_cookie_unreadable, "application " + delivery.client.value);
    if (!may_be_sent(cookie.name, *value))
      return refuse(Fault::delivery_cookie_refused, "application " + delivery.client.value);
    values.try_emplace(cookie.name, *std::move(value));
  }
  return values;
}

std::string cookie_header(const Values& values) {
  std::string header;
  for (const auto& [name, value] : values) {
    if (!header.empty()) header += "; ";
    header.append(name).append("=").append(value);
  }
  return header;
}

bool is_variable_byte(char c) {
  return (c >= '0' && c <= '9') || (lower_case(c) >= 'a' && lower_case(c) <= 'z') || c == '_';
}

// The name of the cookie that `text` begins to stand for, which is taken from its front; empty: for none.
std::string_view take_reference(std::string_view& text) {
  for (const std::string_view start : {std::string_view("${cookie_"), std::string_view("$cookie_")}) {
    if (!text.starts_with(start)) continue;
    std::string_view name = text.substr(start.size());
    const bool is_braced = start[1] == '{';
    const auto end =
        is_braced ? std::ranges::find(name, '}') : std::ranges::find_if_not(name, is_variable_byte);
    if (is_braced && end == name.end()) return {};
    name = name.substr(0, static_cast<std::size_t>(end - name.begin()));
    if (name.empty()) return {};
    text.remove_prefix(start.size() + name.size() + (is_braced ? 1 : 0));
    return name;
  }
  return {};
}

std::string filled_in(std::string_view text, const Values& values, Encode encode) {
  std::string filled;
  while (!text.empty()) {
    if (const std::string_view name = take_reference(text); !name.empty()) {
      if (const auto found = values.find(name); found != values.end()) filled += encode(found->second);
      continue;
    }
    filled += text.front();
    text.remove_prefix(1);
  }
  return filled;
}

Call call_of(const Application& application, const Values& values) {
  const bool is_form = is_same_word(media_type_of(application.type), form_type);
  Call call{.method = application.method,
            .target = application.target,
            .is_own_location = application.is_own_location(),
            .host = application.is_own_location() ? application.host : std::string(),
            .type = application.type,
            .headers = {{"Cookie", cookie_header(values)}},
            .body = filled_in(application.body, values, is_form ? encode_component : as_it_is)};
  for (const auto& [name, value] : application.headers)
    call.headers.emplace_back(name, filled_in(value, values, as_it_is));
  return call;
}

}  // namespace

std::vector<std::string> cookies_named_in(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    if (const std::string_view name = take_reference(text); !name.empty()) {
      names.emplace_back(name);
    } else {
      text.remove_prefix(1);
    }
  }
  return names;
}

Outcome<std::optional<Call>> application_call(const Provider& provider, const Delivery& delivery,
                                              const std::vector<BoundCookie>& cookies) {
  const auto application = called_application(provider, delivery);
  if (!application) return refuse(application.error());
  if (cookies.empty()) return std::nullopt;
  const auto values = open_cookies(provider, delivery, cookies);
  if (!values) return refuse(values.error());
  return call_of(**application, *values);
}

}  // namespace slo
