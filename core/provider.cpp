// SPDX-License-Identifier: BSD-2-Clause
// Which key signs for whom, and what all hosts of one provider agree on without asking each other.
#include "core/provider.h"

#include <algorithm>
#include <array>

#include "core/digest.h"

namespace slo {

jose::Algorithm Provider::default_algorithm() const {
  const auto is_rsa = [](const jose::Key& key) { return key.natural_algorithm() == jose::Algorithm::RS256; };
  if (signing_keys.empty() || std::ranges::any_of(signing_keys, is_rsa)) return jose::Algorithm::RS256;
  return signing_keys.front().natural_algorithm();
}

jose::Algorithm Provider::algorithm_of(const Client& client) const {
  return client.id_token_signed_response_alg.value_or(default_algorithm());
}

const jose::Key* Provider::signing_key_for(const Client& client) const {
  const jose::Algorithm algorithm = algorithm_of(client);
  if (jose::is_symmetric(algorithm)) return client.secret ? &*client.secret : nullptr;
  const auto signs = [&](const jose::Key& key) { return key.is_private() && key.fits(algorithm); };
  const auto found = std::ranges::find_if(signing_keys, signs);
  return found == signing_keys.end() ? nullptr : &*found;
}

std::string store_tag(const Issuer& issuer) { return jose::base64url(sha256(issuer.value)).substr(0, 6); }

Json published_keys(const Provider& provider) {
  Json keys(json_array());
  for (const jose::Key& key : provider.signing_keys) {
    json_array_append_new(keys.get(), key.public_jwk().release());
  }
  Json set(json_object());
  json_object_set_new(set.get(), "keys", keys.release());
  return set;
}

}  // namespace slo
