// SPDX-License-Identifier: BSD-2-Clause
// Logout tokens for tests: alice's session sid-1 at the gateway has ended, and what becomes of it when some
// claims differ.
#pragma once

#include <string>
#include <string_view>

#include "t/harness/builders.h"

namespace slo {

// "corp" as an application's proxy sees it: two clients of its OP, whose key set has one RSA key.
inline Provider a_relying_provider() {
  Provider provider{.name = "corp", .issuer = Issuer{std::string(test_issuer)}};
  provider.store_tag = store_tag(provider.issuer);
  provider.client_ids = {"gateway", "wiki"};
  provider.keys_from = KeysFrom::file;
  provider.keys.add(granted(jose::Key::from_jwk(a_key().public_jwk().get())));
  return provider;
}

// Issued as the clock of a_moment() stands, good for two minutes. A member of `changes` replaces, null
// removes.
inline std::string logout_claims(std::string_view changes = "{}") {
  const auto now = static_cast<json_int_t>(a_moment().seconds().time_since_epoch().count());
  const Json claims{json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:{s:{}}}", "iss",
                              std::string(test_issuer).c_str(), "aud", "gateway", "iat", now, "exp",
                              now + 120, "jti", "jti-1", "sub", "alice", "sid", "sid-1", "events",
                              "http://schemas.openid.net/event/backchannel-logout")};
  return changed_claims(claims, changes);
}

// With a key, an algorithm and a header of the test's own choice; `payload` as it stands.
inline std::string a_signed_logout(const jose::Key& key, jose::Algorithm algorithm, std::string_view header,
                                   std::string_view payload) {
  const Json head = granted(parse_json(header));
  return granted(jose::sign(key, algorithm, head.get(), payload));
}

// As the OP signs it.
inline std::string a_logout_token(std::string_view changes = "{}",
                                  std::string_view header = R"({"typ":"logout+jwt"})") {
  return a_signed_logout(a_key(), jose::Algorithm::RS256, header, logout_claims(changes));
}

}  // namespace slo
