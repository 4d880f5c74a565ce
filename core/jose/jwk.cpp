// SPDX-License-Identifier: BSD-2-Clause
// Reads JWKs, single and in sets, and takes none that we could not trust with a signature. RFC 7517.
#include <algorithm>
#include <array>

#include "core/digest.h"
#include "core/jose/internal.h"
#include "core/text/base64url.h"

namespace slo::jose {
namespace {

constexpr std::size_t least_rsa_bits = 2048;
constexpr std::size_t max_rsa_bits = 16384;     // OpenSSL refuses to verify with more
constexpr std::size_t least_secret_bytes = 16;  // A128KW, A128GCM; signatures want more, see Key::fits()

tl::unexpected<Refusal> refuse_jwk(std::string why) { return refuse(Fault::key_unusable, std::move(why)); }

// Do the private and the public half belong together?
bool halves_match(EVP_PKEY* key, Kind kind) {
  const auto* digest = kind == Kind::okp ? nullptr : EVP_sha256();
  constexpr std::string_view text = "do the halves match?";
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const DigestContext signing(EVP_MD_CTX_new());
  const DigestContext verifying(EVP_MD_CTX_new());
  std::array<unsigned char, max_rsa_bits / 8> signature;
  std::size_t size = signature.size();
  return EVP_DigestSignInit(signing.get(), nullptr, digest, nullptr, key) == 1 &&
         EVP_DigestSign(signing.get(), signature.data(), &size, bytes, text.size()) == 1 &&
         EVP_DigestVerifyInit(verifying.get(), nullptr, digest, nullptr, key) == 1 &&
         EVP_DigestVerify(verifying.get(), signature.data(), size, bytes, text.size()) == 1;
}

Outcome<void> check_type(const json_t* jwk, Key::Body& body) {
  if (!json_is_object(jwk)) return refuse_jwk("a JWK must be an object");
  const auto kty = string_member(jwk, "kty").value_or("");
  body.curve = string_member(jwk, "crv").value_or("");
  if (kty == "RSA" || kty == "oct") {
    body.kind = kty == "RSA" ? Kind::rsa : Kind::oct;
    body.curve.clear();
  } else if (kty == "EC" && coordinate_size(body.curve) != 0) {
    body.kind = Kind::ec;
  } else if (kty == "OKP" && body.curve == "Ed25519") {
    body.kind = Kind::okp;
  } else {
    return refuse_jwk("a JWK must be RSA, P-256, P-384, P-521, Ed25519 or oct");
  }
  return {};
}

void read_own_words(const json_t* jwk, Key::Body& body) {
  body.kid = string_member(jwk, "kid").value_or("");
  body.is_kid_given = !body.kid.empty();
  body.use = string_member(jwk, "use").value_or("");
  body.alg = string_member(jwk, "alg").value_or("");
  const json_t* operations = json_object_get(jwk, "key_ops");
  if (!json_is_array(operations)) return;
  body.operations.emplace();
  for (std::size_t i = 0; i < json_array_size(operations); ++i) {
    const char* operation = json_string_value(json_array_get(operations, i));
    if (operation != nullptr) body.operations->emplace_back(operation);
  }
}

// A copy of the named members: what cjose gets to see, and what is digested or published.
Json pick_members(const json_t* jwk, std::initializer_list<const char*> names) {
  Json picked(json_object());
  for (const char* name : names) {
    if (auto* member = json_object_get(jwk, name)) json_object_set(picked.get(), name, member);
  }
  return picked;
}

Outcome<void> read_secret(const json_t* jwk, Key::Body& body) {
  auto secret = bytes_member(jwk, "k");
  if (!secret) return refuse_jwk("a symmetric JWK needs the member \"k\" in base64url");
  if (secret->size() < least_secret_bytes) return refuse_jwk("symmetric key of less than 16 bytes");
  body.secret = *std::move(secret);
  body.bits = body.secret.size() * 8;
  body.holds_private = true;
  body.public_members = pick_members(jwk, {"kty"});
  return {};
}

Outcome<void> read_pair(const json_t* jwk, Key::Body& body) {
  body.holds_private = has_member(jwk, "d");
  if (has_member(jwk, "oth")) return refuse_jwk("RSA key of more than two primes");
  body.evp = make_evp(jwk);
  if (!body.evp) return refuse_jwk("the members of the JWK make no valid key");
  body.bits = static_cast<std::size_t>(EVP_PKEY_get_bits(body.evp.get()));
  if (body.kind == Kind::rsa && body.bits < least_rsa_bits) {
    return refuse_jwk("RSA key of " + std::to_string(body.bits) + " bits, at least 2048 is required");
  }
  if (body.kind == Kind::rsa && body.bits > max_rsa_bits) {
    return refuse_jwk("RSA key of " + std::to_string(body.bits) + " bits, at most 16384 is possible");
  }
  if (body.holds_private && !halves_match(body.evp.get(), body.kind)) {
    return refuse_jwk("the private and the public half of the key do not match");
  }
  body.public_members = pick_members(jwk, {"crv", "e", "kty", "n", "x", "y"});
  return {};
}

// What an operator may have taken for the set, and what to do about it; empty: nobody knows.
std::string why_no_set(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "the file is empty";
  if (text.find("-----BEGIN ") != std::string_view::npos) return "this looks like PEM, make a JWK set of it";
  if (text[first] == '<') return "this looks like HTML, perhaps an error page that was saved";
  return {};
}

}  // namespace

std::optional<std::string> bytes_member(const json_t* object, const char* name) {
  const auto text = string_member(object, name);
  if (!text || text->empty()) return std::nullopt;
  return from_base64url(*text);
}

Outcome<std::unique_ptr<Key::Body>> make_body(const json_t* jwk) {
  auto body = std::make_unique<Key::Body>();
  auto outcome = check_type(jwk, *body);
  if (outcome) outcome = body->kind == Kind::oct ? read_secret(jwk, *body) : read_pair(jwk, *body);
  if (!outcome) return refuse(std::move(outcome.error()));
  read_own_words(jwk, *body);

  const Json members =
      pick_members(jwk, {"crv", "d", "dp", "dq", "e", "k", "kty", "n", "p", "q", "qi", "x", "y"});
  if (body->kind != Kind::okp) {
    cjose_err error{};
    body->cjose.reset(cjose_jwk_import_json(members.get(), &error));
    if (!body->cjose) return refuse_jwk("cjose does not take the key");
  }
  if (body->holds_private) body->seed = sha256(dump_json(members.get()));
  // The thumbprint of a secret would give it away to whoever can guess.
  if (body->kid.empty() && body->kind != Kind::oct) {
    body->kid = base64url(sha256(dump_json(body->public_members.get())));
  }
  return body;
}

Outcome<KeySet> KeySet::parse(std::string_view text) {
  const auto document = parse_json(text);
  if (!document) {
    const std::string why = why_no_set(text);
    return refuse(Fault::key_unusable, "no JWK set: " + (why.empty() ? document.error().detail : why));
  }
  if (json_is_object(document->get()) && has_member(document->get(), "kty")) {
    return refuse(Fault::key_unusable,
                  R"(no JWK set: this is a single JWK, write {"keys": [ and ]} around it)");
  }
  const json_t* keys = json_object_get(document->get(), "keys");
  if (!json_is_array(keys))
    return refuse(Fault::key_unusable, "no JWK set: the member \"keys\" must be an array");
  KeySet set;
  for (std::size_t i = 0; i < json_array_size(keys); ++i) {
    auto key = Key::from_jwk(json_array_get(keys, i));
    // A secret in a set that is made to be published is none.
    if (key && key->body().kind != Kind::oct) {
      set.add(*std::move(key));
    } else {
      ++set.left_out_;
    }
  }
  return set;
}

}  // namespace slo::jose
