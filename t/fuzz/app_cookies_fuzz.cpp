// SPDX-License-Identifier: BSD-2-Clause
// Cookies of applications: what goes from a Cookie header and what stays, Set-Cookie headers that expire what
// was set and carry nothing else, attributes and sealed values that come back from the store as they went.
#include <algorithm>

#include "core/app/bound_cookie.h"
#include "core/app/cookie_attributes.h"
#include "core/app/cookie_rule.h"
#include "core/app/sealed_value.h"
#include "core/delivery/application_call.h"
#include "core/text/cookie.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

bool has_control_byte(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
}

void strip(Input& input) {
  const CookieRule rule{.names = {input.text(), input.text()}};
  const std::string header = input.rest();
  const auto all = request_cookies(header);
  for (const RequestCookie& cookie : all) {
    const auto values = find_cookies(header, cookie.name);
    promise(std::ranges::find(values, cookie.value) != values.end(), "two readers find the same cookies");
  }
  const auto goes = [&](const RequestCookie& cookie) { return is_its(rule, cookie.name); };
  const std::string left = without_cookies(header, goes);
  std::vector<RequestCookie> expected;
  std::ranges::remove_copy_if(all, std::back_inserter(expected), goes);
  promise(request_cookies(left) == expected, "what does not go stays as it was, in its order");
  promise(expected.size() < all.size() || left == header, "where none goes nothing changes");
  promise(without_cookies(left, goes) == left, "once is enough");
}

void set_and_expire(Input& input) {
  const std::string request_path = input.text();
  const std::string set_cookie = input.rest();
  const auto cookie = read_answer_cookie(set_cookie, request_path, login_time);
  if (!cookie) return;
  const CookieAttributes& attributes = cookie->attributes;
  const std::string stored = write_attributes(attributes);
  promise(stored.find('\x1f') == std::string::npos, "the store's separator is not in it");
  promise(read_attributes(stored) == attributes, "attributes come back from the store as they went");

  const std::string header = expire_cookie(cookie->name, attributes);
  promise(!header.empty() && !has_control_byte(header), "what was set can be expired, in one line");
  const auto expired = read_answer_cookie(header, request_path, login_time);
  promise(expired && expired->is_expired && expired->value.empty(), "browsers take it for an end");
  promise(expired->name == cookie->name, "of the same cookie");
  const bool is_prefixed = cookie->name.starts_with("__") || attributes.is_partitioned;
  promise(is_prefixed || expired->attributes == attributes, "with the attributes that it was set with");
  promise(expire_cookie(expired->name, expired->attributes) == header, "and to the same end");
}

void expire_anything(Input& input) {
  const std::string name = input.text();
  const CookieAttributes attributes{.path = input.text(),
                                    .domain = input.text(),
                                    .same_site = input.text(),
                                    .is_secure = input.flag(),
                                    .is_http_only = input.flag(),
                                    .is_partitioned = input.flag()};
  const std::string header = expire_cookie(name, attributes);
  promise(!has_control_byte(header), "a header is one line");
  promise(std::ranges::count(header, ';') <= 8, "and has no attributes but its own");
  const auto back = read_attributes(write_attributes(attributes));
  promise(back.has_value(), "what is stored can be read");
  promise(read_attributes(write_attributes(*back)) == back, "and stays the same");
}

void read_stored(Input& input) {
  const std::string text = input.rest();
  const auto attributes = read_attributes(text);
  promise(!attributes || write_attributes(*attributes) == text, "stored attributes have one spelling");
}

void seal_and_open(Input& input) {
  Input tampering = input;
  for (int i = 0; i < 3; ++i) input.byte();
  const std::string secret = input.text(), name = input.text(), value = input.rest();
  const std::string about = sealed_about(SessionKey{"sid-1"}, name);
  const std::string sealed = seal_value(secret, about, value, "twelve bytes");
  if (secret.empty()) return promise(sealed.empty(), "without a secret nothing is sealed");
  promise(open_value(secret, about, sealed) == value, "a value opens to what was sealed");
  promise(!open_value(secret, about + "x", sealed), "not for another cookie");
  promise(!open_value(secret, about, with_one_bit_changed(tampering, sealed)), "nor with one bit changed");
  promise(!open_value(secret, about, value), "nobody else seals values");
}

Provider& caller() {
  static Provider provider = [] {
    Provider made = a_provider();
    made.app_cookie_secret = "0123456789abcdef0123456789abcdef";
    made.applications = {{.name = "a", .id = application_id("a"), .target = "/out"}};
    return made;
  }();
  return provider;
}

void call(Input& input) {
  Provider& provider = caller();
  const std::string name = input.text(), value = input.text();
  provider.applications[0].body = input.text();
  provider.applications[0].headers = {{"X-Csrf", input.text()}};
  const bool is_clean = !has_control_byte(provider.applications[0].headers[0].second);
  Delivery delivery = a_delivery();
  delivery.client = application_id("a");
  const std::string sealed =
      seal_value(provider.app_cookie_secret, sealed_about(delivery.session, name), value, "twelve bytes");
  const auto made = application_call(provider, delivery, {{.name = name, .sealed = sealed}});
  if (!made)
    return promise(made.error().fault == Fault::delivery_cookie_refused, "a sealed cookie can be read");
  const auto& headers = (*made)->headers;
  promise(headers[0].second == name + "=" + value, "the cookie is sent as it came");
  promise(!has_control_byte(headers[0].second), "a header is one line");
  promise(!is_clean || !has_control_byte(headers[1].second), "whatever is filled in");
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  switch (input.below(6)) {
    case 0:
      return slo::fuzz::strip(input);
    case 1:
      return slo::fuzz::set_and_expire(input);
    case 2:
      return slo::fuzz::expire_anything(input);
    case 3:
      return slo::fuzz::read_stored(input);
    case 4:
      return slo::fuzz::seal_and_open(input);
    default:
      return slo::fuzz::call(input);
  }
}
