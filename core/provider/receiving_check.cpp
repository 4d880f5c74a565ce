// SPDX-License-Identifier: BSD-2-Clause
// Finds at configuration time why an OP's logouts could never be received, or not be remembered.
#include <algorithm>
#include <array>

#include "core/provider/provider.h"

namespace slo {
namespace {

using Received = Outcome<void>;

tl::unexpected<Refusal> cannot_receive(std::string why) {
  return refuse(Fault::configuration_invalid, std::move(why));
}

Received check_client_ids(const Provider& provider) {
  const auto& ids = provider.client_ids;
  for (auto id = ids.begin(); id != ids.end(); ++id) {
    if (!is_storable(*id)) return cannot_receive("\"client_id\" must be 1 to 255 bytes of printable text");
    if (std::find(ids.begin(), id, *id) != id)
      return cannot_receive("\"client_id\" \"" + *id + "\" stands twice");
  }
  return {};
}

std::size_t least_secret(jose::Algorithm algorithm) {
  if (algorithm == jose::Algorithm::HS512) return 64;
  return algorithm == jose::Algorithm::HS384 ? 48 : 32;
}

Received check_secret(const Provider& provider) {
  const jose::Algorithm algorithm = provider.op_algorithm;
  if (!jose::is_symmetric(algorithm)) return {};
  const std::string name(jose::name_of(algorithm));
  if (!provider.client_secret) {
    return cannot_receive("\"signing_alg\" " + name +
                          " needs a \"client_secret_file\": the OP signs with it");
  }
  if (provider.client_secret->fits(algorithm)) return {};
  return cannot_receive("\"client_secret_file\" must hold at least " +
                        std::to_string(least_secret(algorithm)) + " bytes for \"signing_alg\" " + name);
}

Received check_marks(const Provider& provider) {
  constexpr Seconds one_day{24LL * 3600};
  if (provider.retention < Seconds{60} || provider.retention > 90 * one_day) {
    return cannot_receive("\"retention\" must be 1 minute to 90 days");
  }
  if (provider.max_stale < Seconds{2} || provider.max_stale > one_day) {
    return cannot_receive("\"max_stale\" must be 2 seconds to 1 day");
  }
  return {};
}

}  // namespace

Outcome<void> check_receiving(const Provider& provider) {
  for (const auto one : {check_client_ids, check_secret, check_marks}) {
    if (Received fine = one(provider); !fine) return fine;
  }
  return {};
}

}  // namespace slo
