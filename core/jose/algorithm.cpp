// SPDX-License-Identifier: BSD-2-Clause
// The signature algorithms and which keys they want. RFC 7518, section 3; RFC 8037; RFC 8725, section 3.
#include <openssl/rsa.h>

#include <algorithm>
#include <array>

#include "core/jose/internal.h"

namespace slo::jose {
namespace {

constexpr int pkcs1 = RSA_PKCS1_PADDING;
constexpr int pss = RSA_PKCS1_PSS_PADDING;

constexpr std::array<SignatureAlgorithm, 13> algorithm_table{{
    {Algorithm::RS256, "RS256", Kind::rsa, "", 2048, EVP_sha256, pkcs1},
    {Algorithm::RS384, "RS384", Kind::rsa, "", 2048, EVP_sha384, pkcs1},
    {Algorithm::RS512, "RS512", Kind::rsa, "", 2048, EVP_sha512, pkcs1},
    {Algorithm::PS256, "PS256", Kind::rsa, "", 2048, EVP_sha256, pss},
    {Algorithm::PS384, "PS384", Kind::rsa, "", 2048, EVP_sha384, pss},
    {Algorithm::PS512, "PS512", Kind::rsa, "", 2048, EVP_sha512, pss},
    {Algorithm::ES256, "ES256", Kind::ec, "P-256", 0, EVP_sha256, 0},
    {Algorithm::ES384, "ES384", Kind::ec, "P-384", 0, EVP_sha384, 0},
    {Algorithm::ES512, "ES512", Kind::ec, "P-521", 0, EVP_sha512, 0},
    {Algorithm::HS256, "HS256", Kind::oct, "", 256, EVP_sha256, 0},
    {Algorithm::HS384, "HS384", Kind::oct, "", 384, EVP_sha384, 0},
    {Algorithm::HS512, "HS512", Kind::oct, "", 512, EVP_sha512, 0},
    {Algorithm::EdDSA, "EdDSA", Kind::okp, "Ed25519", 0, nullptr, 0},
}};

constexpr bool algorithms_stand_in_order() {
  for (std::size_t i = 0; i < algorithm_table.size(); ++i) {
    if (static_cast<std::size_t>(algorithm_table[i].algorithm) != i) return false;
  }
  return true;
}
static_assert(algorithms_stand_in_order(),
              "jose_algorithm.cpp: one row per Algorithm, in the order of the enum");

constexpr std::array<std::string_view, 2> signature_operations{"verify", "sign"};

}  // namespace

const SignatureAlgorithm& row_of(Algorithm algorithm) noexcept {
  return algorithm_table[static_cast<std::size_t>(algorithm)];
}

std::optional<Algorithm> read_algorithm(std::string_view name) noexcept {
  for (const auto& row : algorithm_table) {
    if (row.name == name) return row.algorithm;
  }
  return std::nullopt;
}

std::string_view name_of(Algorithm algorithm) noexcept { return row_of(algorithm).name; }

bool is_slow_to_sign(Algorithm algorithm) noexcept {
  const auto& row = row_of(algorithm);
  return row.kind == Kind::rsa || (row.kind == Kind::ec && row.curve != "P-256");
}

bool is_symmetric(Algorithm algorithm) noexcept { return row_of(algorithm).kind == Kind::oct; }

bool Key::Body::allows_operation(std::span<const std::string_view> any_of) const {
  if (!operations) return true;
  return std::any_of(operations->begin(), operations->end(), [&](const std::string& operation) {
    return std::find(any_of.begin(), any_of.end(), operation) != any_of.end();
  });
}

bool Key::fits(Algorithm algorithm) const noexcept {
  const auto& row = row_of(algorithm);
  if (body_->kind != row.kind || body_->curve != row.curve || body_->bits < row.least_bits) return false;
  if (!body_->use.empty() && body_->use != "sig") return false;
  if (!body_->alg.empty() && body_->alg != row.name) return false;
  return body_->allows_operation(signature_operations);
}

std::optional<Algorithm> Key::own_algorithm() const { return read_algorithm(body_->alg); }

Algorithm Key::natural_algorithm() const {
  if (auto own = own_algorithm()) return *own;
  for (const auto& row : algorithm_table) {
    // The first row of a kind and curve is its customary one.
    if (row.kind == body_->kind && row.curve == body_->curve) return row.algorithm;
  }
  return Algorithm::RS256;  // not reached: every Body is of a kind and curve in the table
}

}  // namespace slo::jose
