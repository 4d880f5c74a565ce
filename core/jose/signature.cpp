// SPDX-License-Identifier: BSD-2-Clause
// Checks one signature with one key by one algorithm, with OpenSSL. RFC 7518, section 3; RFC 8037, 3.1.
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include "core/jose/internal.h"

namespace slo::jose {
namespace {

struct PairRelease {
  void operator()(ECDSA_SIG* pair) const noexcept { ECDSA_SIG_free(pair); }
};

struct DerRelease {
  void operator()(unsigned char* der) const noexcept { OPENSSL_free(der); }
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// There is one length for each: OpenSSL would take short ones of RSA, and numbers of ECDSA padded at will.
std::size_t signature_size(const Key::Body& body, const SignatureAlgorithm& row) {
  switch (body.kind) {
    case Kind::rsa:
      return (body.bits + 7) / 8;
    case Kind::ec:
      return 2 * coordinate_size(body.curve);
    case Kind::okp:
      return 64;
    case Kind::oct:
      return static_cast<std::size_t>(EVP_MD_get_size(row.digest()));
  }
  return 0;
}

DigestContext make_ready(EVP_PKEY* key, const SignatureAlgorithm& row) {
  DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* terms = nullptr;  // stays the context's
  const EVP_MD* digest = row.digest == nullptr ? nullptr : row.digest();
  if (!context || EVP_DigestVerifyInit(context.get(), &terms, digest, nullptr, key) != 1) return nullptr;
  if (row.kind == Kind::rsa && EVP_PKEY_CTX_set_rsa_padding(terms, row.padding) != 1) return nullptr;
  if (row.padding == RSA_PKCS1_PSS_PADDING &&
      (EVP_PKEY_CTX_set_rsa_mgf1_md(terms, digest) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(terms, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return nullptr;
  }
  EVP_MD_CTX_set_flags(context.get(), EVP_MD_CTX_FLAG_FINALISE);  // each copy serves once
  return context;
}

const EVP_MD_CTX* ready_context(const Key::Body& body, const SignatureAlgorithm& row) {
  auto& place = body.verifying[row.kind == Kind::rsa ? static_cast<std::size_t>(row.algorithm) : 0];
  const auto* ready = place.get();
  return ready != nullptr ? ready : place.offer(make_ready(body.evp.get(), row));
}

bool verify_by_openssl(const Key::Body& body, const SignatureAlgorithm& row, std::string_view bytes,
                       std::string_view signature) {
  const auto* ready = ready_context(body, row);
  const DigestContext context(EVP_MD_CTX_new());
  return ready != nullptr && context && EVP_MD_CTX_copy_ex(context.get(), ready) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(bytes),
                          bytes.size()) == 1;
}

// r and s stand one behind the other, each as long as a coordinate; OpenSSL wants them in DER, and refuses 0
// and what is not below the order of the curve.
bool verify_ecdsa(const Key::Body& body, const SignatureAlgorithm& row, std::string_view bytes,
                  std::string_view signature) {
  const auto half = static_cast<int>(signature.size() / 2);
  const std::unique_ptr<ECDSA_SIG, PairRelease> pair(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(bytes_of(signature), half, nullptr);
  BIGNUM* s = BN_bin2bn(bytes_of(signature) + half, half, nullptr);
  if (!pair || ECDSA_SIG_set0(pair.get(), r, s) != 1) {  // which owns both from here on, or neither
    BN_free(r);
    BN_free(s);
    return false;
  }
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  const std::unique_ptr<unsigned char, DerRelease> owned(der);
  return size > 0 && verify_by_openssl(body, row, bytes,
                                       {reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
}

bool verify_hmac(const Key::Body& body, const SignatureAlgorithm& row, std::string_view bytes,
                 std::string_view signature) {
  const auto mac = hmac(row.digest(), body.secret, bytes);
  return mac.size() == signature.size() && CRYPTO_memcmp(mac.data(), signature.data(), mac.size()) == 0;
}

}  // namespace

const EVP_MD_CTX* ReadyContext::offer(DigestContext made) noexcept {
  EVP_MD_CTX* first = nullptr;
  if (!made || !ready_.compare_exchange_strong(first, made.get())) return first;
  return made.release();
}

bool is_signed_by(const Key& key, Algorithm algorithm, std::string_view bytes, std::string_view signature) {
  const auto& body = key.body();
  const auto& row = row_of(algorithm);
  if (signature.size() != signature_size(body, row)) return false;
  if (body.kind == Kind::oct) return verify_hmac(body, row, bytes, signature);
  if (body.kind == Kind::ec) return verify_ecdsa(body, row, bytes, signature);
  return verify_by_openssl(body, row, bytes, signature);
}

}  // namespace slo::jose
