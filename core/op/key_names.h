// SPDX-License-Identifier: BSD-2-Clause
// Names the provider's own keys as the OP's key set names them, since that is where clients look them up.
//
// A client picks the key of a logout token by the token's `kid`. A name that the OP does not publish makes a
// rightly signed token a refused one (RFC 7515, section 4.1.4; OpenID Connect Core 1.0, section 10.1).
#pragma once

#include <string>
#include <vector>

#include "core/provider/provider.h"

namespace slo {

struct KeyWarning {
  std::size_t signing_key = 0;  // place in Provider::signing_keys
  std::string why{};
  friend bool operator==(const KeyWarning&, const KeyWarning&) = default;
};

// Each signing, shown and decryption key without a kid of the operator's takes its names from the entries of
// `provider.keys` that have the same public half and may serve it; from an entry without kid the name that is
// none. A kid of the operator's stays. REQUIRES: called once, before anything is signed.
void name_keys(Provider& provider);

// What clients will stumble over, of the keys that sign logout tokens. Nothing where no key set is known.
// REQUIRES: name_keys() was called.
std::vector<KeyWarning> warn_of_names(const Provider& provider);

// The kids of those keys that sign clients' logout tokens and are not among `published`, the OP's, unless
// they are added to these.
std::vector<std::string> unpublished_signing_keys(const Provider& provider, const jose::KeySet& published);

// Is there a key set, and the key that signs for `client` not in it?
bool signs_with_unpublished_key(const Provider& provider, const Client& client);

}  // namespace slo
