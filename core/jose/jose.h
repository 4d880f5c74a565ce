// SPDX-License-Identifier: BSD-2-Clause
// The RAII skin over cjose and OpenSSL: compact JWS and JWE, key sets, algorithms pinned by the caller.
//
// cjose signs (but for Ed25519) and encrypts. No token that somebody sent gets there: it is taken apart here,
// and OpenSSL verifies or opens it.
//
// The algorithm never comes from the token or from the key set: the caller says which one is right. jwk, jku,
// x5u and x5c in a header are ignored, `crit` and duplicate members refuse the token, `none` does not exist
// here. RFC 7515, 7516, 7517, 7518, 7638, 8037, 8725.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/outcome.h"
#include "core/text/json.h"

namespace slo::jose {

enum class Algorithm : std::uint8_t {
  RS256,
  RS384,
  RS512,
  PS256,
  PS384,
  PS512,
  ES256,
  ES384,
  ES512,
  HS256,
  HS384,
  HS512,
  EdDSA
};
std::optional<Algorithm> read_algorithm(std::string_view name) noexcept;
std::string_view name_of(Algorithm algorithm) noexcept;
bool is_symmetric(Algorithm algorithm) noexcept;
// Does a signature take a good part of a millisecond? RSA, P-384 and P-521; not P-256, Ed25519 and HMAC.
bool is_slow_to_sign(Algorithm algorithm) noexcept;

inline constexpr std::size_t max_token = 16 * 1024;  // bytes of a compact token

// How an entry of a key set names a key; no kid where it has none, no algorithm where it allows any.
struct PublishedName {
  std::string kid{};
  std::optional<Algorithm> algorithm{};
  bool allows(Algorithm wanted) const noexcept { return !algorithm || *algorithm == wanted; }
  friend bool operator==(const PublishedName&, const PublishedName&) = default;
};

// One key, public or private; cheap to move, safe to use from several threads for signing and verifying.
class Key {
 public:
  Key(Key&&) noexcept;
  Key& operator=(Key&&) noexcept;
  ~Key();

  // A PEM private key: RSA of at least 2048 bits, P-256, P-384, P-521 or Ed25519. Fault::key_unusable with a
  // reason.
  static Outcome<Key> from_pem(std::string_view pem);
  // A client_secret as a symmetric key. Fault::key_unusable below 32 bytes.
  static Outcome<Key> from_secret(std::string_view secret);
  // A single JWK, public or private. Fault::key_unusable.
  static Outcome<Key> from_jwk(const json_t* jwk);

  // Given, or the RFC 7638 thumbprint; empty for a symmetric key.
  const std::string& kid() const noexcept;
  void set_kid(std::string kid);
  bool has_given_kid() const noexcept;  // by its JWK or set_kid()
  // The names under which others find this key: kid() becomes the first of them. REQUIRES: at least one.
  void publish_as(std::vector<PublishedName> names);
  const std::vector<PublishedName>& published_names() const noexcept;  // empty: nobody has said so
  // What a token says that this key signs: the first published name that allows `algorithm`, else kid().
  // Empty: it names no key.
  const std::string& kid_for(Algorithm algorithm) const noexcept;
  // Have both the same public half, whatever they say of themselves? Symmetric keys have none.
  bool is_same_pair(const Key& other) const noexcept;
  // The JWK's own "alg", if it has one.
  std::optional<Algorithm> own_algorithm() const;
  // Its own, else RS256, ES256/384/512, EdDSA or HS256 by kind and curve.
  Algorithm natural_algorithm() const;
  // Right type, right curve, long enough, and alg, use and key_ops allow it?
  bool fits(Algorithm algorithm) const noexcept;
  // The same for encrypt() and decrypt(); false for what is_known_encryption() does not know, but for RSA1_5.
  bool fits_encryption(std::string_view alg, std::string_view enc) const noexcept;
  bool is_private() const noexcept;
  bool is_for_encryption() const noexcept;  // "use":"enc"
  // kty, kid, use ("sig" where it has none), and the public members only.
  Json public_jwk() const;
  // 32 bytes derived from the private part, for our own tickets; all hosts with the same key get the same.
  // Empty for a public key.
  std::string secret_digest(std::string_view label) const;

  struct Body;
  const Body& body() const noexcept { return *body_; }

 private:
  explicit Key(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

// A JWK set. Keys that we cannot use (unknown types and curves, too short, broken) are left out and counted;
// only a document that is no key set at all is refused (Fault::key_unusable).
class KeySet {
 public:
  static Outcome<KeySet> parse(std::string_view text);

  void add(Key key) { keys_.push_back(std::move(key)); }
  const std::vector<Key>& keys() const noexcept { return keys_; }
  std::size_t left_out() const noexcept { return left_out_; }

 private:
  std::vector<Key> keys_{};
  std::size_t left_out_ = 0;
};

struct Parsed {
  Json header{};
  Json claims{};
};

// A compact JWS in parts, not verified.
struct SignedToken {
  std::string_view token{};
  Parsed parsed{};
  std::string_view signing_input{};
  std::string signature{};
};

// Takes a compact JWS apart without verifying it; nothing in the answer may be trusted, it only serves to
// find out whose algorithm and key apply. Refuses what no signature could heal: size, structure, padding or
// illegal base64url, duplicate members, non-objects, `crit`, a five-part token. REQUIRES: `token` outlives
// the answer.
Outcome<SignedToken> take_apart(std::string_view token);

// The header of a compact token of three or five parts, not to be trusted either.
Outcome<Json> token_header(std::string_view token);

// Verifies a compact JWS. `pinned` is the only algorithm accepted. With a kid in the header only keys of that
// kid are tried, otherwise every key that fits. token_algorithm_refused, token_key_unknown,
// token_signature_invalid.
Outcome<Parsed> verify(std::string_view token, const std::vector<const Key*>& keys, Algorithm pinned);
Outcome<Parsed> verify(SignedToken taken, const std::vector<const Key*>& keys, Algorithm pinned);

// A compact JWS. `header` gets alg and kid (symmetric keys and keys published without one: no kid); members
// of `header` (typ …) are kept. REQUIRES: key.is_private() or symmetric, key.fits(algorithm).
// Fault::key_unusable if the library refuses.
Outcome<std::string> sign(const Key& key, Algorithm algorithm, const json_t* header,
                          std::string_view payload);

// Compact JWE. `alg`: RSA-OAEP, ECDH-ES, A128KW, A192KW, A256KW, dir; `enc`: A128CBC-HS256, A192CBC-HS384,
// A256CBC-HS512, A128GCM, A192GCM, A256GCM - what cjose offers. `header` may hold further members (iss, cty,
// typ). REQUIRES: key.fits_encryption(alg, enc). Fault::key_unusable.
Outcome<std::string> encrypt(const Key& key, std::string_view alg, std::string_view enc, const json_t* header,
                             std::string_view plaintext);
// Can encrypt() do it? RSA1_5 is not among them: it is opened where configured, never made.
bool is_known_encryption(std::string_view alg, std::string_view enc) noexcept;
// The symmetric key that a client_secret stands for (OpenID Connect Core 1.0, section 10.2): A128KW … A256KW,
// dir. Fault::key_unusable for other `alg` and other kinds of `secret`.
Outcome<Key> encryption_key_of(const Key& secret, std::string_view alg, std::string_view enc);

inline bool is_encrypted(std::string_view token) noexcept {  // five parts
  std::size_t dots = 0;
  for (auto at = token.find('.'); at != std::string_view::npos; at = token.find('.', at + 1)) ++dots;
  return dots == 4;
}
// Decrypts with the key that the header's kid names, else with each that fits, at most the first
// `max_keys_tried`. `algs`: the key management algorithms allowed: those of encrypt(), and RSA1_5.
// Fault::token_undecryptable, or what take_apart() says of a broken token or header.
inline constexpr std::size_t max_keys_tried = 4;
Outcome<std::string> decrypt(std::string_view token, const std::vector<const Key*>& keys,
                             const std::vector<std::string_view>& algs);

// What decrypt() refuses before any key has worked: algorithms, sizes, names. It takes microseconds.
Outcome<void> check_decryptable(std::string_view token, const std::vector<const Key*>& keys,
                                const std::vector<std::string_view>& algs);

}  // namespace slo::jose
