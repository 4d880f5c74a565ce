// SPDX-License-Identifier: BSD-2-Clause
// What the fuzzers share: bytes cut into choices and texts, promises that end the run when broken, and the
// cast.
//
// A choice takes one byte from the front; a text ends at the next 0xFF, which no UTF-8 holds, so that
// mutations of one part leave the others where they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/client/client.h"
#include "core/jose/jose.h"
#include "core/op/end_session.h"
#include "t/harness/builders.h"

namespace slo::fuzz {

class Input {
 public:
  Input(const std::uint8_t* bytes, std::size_t size) : rest_(reinterpret_cast<const char*>(bytes), size) {}

  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  bool flag() { return (byte() & 1) != 0; }
  std::size_t below(std::size_t count) { return byte() % count; }
  std::string text() {
    const auto end = rest_.find('\xff');
    std::string part(rest_.substr(0, end));
    rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end + 1);
    return part;
  }
  // Absent where the flag in front of it is off.
  std::optional<std::string> maybe_text() { return flag() ? std::optional(text()) : std::nullopt; }
  long long number() {
    std::uint64_t number = 0;
    for (int i = 0; i < 8; ++i) number = number << 8 | byte();
    return static_cast<long long>(number);
  }
  std::string rest() { return std::string(std::exchange(rest_, {})); }
  bool is_empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// A promise of the code under test; the sentence says what must hold.
inline void promise(bool holds, const char* sentence) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", sentence);
  std::abort();
}

inline bool holds_any(std::string_view text, std::string_view bytes) {
  return text.find_first_of(bytes) != std::string_view::npos;
}

// Equal as JSON values, whatever the order of their members.
inline bool is_same_json(const json_t* a, const json_t* b) { return json_equal(a, b) == 1; }

// JSON as any reader takes it: ours refuses a NUL in a string, but others may have put one into what we show.
inline bool is_json(std::string_view text) {
  return Json(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, nullptr)) !=
         nullptr;
}

// One private key of each kind that signs, with the algorithm it signs with here.
struct Signer {
  jose::Key key;
  jose::Algorithm algorithm;
};

inline jose::Key secret_key(std::string_view secret) { return granted(jose::Key::from_secret(secret)); }
inline constexpr std::string_view shared_secret =
    "a secret of sixty-four bytes, which is what the HS512 of a client wants";

inline const std::vector<Signer>& signers() {
  static const std::vector<Signer> all = [] {
    std::vector<Signer> made;
    made.push_back({secret_key(shared_secret), jose::Algorithm::HS256});
    made.push_back({a_key(test_keys::ed25519), jose::Algorithm::EdDSA});
    made.push_back({a_key(test_keys::p256), jose::Algorithm::ES256});
    made.push_back({a_key(test_keys::rsa_2048), jose::Algorithm::RS256});
    made.push_back({a_key(test_keys::p384), jose::Algorithm::ES384});
    made.push_back({a_key(test_keys::rsa_2048), jose::Algorithm::PS256});
    made.push_back({secret_key(shared_secret), jose::Algorithm::HS512});
    return made;
  }();
  return all;
}

// Copies `text` with one bit of one byte changed, as `input` says; unchanged where there is nothing to
// change.
inline std::string with_one_bit_changed(Input& input, std::string text) {
  const auto place = static_cast<std::size_t>(input.byte()) << 8 | input.byte();
  const int bit = input.byte() % 8;
  if (!text.empty()) text[place % text.size()] = static_cast<char>(text[place % text.size()] ^ (1 << bit));
  return text;
}

}  // namespace slo::fuzz

// The body of a fuzzer: `FUZZ(input) { … }`.
#define FUZZ(input)                                                                    \
  static void run_one(slo::fuzz::Input& input);                                        \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) { \
    slo::fuzz::Input input(bytes, size);                                               \
    run_one(input);                                                                    \
    return 0;                                                                          \
  }                                                                                    \
  static void run_one(slo::fuzz::Input& input)
