// SPDX-License-Identifier: BSD-2-Clause
// Opens compact JWE. RFC 7516, section 5.2.
//
// Not with cjose, up to 0.6.2.3 at least: it writes past its buffer when an AES-wrapped key is too long,
// reads past a short IV, aborts on some base64 in epk and leaks with each ECDH-ES token - all before anything
// is authenticated.
#include <algorithm>

#include "core/jose/internal.h"

namespace slo::jose {
namespace {

std::optional<std::string> open_with(const Key& key, std::string_view alg, const ContentAlgorithm& enc,
                                     const EncryptedToken& token) {
  const auto cek = unwrap_key(key.body(), alg, enc, token);
  if (!cek || cek->size() != enc.cek_size) return std::nullopt;
  return open_content(enc, *cek, token);
}

// What is to be opened and with which keys: all that can be known without any of them at work.
struct DecryptPlan {
  EncryptedToken token{};
  std::string alg{};
  const ContentAlgorithm* enc = nullptr;
  std::vector<const Key*> keys{};
};

Outcome<DecryptPlan> plan_decryption(std::string_view token, const std::vector<const Key*>& keys,
                                     const std::vector<std::string_view>& algs) {
  auto taken = take_apart_encrypted(token);
  if (!taken) return refuse(taken.error());
  const json_t* header = taken->header.get();
  const auto alg = string_member(header, "alg").value_or("");
  if (std::find(algs.begin(), algs.end(), alg) == algs.end()) {
    return refuse(Fault::token_undecryptable, "a key management algorithm that is not allowed");
  }
  const auto* enc = find_content_algorithm(string_member(header, "enc").value_or(""));
  // What is compressed small may be huge, and its size tells of its content.
  if (enc == nullptr || has_member(header, "zip")) {
    return refuse(Fault::token_undecryptable, "an unknown content encryption, or compression");
  }
  if (taken->iv.size() != enc->iv_size || taken->tag.size() != enc->tag_size) {
    return refuse(Fault::token_undecryptable, "IV or tag of a wrong size");
  }
  const auto kid = string_member(header, "kid");
  DecryptPlan plan{.alg = alg, .enc = enc};
  for (const Key* key : keys) {
    if (plan.keys.size() == max_keys_tried) break;
    if (!key->is_private() || !answers_to(*key, kid) || !key->fits_encryption(alg, enc->name)) continue;
    if (may_unwrap(key->body(), alg, *enc, *taken)) plan.keys.push_back(key);
  }
  if (plan.keys.empty()) return refuse(Fault::token_undecryptable, "no key fits it");
  plan.token = *std::move(taken);
  return plan;
}

}  // namespace

Outcome<void> check_decryptable(std::string_view token, const std::vector<const Key*>& keys,
                                const std::vector<std::string_view>& algs) {
  const QuietErrors quiet;
  return plan_decryption(token, keys, algs).map([](const DecryptPlan&) {});
}

Outcome<std::string> decrypt(std::string_view token, const std::vector<const Key*>& keys,
                             const std::vector<std::string_view>& algs) {
  const QuietErrors quiet;
  const auto plan = plan_decryption(token, keys, algs);
  if (!plan) return refuse(plan.error());
  for (const Key* key : plan->keys) {
    if (auto plaintext = open_with(*key, plan->alg, *plan->enc, plan->token)) return *std::move(plaintext);
  }
  return refuse(Fault::token_undecryptable);
}

bool is_sealed_with_zeros(std::string_view token) {
  const QuietErrors quiet;
  const auto taken = take_apart_encrypted(token);
  if (!taken) return false;
  const auto* enc = find_content_algorithm(string_member(taken->header.get(), "enc").value_or(""));
  return enc != nullptr && open_content(*enc, std::string(enc->cek_size, '\0'), *taken).has_value();
}

}  // namespace slo::jose
