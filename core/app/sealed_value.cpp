// SPDX-License-Identifier: BSD-2-Clause
// AES-256-GCM over one cookie's value, under a key of its own for each session and name.
#include "core/app/sealed_value.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

#include "core/digest.h"

namespace slo {
namespace {

constexpr std::size_t tag_size = 16;

struct SealContextRelease {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using SealContext = std::unique_ptr<EVP_CIPHER_CTX, SealContextRelease>;

const unsigned char* sealed_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* sealed_bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// One key for all values would be worn out by random nonces after some 2^32 of them.
std::string key_about(std::string_view secret, std::string_view about) { return hmac_sha256(secret, about); }

// Encrypts or decrypts; the tag is for the caller.
std::optional<std::string> crypt(EVP_CIPHER_CTX* context, std::string_view about, std::string_view text) {
  std::string done(text.size(), '\0');
  int size = 0;
  if (EVP_CipherUpdate(context, nullptr, &size, sealed_bytes(about), static_cast<int>(about.size())) != 1)
    return std::nullopt;
  if (EVP_CipherUpdate(context, sealed_bytes(done), &size, sealed_bytes(text),
                       static_cast<int>(text.size())) != 1)
    return std::nullopt;
  return done;
}

SealContext begin_crypt(std::string_view secret, std::string_view about, std::string_view nonce12,
                        bool seals) {
  SealContext context(EVP_CIPHER_CTX_new());
  const std::string key = key_about(secret, about);
  const int begun =
      EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, sealed_bytes(std::string_view(key)),
                        sealed_bytes(nonce12), seals ? 1 : 0);
  if (begun != 1) std::abort();  // nothing of it depends on what came from outside
  return context;
}

// Where the tag is wrong, fails when opening.
bool end_crypt(EVP_CIPHER_CTX* context) {
  unsigned char nothing[EVP_MAX_BLOCK_LENGTH];
  int size = 0;
  return EVP_CipherFinal_ex(context, nothing, &size) == 1;
}

}  // namespace

std::string sealed_about(const SessionKey& key, std::string_view cookie_name) {
  return (key.value + '\x1f').append(cookie_name);
}

std::string seal_value(std::string_view secret, std::string_view about, std::string_view value,
                       std::string_view nonce12) {
  if (secret.empty() || nonce12.size() != seal_nonce_size) return {};
  const SealContext context = begin_crypt(secret, about, nonce12, true);
  const auto ciphertext = crypt(context.get(), about, value);
  std::string tag(tag_size, '\0');
  if (!ciphertext || !end_crypt(context.get()) ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, tag.data()) != 1) {
    std::abort();
  }
  return std::string(nonce12) + *ciphertext + tag;
}

std::optional<std::string> open_value(std::string_view secret, std::string_view about,
                                      std::string_view sealed) {
  if (secret.empty() || sealed.size() < seal_nonce_size + tag_size) return std::nullopt;
  const std::string_view nonce = sealed.substr(0, seal_nonce_size);
  std::string tag(sealed.substr(sealed.size() - tag_size));
  sealed.remove_prefix(seal_nonce_size);
  sealed.remove_suffix(tag_size);
  const SealContext context = begin_crypt(secret, about, nonce, false);
  if (EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) != 1)
    return std::nullopt;
  auto value = crypt(context.get(), about, sealed);
  return value && end_crypt(context.get()) ? value : std::nullopt;
}

}  // namespace slo
