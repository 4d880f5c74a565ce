// SPDX-License-Identifier: BSD-2-Clause
// The skin over uriparser: takes absolute URIs apart and adds to their query. RFC 3986.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/outcome.h"
#include "core/text/form.h"

namespace slo {

struct Uri {
  std::string scheme{};  // lower case
  std::optional<std::string> userinfo{};
  std::string host{};  // lower case; an IPv6 literal keeps its brackets; empty where there is no authority
  std::optional<unsigned> port{};  // explicit only
  std::string path{};
  std::optional<std::string> query{};
  std::optional<std::string> fragment{};  // set even for an empty one
  friend bool operator==(const Uri&, const Uri&) = default;

  bool is_http() const { return scheme == "http" || scheme == "https"; }
  bool is_loopback() const;         // localhost, 127.0.0.0/8 or [::1], as RFC 8252 means it
  unsigned effective_port() const;  // 80 and 443 where none is written; 0 for other schemes
  std::string authority() const;    // host[:port] as written, without userinfo
  std::string origin() const;       // scheme://host[:port], default ports left out
};

// An absolute URI without control characters, blanks or bytes above 0x7E, at most 2048 bytes, an http(s) one
// with a non-empty, plain host (letters, digits, `.-_` or an address) and a port of 1..65535; anything else
// is Fault::uri_malformed with the reason as detail, worded to follow the URI: `must …`, `is not …`.
Outcome<Uri> read_uri(std::string_view text);

// `uri` less its port, where it is http to the loopback interface (RFC 8252, 7.3).
std::optional<std::string> loopback_without_port(std::string_view uri);

// `uri` less its query, for messages: what stands there may be a secret.
std::string_view without_query(std::string_view uri);

// `uri` with `parameters` added to its query; what the query holds already is kept to the byte. REQUIRES:
// `uri` has no fragment.
std::string with_query(std::string_view uri, const Parameters& parameters);

}  // namespace slo
