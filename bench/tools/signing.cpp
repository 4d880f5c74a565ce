// SPDX-License-Identifier: BSD-2-Clause
// What signing and verifying cost by themselves: OpenSSL's EVP, a key that is parsed once, nothing around it.
//
//   signing KEY.pem BYTES COUNT            {"sign_us":…,"verify_us":…} of processor time each
//   signing KEY.pem BYTES COUNT THREADS    {"wall_us":…} in which they sign COUNT messages together
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "wire.h"

namespace bench {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Work = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Key key_in(const char* path) {
  std::FILE* file = std::fopen(path, "r");
  if (file == nullptr) give_up(path);
  Key key(PEM_read_PrivateKey(file, nullptr, nullptr, nullptr), EVP_PKEY_free);
  std::fclose(file);
  if (!key) give_up("no private key");
  return key;
}

std::string signed_once(EVP_PKEY* key, const std::string& message) {
  Work work(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string signature(512, '\0');
  std::size_t size = signature.size();
  if (EVP_DigestSignInit(work.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(work.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     reinterpret_cast<const unsigned char*>(message.data()), message.size()) != 1) {
    give_up("signing failed");
  }
  signature.resize(size);
  return signature;
}

void verify_once(EVP_PKEY* key, const std::string& message, const std::string& signature) {
  Work work(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (EVP_DigestVerifyInit(work.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestVerify(work.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                       reinterpret_cast<const unsigned char*>(message.data()), message.size()) != 1) {
    give_up("verifying failed");
  }
}

// Microseconds of this thread's processor time for one of `count`.
template <class Step>
double cost_of(int count, Step&& step) {
  for (int i = 0; i < count / 10 + 1; ++i) step();
  double began = thread_micros();
  for (int i = 0; i < count; ++i) step();
  return (thread_micros() - began) / count;
}

double wall_together(EVP_PKEY* key, const std::string& message, int count, int threads) {
  std::atomic<int> left = count;
  Nanos began = now();
  std::vector<std::jthread> crew;
  for (int i = 0; i < threads; ++i) {
    crew.emplace_back([&] {
      while (left.fetch_sub(1) > 0) signed_once(key, message);
    });
  }
  crew.clear();  // joins
  return static_cast<double>(now() - began) / 1e3;
}

}  // namespace
}  // namespace bench

int main(int count, char** words) {
  using namespace bench;
  if (count < 4) {
    std::fprintf(stderr, "signing KEY.pem BYTES COUNT [THREADS]\n");
    return 2;
  }
  Key key = key_in(words[1]);
  std::string message(static_cast<std::size_t>(number(words[2])), 'a');
  int times = static_cast<int>(number(words[3]));
  if (count > 4) {
    std::printf("{\"wall_us\":%.1f}\n",
                wall_together(key.get(), message, times, static_cast<int>(number(words[4]))));
    return 0;
  }
  std::string signature = signed_once(key.get(), message);
  double sign = cost_of(times, [&] { signed_once(key.get(), message); });
  double verify = cost_of(times, [&] { verify_once(key.get(), message, signature); });
  std::printf("{\"sign_us\":%.3f,\"verify_us\":%.3f}\n", sign, verify);
}
