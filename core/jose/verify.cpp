// SPDX-License-Identifier: BSD-2-Clause
// Verifies compact JWS with the algorithm that the caller pins. RFC 7515, section 5.2; RFC 8725, section 3.1.
#include "core/jose/internal.h"

namespace slo::jose {
namespace {

struct CjoseVerifiedRelease {
  void operator()(cjose_jws_t* jws) const noexcept { cjose_jws_release(jws); }
};
using CjoseVerified = std::unique_ptr<cjose_jws_t, CjoseVerifiedRelease>;

std::vector<const Key*> candidates_for(const std::vector<const Key*>& keys, Algorithm pinned,
                                       const std::optional<std::string>& kid) {
  std::vector<const Key*> candidates;
  for (const Key* key : keys) {
    if (answers_to(*key, kid) && key->fits(pinned)) candidates.push_back(key);
  }
  return candidates;
}

// cjose halves an ECDSA signature wherever its middle is, takes short RSA ones, and reads an HMAC's full
// length before it looks how long it is.
std::size_t signature_size(const Key::Body& body, Algorithm pinned) {
  switch (body.kind) {
    case Kind::rsa:
      return (body.bits + 7) / 8;
    case Kind::ec:
      return 2 * coordinate_size(body.curve);
    case Kind::okp:
      return 64;
    case Kind::oct:
      return pinned == Algorithm::HS256 ? 32 : pinned == Algorithm::HS384 ? 48 : 64;
  }
  return 0;
}

bool is_all_zero(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

bool has_zero_half(std::string_view signature) {
  const auto half = signature.size() / 2;
  return is_all_zero(signature.substr(0, half)) || is_all_zero(signature.substr(half));
}

bool verify_with_ed25519(const Key& key, const SignedToken& taken) {
  const DigestContext context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.body().evp.get()) == 1 &&
         EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(taken.signature.data()),
                          taken.signature.size(),
                          reinterpret_cast<const unsigned char*>(taken.signing_input.data()),
                          taken.signing_input.size()) == 1;
}

bool verify_with_cjose(const Key& key, cjose_jws_t* jws) {
  cjose_err error{};
  return jws != nullptr && cjose_jws_verify(jws, key.body().cjose.get(), &error);
}

bool is_signed_by(const Key& key, Algorithm pinned, const SignedToken& taken, cjose_jws_t* jws) {
  const auto& body = key.body();
  if (taken.signature.size() != signature_size(body, pinned)) return false;
  if (body.kind == Kind::ec && has_zero_half(taken.signature)) return false;
  return body.kind == Kind::okp ? verify_with_ed25519(key, taken) : verify_with_cjose(key, jws);
}

}  // namespace

Outcome<void> check_signature(const SignedToken& taken, const std::vector<const Key*>& keys,
                              Algorithm pinned) {
  const json_t* header = taken.parsed.header.get();
  // cjose does what the header says. From here on the header says what the caller says.
  if (string_member(header, "alg") != name_of(pinned)) {
    return refuse(Fault::token_algorithm_refused, "not " + std::string(name_of(pinned)));
  }
  const auto candidates = candidates_for(keys, pinned, string_member(header, "kid"));
  if (candidates.empty()) {
    return refuse(Fault::token_key_unknown, "no key for " + std::string(name_of(pinned)) +
                                                (has_member(header, "kid") ? " of this kid" : ""));
  }
  cjose_err error{};
  const CjoseVerified jws(pinned == Algorithm::EdDSA
                              ? nullptr
                              : cjose_jws_import(taken.token.data(), taken.token.size(), &error));
  for (const Key* key : candidates) {
    if (is_signed_by(*key, pinned, taken, jws.get())) return {};
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
