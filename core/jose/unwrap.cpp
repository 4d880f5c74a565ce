// SPDX-License-Identifier: BSD-2-Clause
// Finds the content key of a JWE: RSA, AES key wrap, key agreement or the shared key. RFC 7518, 4.
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include <array>

#include "core/jose/internal.h"
#include "core/text/base64url.h"

namespace slo::jose {
namespace {

struct WrapContextRelease {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
struct KdfRelease {
  void operator()(EVP_KDF* kdf) const noexcept { EVP_KDF_free(kdf); }
};
struct KdfContextRelease {
  void operator()(EVP_KDF_CTX* context) const noexcept { EVP_KDF_CTX_free(context); }
};

const unsigned char* wrapped_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* writable_bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::optional<std::string> unwrap_rsa(const Key::Body& body, int padding, std::string_view encrypted_key) {
  const EvpKeyContext context(EVP_PKEY_CTX_new(body.evp.get(), nullptr));
  std::string cek(body.bits / 8 + 1, '\0');
  std::size_t size = cek.size();
  if (EVP_PKEY_decrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), padding) != 1 ||
      EVP_PKEY_decrypt(context.get(), writable_bytes(cek), &size, wrapped_bytes(encrypted_key),
                       encrypted_key.size()) != 1) {
    return std::nullopt;
  }
  cek.resize(size);
  return cek;
}

// Good padding and bad must look alike, or the answers decrypt whatever was sent to this key (RFC
// 7516, 11.5): a key nobody knows takes the place of one that does not open.
std::string unwrap_rsa1_5(const Key::Body& body, std::size_t cek_size, std::string_view encrypted_key) {
  auto cek = hmac(EVP_sha512(), body.seed, encrypted_key).substr(0, cek_size);
  const auto opened = unwrap_rsa(body, RSA_PKCS1_PADDING, encrypted_key);
  return opened && opened->size() == cek_size ? *opened : cek;
}

std::optional<std::string> unwrap_aes(const Key::Body& body, std::size_t cek_size,
                                      std::string_view encrypted_key) {
  if (encrypted_key.size() != cek_size + 8) return std::nullopt;
  const auto* cipher = body.bits == 128   ? EVP_aes_128_wrap()
                       : body.bits == 192 ? EVP_aes_192_wrap()
                                          : EVP_aes_256_wrap();
  const std::unique_ptr<EVP_CIPHER_CTX, WrapContextRelease> context(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  std::string cek(encrypted_key.size() + EVP_MAX_BLOCK_LENGTH, '\0');
  int size = 0;
  if (EVP_DecryptInit_ex(context.get(), cipher, nullptr, wrapped_bytes(body.secret), nullptr) != 1 ||
      EVP_DecryptUpdate(context.get(), writable_bytes(cek), &size, wrapped_bytes(encrypted_key),
                        static_cast<int>(encrypted_key.size())) != 1) {
    return std::nullopt;
  }
  cek.resize(static_cast<std::size_t>(size));
  return cek;
}

std::optional<std::string> shared_secret(const Key::Body& body, EVP_PKEY* peer) {
  const EvpKeyContext context(EVP_PKEY_CTX_new(body.evp.get(), nullptr));
  std::string secret(coordinate_size(body.curve), '\0');
  std::size_t size = secret.size();
  if (EVP_PKEY_derive_init(context.get()) != 1 || EVP_PKEY_derive_set_peer(context.get(), peer) != 1 ||
      EVP_PKEY_derive(context.get(), writable_bytes(secret), &size) != 1 || size != secret.size()) {
    return std::nullopt;
  }
  return secret;
}

void append_number(std::string& text, std::size_t number) {
  for (const int shift : {24, 16, 8, 0}) text += static_cast<char>((number >> shift) & 0xFF);
}

void append_field(std::string& text, std::string_view field) {
  append_number(text, field.size());
  text += field;
}

// Who agrees on what, as the Concat KDF wants to hear it (RFC 7518, 4.6.2); nullopt for an apu or apv that is
// broken.
std::optional<std::string> agreement_info(const json_t* header, const ContentAlgorithm& enc) {
  std::string info;
  append_field(info, enc.name);
  for (const char* party : {"apu", "apv"}) {
    if (!has_member(header, party)) {
      append_field(info, "");
      continue;
    }
    const auto value = from_base64url(string_member(header, party).value_or("="));
    if (!value) return std::nullopt;
    append_field(info, *value);
  }
  append_number(info, enc.cek_size * 8);
  return info;
}

std::optional<std::string> concat_kdf(std::string& secret, std::string& info, std::size_t size) {
  const std::unique_ptr<EVP_KDF, KdfRelease> kdf(EVP_KDF_fetch(nullptr, "SSKDF", nullptr));
  const std::unique_ptr<EVP_KDF_CTX, KdfContextRelease> context(EVP_KDF_CTX_new(kdf.get()));
  std::string digest = "SHA256";
  const std::array parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), digest.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret.data(), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  std::string derived(size, '\0');
  if (EVP_KDF_derive(context.get(), writable_bytes(derived), size, parameters.data()) != 1)
    return std::nullopt;
  return derived;
}

std::optional<std::string> agree(const Key::Body& body, const ContentAlgorithm& enc,
                                 const EncryptedToken& token) {
  const json_t* ephemeral = json_object_get(token.header.get(), "epk");
  const EvpKey peer = make_evp(ephemeral);  // on the curve, or none
  if (!peer) return std::nullopt;
  auto secret = shared_secret(body, peer.get());
  auto info = agreement_info(token.header.get(), enc);
  if (!secret || !info) return std::nullopt;
  return concat_kdf(*secret, *info, enc.cek_size);
}

}  // namespace

bool may_unwrap(const Key::Body& body, std::string_view alg, const ContentAlgorithm& enc,
                const EncryptedToken& token) {
  const std::size_t size = token.encrypted_key.size();
  if (alg == "RSA-OAEP" || alg == "RSA1_5") return size == (body.bits + 7) / 8;
  if (alg == "dir") return size == 0;
  if (alg != "ECDH-ES") return size == enc.cek_size + 8;
  const json_t* ephemeral = json_object_get(token.header.get(), "epk");
  return size == 0 && string_member(ephemeral, "kty") == "EC" && !has_member(ephemeral, "d") &&
         string_member(ephemeral, "crv") == body.curve;
}

std::optional<std::string> unwrap_key(const Key::Body& body, std::string_view alg,
                                      const ContentAlgorithm& enc, const EncryptedToken& token) {
  if (alg == "RSA-OAEP") return unwrap_rsa(body, RSA_PKCS1_OAEP_PADDING, token.encrypted_key);
  if (alg == "RSA1_5") return unwrap_rsa1_5(body, enc.cek_size, token.encrypted_key);
  if (alg == "ECDH-ES") return agree(body, enc, token);
  if (alg == "dir") return body.secret;
  return unwrap_aes(body, enc.cek_size, token.encrypted_key);
}

}  // namespace slo::jose
