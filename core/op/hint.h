// SPDX-License-Identifier: BSD-2-Clause
// Verifies an id_token_hint: all or nothing. protocol: RPI 2, OIDC Core 3.1.3.7, RFC 8725.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/client/client.h"
#include "core/moment.h"
#include "core/names.h"
#include "core/outcome.h"
#include "core/provider/provider.h"

namespace slo {

// What a verified id_token_hint says.
struct Hint {
  ClientRef client{};
  Subject sub{};
  std::optional<Sid> sid{};
  bool expired = false;
};

// The verified hint, or the first thing that is wrong with it; in the latter case nothing of it may be used,
// not even what stood up. A five-part hint is decrypted with the provider's keys and must hold a signed one.
//
// Before the signature is verified iss, aud and azp are read, only to find the client whose algorithm and
// (HS*) secret apply. Of an aud with several values azp decides, if it is one of them, else `client_id` under
// the same condition. Whether a sent client_id equals the hint's client is the caller's question, who has a
// choice what to do then.
Outcome<Hint> verify_hint(const Provider& provider, std::string_view token,
                          const std::optional<std::string>& client_id, const Moment& moment);

}  // namespace slo
