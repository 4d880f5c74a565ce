// SPDX-License-Identifier: BSD-2-Clause
// ID Tokens for tests: alice's at app-a in session sid-1, and what becomes of it when some claims differ.
#pragma once

#include <string>
#include <string_view>

#include "t/harness/builders.h"

namespace slo {

// Issued at login_time, expired an hour later. A member of `changes` replaces, null removes.
inline std::string id_token_claims(std::string_view changes = "{}") {
  const Json claims{json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "iss", std::string(test_issuer).c_str(),
                              "aud", "app-a", "sub", "alice", "sid", "sid-1", "iat",
                              static_cast<json_int_t>(login_time.time_since_epoch().count()), "exp",
                              static_cast<json_int_t>(login_time.time_since_epoch().count() + 3600))};
  return changed_claims(claims, changes);
}

inline std::string a_hint(const Provider& provider, std::string_view changes = "{}") {
  return an_id_token(provider, id_token_claims(changes));
}

// Signed with a key, algorithm and header of the test's own choice.
inline std::string a_hint_signed_by(const jose::Key& key, jose::Algorithm algorithm,
                                    std::string_view header = "{}", std::string_view changes = "{}") {
  const Json head = granted(parse_json(header));
  return granted(jose::sign(key, algorithm, head.get(), id_token_claims(changes)));
}

}  // namespace slo
