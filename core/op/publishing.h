// SPDX-License-Identifier: BSD-2-Clause
// What clients must know of our logout, put into the OP's own documents as they pass by, or told by us alone.
//
// OpenID Connect Discovery 1.0, section 3; RP-Initiated Logout 1.0, section 2.1; Back-Channel and
// Front-Channel Logout 1.0, section 2.1 and 3; RFC 7517, section 5.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/outcome.h"
#include "core/provider/provider.h"

namespace slo {

// A document with more than that, packed or not, passes as it is.
inline constexpr std::size_t max_published = 1'048'576;

// What of a logout is done here.
struct LogoutSupport {
  bool back_channel = false;
  bool front_channel = true;  // the page of a logout holds iframes
};

struct PassingDocument {
  std::string_view body{};
  bool is_packed = false;  // it has a Content-Encoding
};

struct Publication {
  std::string document{};
  std::string doubt{};  // what clients will stumble over; mostly empty
};

// A discovery document gets our logout members, which replace its own; a key set our public keys, less those
// that it has under the same `kid`. A `kid` under which it has another key of that kind stays the OP's, since
// logins hang on it: that is a doubt. Every other byte stays.
// A refusal says why the document passes as it is: response_malformed, response_too_large, or
// response_foreign, of another issuer.
Outcome<Publication> publish(const Provider& provider, const LogoutSupport& support,
                             const PassingDocument& passing);

// The document where there is none of the OP; `jwks_uri` may be empty.
std::string discovery_document(const Provider& provider, const LogoutSupport& support,
                               const std::string& jwks_uri);

// The address of a path at the issuer's host.
std::string address_at_issuer(const Issuer& issuer, std::string_view path);

// A strong ETag of what is sent, and whether an If-None-Match names it, weakly compared (RFC 9110, 13.1.2).
std::string etag_of(std::string_view document);
bool names_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace slo
