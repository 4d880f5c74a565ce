// SPDX-License-Identifier: BSD-2-Clause
// What an answer of the OP teaches on its way to a client: who takes part in which session.
//
// OIDC Core 3.1.3.3 and 12.2: a token response, of a login or a refresh, may hold an ID Token.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/moment.h"
#include "core/outcome.h"
#include "core/participation/participation.h"
#include "core/provider/provider.h"

namespace slo {

// An answer with more than that, packed or not, is no token response.
inline constexpr std::size_t max_token_response = 262'144;

struct TokenResponse {
  std::string_view body{};
  bool is_packed = false;  // it has a Content-Encoding
};

// Nothing: it holds no ID Token (an error, a scope without `openid`, a refresh that does not renew it).
// client_unknown: it is of a client that is none of ours. The ID Token is verified as a hint is, and must not
// have expired. response_malformed: no JSON object, or packed otherwise than by gzip or deflate; else what is
// wrong with the token.
Outcome<std::optional<Participation>> learn_from_token_response(const Provider& provider,
                                                                const TokenResponse& response,
                                                                const Moment& moment);

// Does a response that goes to `target` go to a client, and not to the OP, which may hand on to itself what
// somebody put into its address? To a registered redirect_uri, or to another origin than the issuer's and
// `host`.
bool leads_to_client(const Provider& provider, std::string_view target, std::string_view host);

// The same of an ID Token alone, as an authorization response has it.
Outcome<std::optional<Participation>> learn_from_id_token(const Provider& provider, std::string_view token,
                                                          const Moment& moment);

// The page as the OP wrote it, unpacked where it is packed; nothing where it cannot be, or is too large.
std::optional<std::string> unpacked_page(std::string_view body, bool is_packed);

// Nothing is read of a token request with a longer form: it is taken for a login whose cookie is not known.
inline constexpr std::size_t max_token_request = 65'536;

// What the form says that asked for a token response.
struct TokenRequest {
  bool is_renewal = false;  // grant_type=refresh_token
  std::string code{};       // of grant_type=authorization_code; empty: none
  friend bool operator==(const TokenRequest&, const TokenRequest&) = default;
};
TokenRequest read_token_request(std::string_view form);

}  // namespace slo
