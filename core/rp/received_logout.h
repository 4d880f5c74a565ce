// SPDX-License-Identifier: BSD-2-Clause
// Reads and checks the logout tokens that an OP sends us: all or nothing.
//
// OpenID Connect Back-Channel Logout 1.0, 2.5 to 2.8; the sections below are its own.
#pragma once

#include <string>
#include <string_view>

#include "core/moment.h"
#include "core/outcome.h"
#include "core/page.h"
#include "core/provider/provider.h"
#include "core/rp/mark.h"

namespace slo {

// What an OP's logout token ends.
struct ReceivedLogout {
  Mark mark{};  // of its sid if it has one, at this moment; else of its sub, at its iat
  std::string jti{};
  Seconds jti_life{};  // for so long it must be remembered: the token is good no longer
  friend bool operator==(const ReceivedLogout&, const ReceivedLogout&) = default;
};

// The logout_token of the request's form: exactly one; other fields are ignored. content_type_unsupported,
// form_malformed, parameter_repeated.
Outcome<std::string> read_logout_token(std::string_view content_type, std::string_view body);

// The issuer that it claims to be of, not verified: names the provider where a location has several. Empty:
// it says none that can be read. An encrypted one may say so in its header.
std::string claimed_issuer(std::string_view token);

// A token without exp is good for an hour after its iat; one with exp until then, but for a day at most:
// what has been used must be remembered for as long. (The leeway comes on top.)
inline constexpr Seconds token_life_without_exp{3600};
inline constexpr Seconds max_token_life{24LL * 3600};

// Every check of section 2.6 that needs no store: signed (and, if it is, encrypted) for this provider, by
// its OP, now, for us and nobody else, and nothing but a logout token. Where decryption keys are
// configured, tokens that are signed only are good as well: TLS has hidden them on their way.
Outcome<ReceivedLogout> check_logout_token(const Provider& provider, std::string_view token,
                                           const Moment& moment);

// 200 and 400 are the only answers (section 2.8), whatever it is that failed, the store included. A refusal
// is OAuth 2.0 JSON and quotes nothing of the token.
Page logout_received_page();
Page logout_not_received_page(const Refusal& refusal);

}  // namespace slo
