// SPDX-License-Identifier: BSD-2-Clause
// How an answer set a cookie, kept as text, and the Set-Cookie that makes a browser forget exactly that one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/moment.h"

namespace slo {

struct CookieAttributes {
  std::string path{};       // empty: one that no Set-Cookie can name, or not known
  std::string domain{};     // lower case, without a dot in front; empty: of this host alone
  std::string same_site{};  // `Strict`, `Lax`, `None`; empty: not said
  bool is_secure = false;
  bool is_http_only = false;
  bool is_partitioned = false;
  friend bool operator==(const CookieAttributes&, const CookieAttributes&) = default;
};

struct AnswerCookie {
  std::string name{}, value{};
  CookieAttributes attributes{};
  bool has_default_path = false;  // it names none
  bool is_expired = false;        // by Max-Age, else by Expires; an empty value counts as one
  friend bool operator==(const AnswerCookie&, const AnswerCookie&) = default;
};

// One Set-Cookie header as browsers read it (RFC 6265bis, section 5.6); nullopt where they ignore it, or
// where it has no name. Where it names no path, the one of section 5.1.4 counts: `request_path` as it
// stood in the request, encoded.
std::optional<AnswerCookie> read_answer_cookie(std::string_view set_cookie, std::string_view request_path,
                                               TimeS now);

// For the store: text without control characters, which read_attributes() takes back.
std::string write_attributes(const CookieAttributes& attributes);
std::optional<CookieAttributes> read_attributes(std::string_view text);

// The value of a Set-Cookie header that expires the cookie: no value, Max-Age=0, an Expires in 1970, and its
// attributes, made to fit what its name (`__Host-`, `__Secure-`, `__Http-`) and Partitioned want. Empty for a
// name that no header can carry.
std::string expire_cookie(std::string_view name, const CookieAttributes& attributes);

}  // namespace slo
