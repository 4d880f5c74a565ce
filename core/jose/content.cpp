// SPDX-License-Identifier: BSD-2-Clause
// Opens the content of a JWE once its key is known: AES-GCM and AES-CBC with HMAC. RFC 7518, section 5.
#include <openssl/crypto.h>

#include <array>

#include "core/jose/internal.h"

namespace slo::jose {
namespace {

constexpr std::array<ContentAlgorithm, 6> content_table{{
    {"A128CBC-HS256", 32, 16, 16, EVP_aes_128_cbc, EVP_sha256},
    {"A192CBC-HS384", 48, 16, 24, EVP_aes_192_cbc, EVP_sha384},
    {"A256CBC-HS512", 64, 16, 32, EVP_aes_256_cbc, EVP_sha512},
    {"A128GCM", 16, 12, 16, EVP_aes_128_gcm, nullptr},
    {"A192GCM", 24, 12, 16, EVP_aes_192_gcm, nullptr},
    {"A256GCM", 32, 12, 16, EVP_aes_256_gcm, nullptr},
}};

struct CipherContextRelease {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, CipherContextRelease>;

const unsigned char* content_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::optional<std::string> decipher(EVP_CIPHER_CTX* context, std::string_view ciphertext) {
  std::string plaintext(ciphertext.size() + EVP_MAX_BLOCK_LENGTH, '\0');
  auto* out = reinterpret_cast<unsigned char*>(plaintext.data());
  int size = 0;
  int last = 0;
  if (EVP_DecryptUpdate(context, out, &size, content_bytes(ciphertext),
                        static_cast<int>(ciphertext.size())) != 1 ||
      EVP_DecryptFinal_ex(context, out + size, &last) != 1) {
    return std::nullopt;
  }
  plaintext.resize(static_cast<std::size_t>(size) + static_cast<std::size_t>(last));
  return plaintext;
}

std::optional<std::string> open_gcm(const ContentAlgorithm& enc, std::string_view cek,
                                    const EncryptedToken& token) {
  const CipherContext context(EVP_CIPHER_CTX_new());
  std::string tag = token.tag;  // OpenSSL wants to write to what it only reads
  int size = 0;
  if (EVP_DecryptInit_ex(context.get(), enc.cipher(), nullptr, content_bytes(cek), content_bytes(token.iv)) !=
          1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()), tag.data()) !=
          1 ||
      EVP_DecryptUpdate(context.get(), nullptr, &size, content_bytes(token.header_part),
                        static_cast<int>(token.header_part.size())) != 1) {
    return std::nullopt;
  }
  return decipher(context.get(), token.ciphertext);
}

// The length of the additional data in bits, 64 of them, the highest first.
std::string length_in_bits(std::size_t bytes) {
  std::string text(8, '\0');
  std::uint64_t bits = std::uint64_t{bytes} * 8;
  for (auto at = text.rbegin(); at != text.rend(); ++at, bits >>= 8) *at = static_cast<char>(bits & 0xFF);
  return text;
}

std::optional<std::string> open_cbc(const ContentAlgorithm& enc, std::string_view cek,
                                    const EncryptedToken& token) {
  const auto half = cek.size() / 2;
  const std::string authenticated =
      std::string(token.header_part) + token.iv + token.ciphertext + length_in_bits(token.header_part.size());
  const auto tag = hmac(enc.digest(), cek.substr(0, half), authenticated).substr(0, enc.tag_size);
  if (tag.size() != token.tag.size() || CRYPTO_memcmp(tag.data(), token.tag.data(), tag.size()) != 0)
    return std::nullopt;
  const CipherContext context(EVP_CIPHER_CTX_new());
  if (EVP_DecryptInit_ex(context.get(), enc.cipher(), nullptr, content_bytes(cek.substr(half)),
                         content_bytes(token.iv)) != 1) {
    return std::nullopt;
  }
  return decipher(context.get(), token.ciphertext);
}

}  // namespace

const ContentAlgorithm* find_content_algorithm(std::string_view enc) noexcept {
  for (const auto& row : content_table) {
    if (row.name == enc) return &row;
  }
  return nullptr;
}

std::optional<std::string> open_content(const ContentAlgorithm& enc, std::string_view cek,
                                        const EncryptedToken& token) {
  return enc.digest == nullptr ? open_gcm(enc, cek, token) : open_cbc(enc, cek, token);
}

}  // namespace slo::jose
