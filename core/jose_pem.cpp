// SPDX-License-Identifier: BSD-2-Clause
// Reads the private keys that operators have as PEM files: PKCS#8, PKCS#1 and SEC1.
#include <openssl/bio.h>
#include <openssl/pem.h>

#include "core/jose_body.h"

namespace slo::jose {
namespace {

struct BioRelease {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};

// Without a callback OpenSSL would prompt on the terminal, and `nginx -t` would hang there.
int no_password(char*, int, int, void* was_asked) {
  *static_cast<bool*>(was_asked) = true;
  return -1;
}

}  // namespace

Outcome<Key> Key::from_pem(std::string_view pem) {
  const QuietErrors quiet;
  const std::unique_ptr<BIO, BioRelease> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  bool password_wanted = false;
  const EvpKey key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, &password_wanted)
                       : nullptr);
  if (password_wanted) {
    return refuse(Fault::key_unusable,
                  "the PEM private key is encrypted, one without a passphrase is required");
  }
  if (!key) return refuse(Fault::key_unusable, "no PEM private key found");
  const auto jwk = members_of(key.get());
  if (!jwk) return refuse(jwk.error());
  return from_jwk(jwk->get());
}

}  // namespace slo::jose
