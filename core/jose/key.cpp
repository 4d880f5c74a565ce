// SPDX-License-Identifier: BSD-2-Clause
// A key and what it says of itself. RFC 7517, RFC 7638.
#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include <utility>

#include "core/jose/internal.h"
#include "core/text/base64url.h"

namespace slo::jose {

Key::Key(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Key::Key(Key&&) noexcept = default;
Key& Key::operator=(Key&&) noexcept = default;
Key::~Key() = default;

Key::Body::~Body() { OPENSSL_cleanse(secret.data(), secret.size()); }

Outcome<Key> Key::from_secret(std::string_view secret) {
  if (secret.size() < 32) {
    return refuse(Fault::key_unusable,
                  "symmetric key of " + std::to_string(secret.size()) + " bytes, at least 32 are required");
  }
  Json jwk(json_object());
  json_object_set_new(jwk.get(), "kty", json_string("oct"));
  json_object_set_new(jwk.get(), "k", make_string(base64url(secret)).release());
  return from_jwk(jwk.get());
}

Outcome<Key> Key::from_jwk(const json_t* jwk) {
  const QuietErrors quiet;
  auto body = make_body(jwk);
  if (!body) return refuse(std::move(body.error()));
  return Key(std::move(*body));
}

const std::string& Key::kid() const noexcept { return body_->kid; }

void Key::set_kid(std::string kid) {
  body_->kid = std::move(kid);
  body_->is_kid_given = true;
}

bool Key::has_given_kid() const noexcept { return body_->is_kid_given; }

void Key::publish_as(std::vector<PublishedName> names) {
  body_->published = std::move(names);
  body_->kid = body_->published.front().kid;
}

const std::vector<PublishedName>& Key::published_names() const noexcept { return body_->published; }

const std::string& Key::kid_for(Algorithm algorithm) const noexcept {
  for (const PublishedName& name : body_->published) {
    if (name.allows(algorithm)) return name.kid;
  }
  return body_->kid;
}

bool Key::is_same_pair(const Key& other) const noexcept {
  const QuietErrors quiet;
  return body_->evp && other.body_->evp && EVP_PKEY_eq(body_->evp.get(), other.body_->evp.get()) == 1;
}

bool Key::is_private() const noexcept { return body_->holds_private; }

bool Key::is_for_encryption() const noexcept { return body_->use == "enc"; }

Json Key::public_jwk() const {
  Json jwk(json_deep_copy(body_->public_members.get()));
  if (!body_->kid.empty()) json_object_set_new(jwk.get(), "kid", make_string(body_->kid).release());
  json_object_set_new(jwk.get(), "use", make_string(body_->use.empty() ? "sig" : body_->use).release());
  return jwk;
}

std::string Key::secret_digest(std::string_view label) const {
  // What a public key digests to, everybody could compute.
  if (!body_->holds_private) return {};
  return hmac(EVP_sha256(), body_->seed, label);
}

std::string hmac(const EVP_MD* digest, std::string_view key, std::string_view bytes) {
  std::string mac(static_cast<std::size_t>(EVP_MD_get_size(digest)), '\0');
  const auto* made = HMAC(digest, key.data(), static_cast<int>(key.size()),
                          reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                          reinterpret_cast<unsigned char*>(mac.data()), nullptr);
  return made == nullptr ? std::string() : mac;
}

}  // namespace slo::jose
