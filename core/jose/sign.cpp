// SPDX-License-Identifier: BSD-2-Clause
// Signs compact JWS: cjose does all but Ed25519, which it does not know. RFC 7515, section 5.1; RFC 8037.
//
// Touches nothing that two threads could share but the key, and that only to read.
#include <array>

#include "core/jose/internal.h"
#include "core/text/base64url.h"

namespace slo::jose {
namespace {

struct CjoseSignedRelease {
  void operator()(cjose_jws_t* jws) const noexcept { cjose_jws_release(jws); }
};
using CjoseSigned = std::unique_ptr<cjose_jws_t, CjoseSignedRelease>;

Json signing_header(const Key& key, Algorithm algorithm, const json_t* header) {
  Json made(json_object());
  json_object_set_new(made.get(), "alg", json_null());  // keeps alg in front, whatever `header` holds
  if (header != nullptr) {
    const Json copy(json_deep_copy(header));
    json_object_update(made.get(), copy.get());
  }
  json_object_set_new(made.get(), "alg", make_string(name_of(algorithm)).release());
  json_object_del(made.get(), "kid");
  const std::string& kid = key.kid_for(algorithm);
  if (!is_symmetric(algorithm) && !kid.empty())
    json_object_set_new(made.get(), "kid", make_string(kid).release());
  return made;
}

Outcome<std::string> sign_with_ed25519(const Key& key, const json_t* header, std::string_view payload) {
  std::string token = base64url(dump_json(header)) + "." + base64url(payload);
  const DigestContext context(EVP_MD_CTX_new());
  std::array<unsigned char, 64> signature;
  std::size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.body().evp.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size,
                     reinterpret_cast<const unsigned char*>(token.data()), token.size()) != 1) {
    return refuse(Fault::key_unusable, "OpenSSL does not sign with the Ed25519 key");
  }
  return token + "." + base64url({reinterpret_cast<const char*>(signature.data()), size});
}

Outcome<std::string> sign_with_cjose(const Key& key, json_t* header, std::string_view payload) {
  cjose_err error{};
  const auto* bytes = reinterpret_cast<const unsigned char*>(payload.empty() ? "" : payload.data());
  const CjoseSigned jws(cjose_jws_sign(key.body().cjose.get(), header, bytes, payload.size(), &error));
  const char* token = nullptr;  // stays cjose's
  if (!jws || !cjose_jws_export(jws.get(), &token, &error) || token == nullptr) {
    return refuse(Fault::key_unusable, "cjose does not sign with the key");
  }
  return std::string(token);
}

}  // namespace

Outcome<std::string> sign(const Key& key, Algorithm algorithm, const json_t* header,
                          std::string_view payload) {
  const QuietErrors quiet;
  if (!key.is_private() || !key.fits(algorithm)) {
    return refuse(Fault::key_unusable, "the key does not fit " + std::string(name_of(algorithm)));
  }
  const Json full_header = signing_header(key, algorithm, header);
  if (algorithm == Algorithm::EdDSA) return sign_with_ed25519(key, full_header.get(), payload);
  return sign_with_cjose(key, full_header.get(), payload);
}

}  // namespace slo::jose
