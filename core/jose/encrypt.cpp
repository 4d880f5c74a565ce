// SPDX-License-Identifier: BSD-2-Clause
// Makes compact JWE over cjose. RFC 7516, section 5.1.
#include <array>
#include <span>

#include "core/jose/internal.h"
#include "core/text/base64url.h"

namespace slo::jose {
namespace {

struct CjoseEncryptedRelease {
  void operator()(cjose_jwe_t* jwe) const noexcept { cjose_jwe_release(jwe); }
};
struct CjoseTextRelease {
  void operator()(char* text) const noexcept { cjose_get_dealloc()(text); }
};

struct ManagementRow {
  std::string_view alg;
  Kind kind;
  std::size_t bits;  // of a symmetric key; 0: any, or as the content encryption wants it
  std::span<const std::string_view> operations;
  bool is_made;
};
constexpr std::array<std::string_view, 4> rsa_operations{"encrypt", "decrypt", "wrapKey", "unwrapKey"};
constexpr std::array<std::string_view, 2> agree_operations{"deriveKey", "deriveBits"};
constexpr std::array<std::string_view, 2> wrap_operations{"wrapKey", "unwrapKey"};
constexpr std::array<std::string_view, 2> direct_operations{"encrypt", "decrypt"};

constexpr std::array<ManagementRow, 7> management_table{{
    {"RSA-OAEP", Kind::rsa, 0, rsa_operations, true},
    {"RSA1_5", Kind::rsa, 0, rsa_operations, false},
    {"ECDH-ES", Kind::ec, 0, agree_operations, true},
    {"A128KW", Kind::oct, 128, wrap_operations, true},
    {"A192KW", Kind::oct, 192, wrap_operations, true},
    {"A256KW", Kind::oct, 256, wrap_operations, true},
    {"dir", Kind::oct, 0, direct_operations, true},
}};

const ManagementRow* find_management(std::string_view alg) noexcept {
  for (const auto& row : management_table) {
    if (row.alg == alg) return &row;
  }
  return nullptr;
}

std::size_t symmetric_bits(const ManagementRow& row, const ContentAlgorithm& enc) {
  return row.bits == 0 ? enc.cek_size * 8 : row.bits;
}

Json encryption_header(const Key& key, std::string_view alg, std::string_view enc, const json_t* header) {
  Json made(json_object());
  for (const char* name : {"alg", "enc"}) json_object_set_new(made.get(), name, json_null());  // in front
  if (header != nullptr) {
    const Json copy(json_deep_copy(header));
    json_object_update(made.get(), copy.get());
  }
  json_object_set_new(made.get(), "alg", make_string(alg).release());
  json_object_set_new(made.get(), "enc", make_string(enc).release());
  json_object_del(made.get(), "kid");
  if (!key.kid().empty()) json_object_set_new(made.get(), "kid", make_string(key.kid()).release());
  return made;
}

}  // namespace

bool Key::fits_encryption(std::string_view alg, std::string_view enc) const noexcept {
  const auto* row = find_management(alg);
  const auto* content = find_content_algorithm(enc);
  if (row == nullptr || content == nullptr || body_->kind != row->kind) return false;
  if (body_->kind == Kind::oct && body_->bits != symmetric_bits(*row, *content)) return false;
  if (!body_->use.empty() && body_->use != "enc") return false;
  // The key of `dir` is one of the content encryption, and may say so (RFC 7520, 5.6).
  if (!body_->alg.empty() && body_->alg != alg && !(alg == "dir" && body_->alg == enc)) return false;
  return body_->allows_operation(row->operations);
}

bool is_known_encryption(std::string_view alg, std::string_view enc) noexcept {
  const auto* row = find_management(alg);
  return row != nullptr && row->is_made && find_content_algorithm(enc) != nullptr;
}

Outcome<Key> encryption_key_of(const Key& secret, std::string_view alg, std::string_view enc) {
  const auto* row = find_management(alg);
  const auto* content = find_content_algorithm(enc);
  if (row == nullptr || content == nullptr || row->kind != Kind::oct || secret.body().kind != Kind::oct) {
    return refuse(Fault::key_unusable, "no key can be derived from a client_secret for " + std::string(alg));
  }
  const auto size = symmetric_bits(*row, *content) / 8;
  const auto* digest = size <= 32 ? EVP_sha256() : size <= 48 ? EVP_sha384() : EVP_sha512();
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash;
  EVP_Digest(secret.body().secret.data(), secret.body().secret.size(), hash.data(), nullptr, digest, nullptr);
  Json jwk(json_pack("{s:s}", "kty", "oct"));
  const auto k = base64url({reinterpret_cast<const char*>(hash.data()), size});
  json_object_set_new(jwk.get(), "k", make_string(k).release());
  return Key::from_jwk(jwk.get());
}

Outcome<std::string> encrypt(const Key& key, std::string_view alg, std::string_view enc, const json_t* header,
                             std::string_view plaintext) {
  const QuietErrors quiet;
  if (!is_known_encryption(alg, enc) || !key.fits_encryption(alg, enc)) {
    return refuse(Fault::key_unusable,
                  "the key does not fit " + std::string(alg) + " with " + std::string(enc));
  }
  const Json full_header = encryption_header(key, alg, enc, header);
  cjose_err error{};
  const auto* bytes = reinterpret_cast<const unsigned char*>(plaintext.empty() ? "" : plaintext.data());
  const std::unique_ptr<cjose_jwe_t, CjoseEncryptedRelease> jwe(
      cjose_jwe_encrypt(key.body().cjose.get(), full_header.get(), bytes, plaintext.size(), &error));
  const std::unique_ptr<char, CjoseTextRelease> token(jwe ? cjose_jwe_export(jwe.get(), &error) : nullptr);
  if (!token) return refuse(Fault::key_unusable, "cjose does not encrypt with the key");
  if (is_sealed_with_zeros(token.get())) {
    return refuse(Fault::key_unusable,
                  "this cjose encrypts with a key of zeros (CVE-2026-53939): it must be updated");
  }
  return std::string(token.get());
}

}  // namespace slo::jose
