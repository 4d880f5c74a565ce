// SPDX-License-Identifier: BSD-2-Clause
// Reads the private keys that operators have as PEM files: PKCS#8, PKCS#1 and SEC1.
#include <openssl/bio.h>
#include <openssl/pem.h>

#include "core/jose/internal.h"

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

// What an operator may have taken for the key, and what to do about it.
const char* why_no_key(std::string_view text) {
  const auto holds = [text](std::string_view mark) { return text.find(mark) != std::string_view::npos; };
  if (holds("-----BEGIN CERTIFICATE-----")) {
    return "no PEM private key found: this is a certificate, name the file of the private key that belongs "
           "to it";
  }
  if (holds("-----BEGIN PUBLIC KEY-----") || holds("-----BEGIN RSA PUBLIC KEY-----")) {
    return "no PEM private key found: this is a public key, name the file of the private key that belongs to "
           "it";
  }
  if (holds("-----BEGIN OPENSSH PRIVATE KEY-----")) {
    return "no PEM private key found: this is a key of OpenSSH, convert it with \"ssh-keygen -p -m PKCS8\"";
  }
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{') {
    return "no PEM private key found: this is JSON, perhaps a JWK; convert it to PEM";
  }
  // An ASN.1 sequence whose length takes a byte or two more, as that of every key worth having.
  if (text.size() > 2 && text[0] == '\x30' && (static_cast<unsigned char>(text[1]) & 0x80) != 0) {
    return "no PEM private key found: this is DER, convert it with \"openssl pkey -inform DER\"";
  }
  return "no PEM private key found";
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
  if (!key) return refuse(Fault::key_unusable, why_no_key(pem));
  const auto jwk = members_of(key.get());
  if (!jwk) return refuse(jwk.error());
  return from_jwk(jwk->get());
}

}  // namespace slo::jose
