// SPDX-License-Identifier: BSD-2-Clause
// Verifies compact JWS with the algorithm that the caller pins. RFC 7515, section 5.2; RFC 8725, section 3.1.
#include "core/jose/internal.h"

namespace slo::jose {
namespace {

std::vector<const Key*> candidates_for(const std::vector<const Key*>& keys, Algorithm pinned,
                                       const std::optional<std::string>& kid) {
  std::vector<const Key*> candidates;
  for (const Key* key : keys) {
    if (answers_to(*key, kid) && key->fits(pinned)) candidates.push_back(key);
  }
  return candidates;
}

}  // namespace

Outcome<void> check_signature(const SignedToken& taken, const std::vector<const Key*>& keys,
                              Algorithm pinned) {
  const json_t* header = taken.parsed.header.get();
  if (string_member(header, "alg") != name_of(pinned)) {
    return refuse(Fault::token_algorithm_refused, "not " + std::string(name_of(pinned)));
  }
  const auto candidates = candidates_for(keys, pinned, string_member(header, "kid"));
  if (candidates.empty()) {
    return refuse(Fault::token_key_unknown, "no key for " + std::string(name_of(pinned)) +
                                                (has_member(header, "kid") ? " of this kid" : ""));
  }
  for (const Key* key : candidates) {
    if (is_signed_by(*key, pinned, taken.signing_input, taken.signature)) return {};
  }
  return refuse(Fault::token_signature_invalid);
}

Outcome<Parsed> verify(std::string_view token, const std::vector<const Key*>& keys, Algorithm pinned) {
  auto taken = take_apart(token);
  if (!taken) return refuse(std::move(taken.error()));
  return verify(*std::move(taken), keys, pinned);
}

Outcome<Parsed> verify(SignedToken taken, const std::vector<const Key*>& keys, Algorithm pinned) {
  const QuietErrors quiet;
  auto checked = check_signature(taken, keys, pinned);
  if (!checked) return refuse(std::move(checked.error()));
  return std::move(taken.parsed);
}

}  // namespace slo::jose
