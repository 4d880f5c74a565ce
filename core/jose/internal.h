// SPDX-License-Identifier: BSD-2-Clause
// What the files of this room share: the inside of a Key, tokens taken apart, objects that free themselves.
//
// Only jose_*.cpp and their tests include this.
#pragma once

#include <cjose/cjose.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/jose/jose.h"

namespace slo::jose {

struct EvpKeyRelease {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using EvpKey = std::unique_ptr<EVP_PKEY, EvpKeyRelease>;

struct EvpKeyContextRelease {
  void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
};
using EvpKeyContext = std::unique_ptr<EVP_PKEY_CTX, EvpKeyContextRelease>;

struct DigestContextRelease {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, DigestContextRelease>;

struct CjoseKeyRelease {
  void operator()(cjose_jwk_t* key) const noexcept { cjose_jwk_release(key); }
};
using CjoseKey = std::unique_ptr<cjose_jwk_t, CjoseKeyRelease>;

// Takes away what we leave in OpenSSL's error queue: nginx calls it an alert when it finds errors there that
// it did not cause. Stands first in whatever calls OpenSSL.
class QuietErrors {
 public:
  QuietErrors() noexcept { ERR_set_mark(); }
  ~QuietErrors() { ERR_pop_to_mark(); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
};

enum class Kind : std::uint8_t { rsa, ec, okp, oct };

// What OpenSSL makes ready once to verify with one key by one algorithm, for others to copy: to make it takes
// longer than many a signature. Who needs it first makes it, whichever thread that is; after that it is only
// read.
class ReadyContext {
 public:
  ReadyContext() = default;
  ReadyContext(const ReadyContext&) = delete;
  ~ReadyContext() { EVP_MD_CTX_free(ready_.load()); }
  const EVP_MD_CTX* get() const noexcept { return ready_.load(std::memory_order_acquire); }
  // Keeps the first one that it is offered, and tells which that was.
  const EVP_MD_CTX* offer(DigestContext made) noexcept;

 private:
  std::atomic<EVP_MD_CTX*> ready_{nullptr};
};

struct Key::Body {
  Kind kind = Kind::oct;
  std::string curve{};  // P-256, P-384, P-521, Ed25519; empty for RSA and oct
  std::size_t bits = 0;
  bool holds_private = false;  // true for oct
  EvpKey evp{};                // none for oct
  CjoseKey cjose{};            // none for Ed25519
  std::string secret{};        // oct only
  std::string seed{};          // SHA-256 of the private members, for secret_digest()
  Json public_members{};       // kty and the members of the public key, in the order that RFC 7638 wants
  std::string kid{};
  bool is_kid_given = false;  // else it is the thumbprint
  std::vector<PublishedName> published{};
  std::string use{};
  std::string alg{};  // the JWK's own, of signatures or of encryption
  std::optional<std::vector<std::string>> operations{};
  mutable std::array<ReadyContext, 6> verifying{};  // RSA: by algorithm; others have the first alone

  Body() = default;
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;
  ~Body();  // wipes the secret
  bool allows_operation(std::span<const std::string_view> any_of) const;
};

// A key by the members of `jwk`; the only way a Body comes to be, so that PEM and JWK give equal keys.
Outcome<std::unique_ptr<Key::Body>> make_body(const json_t* jwk);
// An OpenSSL key by the members of an RSA, EC or OKP key; null if they are no valid key.
EvpKey make_evp(const json_t* jwk);
// The private JWK of an OpenSSL key.
Outcome<Json> members_of(const EVP_PKEY* key);

// Bytes of a coordinate; 0 for a curve we do not know.
std::size_t coordinate_size(std::string_view curve) noexcept;
// The strictly decoded value of a base64url member; nullopt where absent, empty or not canonical.
std::optional<std::string> bytes_member(const json_t* object, const char* name);

// Empty where OpenSSL fails.
std::string hmac(const EVP_MD* digest, std::string_view key, std::string_view bytes);

// The parts of a compact token between its dots; empty unless there are exactly `count`.
std::vector<std::string_view> split_token(std::string_view token, std::size_t count);
// A JOSE header, decoded, without duplicate members and `crit`.
Outcome<Json> read_header(std::string_view part);

struct SignatureAlgorithm {
  Algorithm algorithm;
  std::string_view name;
  Kind kind;
  std::string_view curve;
  std::size_t least_bits;     // RFC 7518, 3.2: an HMAC key is at least as long as the digest
  const EVP_MD* (*digest)();  // null: Ed25519 has its own
  int padding;                // of RSA
};
const SignatureAlgorithm& row_of(Algorithm algorithm) noexcept;

// Is `signature`, as RFC 7518 writes it, of that key and these bytes? REQUIRES: the key fits the algorithm.
bool is_signed_by(const Key& key, Algorithm algorithm, std::string_view bytes, std::string_view signature);

// verify() without a look at the claims.
Outcome<void> check_signature(const SignedToken& taken, const std::vector<const Key*>& keys,
                              Algorithm pinned);

// Is `key` the one that a header names? A symmetric key has no name and is always a candidate.
bool answers_to(const Key& key, const std::optional<std::string>& kid);

// The content encryption algorithms of RFC 7518, section 5.
struct ContentAlgorithm {
  std::string_view name;
  std::size_t cek_size;
  std::size_t iv_size;
  std::size_t tag_size;
  const EVP_CIPHER* (*cipher)();
  const EVP_MD* (*digest)();  // null: GCM
};
const ContentAlgorithm* find_content_algorithm(std::string_view enc) noexcept;

struct EncryptedToken {
  std::string_view header_part{};  // additional authenticated data
  Json header{};
  std::string encrypted_key{};
  std::string iv{};
  std::string ciphertext{};
  std::string tag{};
};
// REQUIRES: `token` outlives the answer.
Outcome<EncryptedToken> take_apart_encrypted(std::string_view token);

// Does `key` serve the key management algorithm, and does what it says of itself allow it?
bool fits_encryption(const Key::Body& body, std::string_view alg, const ContentAlgorithm& enc);

// Has the token what its algorithm wants of the size and kind that `body` can work on? Costs nothing.
bool may_unwrap(const Key::Body& body, std::string_view alg, const ContentAlgorithm& enc,
                const EncryptedToken& token);

// The content encryption key; nullopt if `body` does not open it. REQUIRES: fits_encryption(), may_unwrap()
// and a private key.
std::optional<std::string> unwrap_key(const Key::Body& body, std::string_view alg,
                                      const ContentAlgorithm& enc, const EncryptedToken& token);
// The plaintext; nullopt if the tag is wrong. REQUIRES: iv and tag of the right size.
std::optional<std::string> open_content(const ContentAlgorithm& enc, std::string_view cek,
                                        const EncryptedToken& token);
// Was the content key all zero bytes? Such tokens, which some cjose makes, are readable for everybody.
bool is_sealed_with_zeros(std::string_view token);

}  // namespace slo::jose
