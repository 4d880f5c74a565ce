// SPDX-License-Identifier: BSD-2-Clause
// A token response: only what we signed is learnt, whatever stands around it; what is unpacked stays in its
// bounds.
#include <zlib.h>

#include "core/op/learning.h"
#include "core/text/inflate.h"
#include "t/core/op/hint_tokens.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

constexpr std::size_t max = 4096;

const Provider& provider_that_learns() {
  static const Provider provider = a_provider();
  return provider;
}

void look_at(const std::string& body, bool holds_our_token) {
  const auto seen = learn_from_token_response(provider_that_learns(), {.body = body}, a_moment());
  if (!seen || !*seen) return;
  promise(holds_our_token, "nothing is learnt that we have not signed");
  promise((*seen)->client_id == "app-a" && (*seen)->sub == "alice" && (*seen)->sid == "sid-1",
          "what is learnt stands in the token");
}

std::string packed_by_zlib(const std::string& plain) {
  std::string result(compressBound(static_cast<uLong>(plain.size())), '\0');
  auto size = static_cast<uLongf>(result.size());
  promise(compress(reinterpret_cast<Bytef*>(result.data()), &size,
                   reinterpret_cast<const Bytef*>(plain.data()), static_cast<uLong>(plain.size())) == Z_OK,
          "zlib packs anything");
  result.resize(size);
  return result;
}

void pack_and_unpack(const std::string& bytes) {
  const auto unpacked = inflate(bytes, max);
  promise(!unpacked || unpacked->size() <= max, "no more is unpacked than may be");
  const auto again = inflate(packed_by_zlib(bytes), max);
  promise(again == (bytes.size() <= max ? std::optional(bytes) : std::nullopt), "what was packed comes back");
}

// The fuzzer writes what stands before and behind the token.
void surround(Input& input) {
  static const std::string token = a_hint(provider_that_learns());
  const std::string before = input.text();
  look_at(before + token + input.rest(), true);
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  if (input.flag()) return slo::fuzz::surround(input);
  const std::string bytes = input.rest();
  slo::fuzz::look_at(bytes, false);
  slo::fuzz::pack_and_unpack(bytes);
  static_cast<void>(slo::read_token_request(bytes));
}
