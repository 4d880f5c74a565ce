// SPDX-License-Identifier: BSD-2-Clause
// JWK members to OpenSSL keys and back. RFC 7518, section 6; RFC 8037, section 2.
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include <array>

#include "core/jose/internal.h"
#include "core/text/base64url.h"

namespace slo::jose {
namespace {

struct NumberRelease {
  void operator()(BIGNUM* number) const noexcept { BN_clear_free(number); }
};
using Number = std::unique_ptr<BIGNUM, NumberRelease>;

struct ParameterBuilderRelease {
  void operator()(OSSL_PARAM_BLD* builder) const noexcept { OSSL_PARAM_BLD_free(builder); }
};
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, ParameterBuilderRelease>;

struct ParametersRelease {
  void operator()(OSSL_PARAM* parameters) const noexcept { OSSL_PARAM_free(parameters); }
};

struct RsaMember {
  const char* jwk;
  const char* openssl;
};
constexpr std::array<RsaMember, 8> rsa_members{{{"e", OSSL_PKEY_PARAM_RSA_E},
                                                {"n", OSSL_PKEY_PARAM_RSA_N},
                                                {"d", OSSL_PKEY_PARAM_RSA_D},
                                                {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
                                                {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},
                                                {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
                                                {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2},
                                                {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1}}};
constexpr std::size_t rsa_public_members = 2;

struct CurveRow {
  std::string_view jwk;
  std::string_view openssl;
  std::size_t coordinate;
};
constexpr std::array<CurveRow, 3> curve_table{
    {{"P-256", "prime256v1", 32}, {"P-384", "secp384r1", 48}, {"P-521", "secp521r1", 66}}};

const CurveRow* find_curve(std::string_view jwk_name) noexcept {
  for (const auto& row : curve_table) {
    if (row.jwk == jwk_name) return &row;
  }
  return nullptr;
}

Number read_number(std::string_view bytes) {
  return Number(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                          static_cast<int>(bytes.size()), nullptr));
}

EvpKey build_evp(const char* type, OSSL_PARAM_BLD* builder, bool with_private) {
  const std::unique_ptr<OSSL_PARAM, ParametersRelease> parameters(OSSL_PARAM_BLD_to_param(builder));
  const EvpKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  EVP_PKEY_fromdata(context.get(), &key, with_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                    parameters.get());
  return EvpKey(key);
}

EvpKey make_rsa(const json_t* jwk) {
  const bool with_private = has_member(jwk, "d");
  const std::size_t count = with_private ? rsa_members.size() : rsa_public_members;
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  std::array<Number, rsa_members.size()> numbers;  // the builder only borrows them
  for (std::size_t i = 0; i < count; ++i) {
    const auto bytes = bytes_member(jwk, rsa_members[i].jwk);
    if (!bytes) return nullptr;
    numbers[i] = read_number(*bytes);
    if (!numbers[i] || OSSL_PARAM_BLD_push_BN(builder.get(), rsa_members[i].openssl, numbers[i].get()) != 1) {
      return nullptr;
    }
  }
  const BIGNUM* exponent = numbers[0].get();
  if (BN_is_odd(exponent) != 1 || BN_is_one(exponent) == 1 || BN_is_odd(numbers[1].get()) != 1)
    return nullptr;
  return build_evp("RSA", builder.get(), with_private);
}

EvpKey make_ec(const json_t* jwk) {
  const auto* curve = find_curve(string_member(jwk, "crv").value_or(""));
  const auto x = bytes_member(jwk, "x");
  const auto y = bytes_member(jwk, "y");
  if (curve == nullptr || !x || !y || x->size() != curve->coordinate || y->size() != curve->coordinate)
    return nullptr;
  const std::string point = "\x04" + *x + *y;  // uncompressed; OpenSSL refuses one that is not on the curve
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve->openssl.data(), 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  if (!has_member(jwk, "d")) return build_evp("EC", builder.get(), false);
  const auto d = bytes_member(jwk, "d");
  if (!d || d->size() != curve->coordinate) return nullptr;
  const Number number = read_number(*d);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, number.get());
  return build_evp("EC", builder.get(), true);
}

std::string raw_public(const EVP_PKEY* key) {
  std::array<unsigned char, 32> bytes;
  std::size_t size = bytes.size();
  if (EVP_PKEY_get_raw_public_key(key, bytes.data(), &size) != 1) return {};
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

EvpKey make_ed25519(const json_t* jwk) {
  const auto x = bytes_member(jwk, "x");
  if (string_member(jwk, "crv") != "Ed25519" || !x || x->size() != 32) return nullptr;
  if (!has_member(jwk, "d")) {
    return EvpKey(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                              reinterpret_cast<const unsigned char*>(x->data()), x->size()));
  }
  const auto d = bytes_member(jwk, "d");
  if (!d) return nullptr;
  EvpKey key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                          reinterpret_cast<const unsigned char*>(d->data()), d->size()));
  // A foreign x would put another key's thumbprint on ours.
  return key && raw_public(key.get()) == *x ? std::move(key) : nullptr;
}

// Sets `name` to a number of the key, padded to `size` bytes (0: as short as it is).
bool copy_number(json_t* jwk, const char* name, const EVP_PKEY* key, const char* parameter,
                 std::size_t size) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, parameter, &raw) != 1) return false;
  const Number number(raw);
  std::string bytes(size == 0 ? static_cast<std::size_t>(BN_num_bytes(raw)) : size, '\0');
  if (BN_bn2binpad(raw, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) < 0)
    return false;
  json_object_set_new(jwk, name, make_string(base64url(bytes)).release());
  return true;
}

bool copy_rsa(json_t* jwk, const EVP_PKEY* key) {
  json_object_set_new(jwk, "kty", json_string("RSA"));
  for (const auto& member : rsa_members) {
    if (!copy_number(jwk, member.jwk, key, member.openssl, 0)) return false;
  }
  return true;
}

bool copy_ec(json_t* jwk, const EVP_PKEY* key, const CurveRow& curve) {
  json_object_set_new(jwk, "kty", json_string("EC"));
  json_object_set_new(jwk, "crv", make_string(curve.jwk).release());
  return copy_number(jwk, "x", key, OSSL_PKEY_PARAM_EC_PUB_X, curve.coordinate) &&
         copy_number(jwk, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y, curve.coordinate) &&
         copy_number(jwk, "d", key, OSSL_PKEY_PARAM_PRIV_KEY, curve.coordinate);
}

bool copy_ed25519(json_t* jwk, const EVP_PKEY* key) {
  std::array<unsigned char, 32> d;
  std::size_t size = d.size();
  if (EVP_PKEY_get_raw_private_key(key, d.data(), &size) != 1) return false;
  json_object_set_new(jwk, "kty", json_string("OKP"));
  json_object_set_new(jwk, "crv", json_string("Ed25519"));
  json_object_set_new(jwk, "x", make_string(base64url(raw_public(key))).release());
  json_object_set_new(jwk, "d",
                      make_string(base64url({reinterpret_cast<const char*>(d.data()), size})).release());
  return true;
}

Outcome<const CurveRow*> curve_of(const EVP_PKEY* key) {
  std::array<char, 64> group{};
  EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr);
  for (const auto& row : curve_table) {
    if (row.openssl == group.data()) return &row;
  }
  return refuse(Fault::key_unusable, "EC key on the curve \"" + std::string(group.data()) +
                                         "\"; P-256, P-384 or P-521 is required");
}

}  // namespace

std::size_t coordinate_size(std::string_view curve) noexcept {
  const auto* row = find_curve(curve);
  return row == nullptr ? 0 : row->coordinate;
}

EvpKey make_evp(const json_t* jwk) {
  const auto kty = string_member(jwk, "kty");
  if (kty == "RSA") return make_rsa(jwk);
  if (kty == "EC") return make_ec(jwk);
  if (kty == "OKP") return make_ed25519(jwk);
  return nullptr;
}

Outcome<Json> members_of(const EVP_PKEY* key) {
  Json jwk(json_object());
  bool complete = false;
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    complete = copy_rsa(jwk.get(), key);
  } else if (EVP_PKEY_is_a(key, "EC") == 1) {
    const auto curve = curve_of(key);
    if (!curve) return refuse(curve.error());
    complete = copy_ec(jwk.get(), key, **curve);
  } else if (EVP_PKEY_is_a(key, "ED25519") == 1) {
    complete = copy_ed25519(jwk.get(), key);
  } else {
    const char* type = EVP_PKEY_get0_type_name(key);
    return refuse(Fault::key_unusable, "key of type " + std::string(type == nullptr ? "unknown" : type) +
                                           "; RSA, P-256, P-384, P-521 or Ed25519 is required");
  }
  if (!complete) return refuse(Fault::key_unusable, "a part of the private key is missing");
  return jwk;
}

}  // namespace slo::jose
