// SPDX-License-Identifier: BSD-2-Clause
// The clock and the random bytes, handed in by the host: core never asks for either.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string>

namespace slo {

using Millis = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;
using TimeMs = std::chrono::sys_time<std::chrono::milliseconds>;
using TimeS = std::chrono::sys_seconds;

struct Moment {
  TimeMs now{};
  std::array<unsigned char, 64> random{};  // fresh cryptographic random bytes, used once

  TimeS seconds() const { return std::chrono::floor<Seconds>(now); }
};

// The `which`-th (0..3) independent 128-bit nonce of this moment, base64url.
std::string nonce(const Moment& moment, std::size_t which);

}  // namespace slo
