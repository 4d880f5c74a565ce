// SPDX-License-Identifier: BSD-2-Clause
// What a whole logout token costs the core: claims, JOSE, signature, form; no nginx, no Redis.
//
//   sealing RS256|ES256 COUNT       {"seal_us":…} of processor time each
#include "core/delivery/delivery.h"
#include "t/harness/builders.h"
#include "wire.h"

namespace bench {
namespace {

slo::Provider provider_for(std::string_view alg) {
  slo::Provider provider = slo::a_provider();
  provider.signing_keys.clear();
  provider.signing_keys.push_back(
      slo::a_key(alg == "ES256" ? slo::test_keys::p256 : slo::test_keys::rsa_2048));
  return provider;
}

double cost_of_sealing(const slo::Provider& provider, int count) {
  slo::Delivery delivery = slo::a_delivery();
  delivery.sid = slo::Sid{"f0-5f0cQb7kM2x00000000"};
  auto seal_some = [&](int times) {
    for (int i = 0; i < times; ++i) {
      slo::granted(
          slo::seal(provider, delivery, slo::a_moment(slo::Millis{i}, static_cast<unsigned char>(i))));
    }
  };
  seal_some(count / 10 + 1);
  double began = thread_micros();
  seal_some(count);
  return (thread_micros() - began) / count;
}

}  // namespace
}  // namespace bench

int main(int count, char** words) {
  if (count != 3) {
    std::fprintf(stderr, "sealing RS256|ES256 COUNT\n");
    return 2;
  }
  slo::Provider provider = bench::provider_for(words[1]);
  std::printf("{\"seal_us\":%.3f}\n",
              bench::cost_of_sealing(provider, static_cast<int>(bench::number(words[2]))));
}
