// SPDX-License-Identifier: BSD-2-Clause
// Writes and reads base64url.
//
// Not cjose's: it takes trailing bits and text after a `=`, and aborts the process on some of the latter.
#include "core/text/base64url.h"

#include <array>
#include <cstdint>

namespace slo {
namespace {

constexpr std::string_view base64url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t last_digit = 63;
constexpr std::uint8_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> make_base64url_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(no_digit);
  for (std::size_t i = 0; i < base64url_alphabet.size(); ++i) {
    digits[static_cast<unsigned char>(base64url_alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return digits;
}
constexpr auto base64url_digits = make_base64url_digits();

}  // namespace

std::string base64url(std::string_view bytes) {
  std::string text((bytes.size() * 4 + 2) / 3, '\0');
  auto next = text.begin();
  std::uint32_t bits = 0;
  int count = 0;
  for (const char byte : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    for (count += 8; count >= 6; count -= 6) *next++ = base64url_alphabet[(bits >> (count - 6)) & 63];
  }
  if (count > 0) *next = base64url_alphabet[(bits << (6 - count)) & 63];
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes(text.size() * 3 / 4, '\0');
  auto next = bytes.begin();
  const auto digit = [&](std::size_t at) { return base64url_digits[static_cast<unsigned char>(text[at])]; };
  for (; text.size() >= 4; text.remove_prefix(4)) {
    const int a = digit(0), b = digit(1), c = digit(2), d = digit(3);
    if ((a | b | c | d) > last_digit) return std::nullopt;
    *next++ = static_cast<char>(a << 2 | b >> 4);
    *next++ = static_cast<char>(b << 4 | c >> 2);
    *next++ = static_cast<char>(c << 6 | d);
  }
  int bits = 0;  // of the two or three characters that are left
  int count = 0;
  for (; !text.empty(); text.remove_prefix(1)) {
    if (digit(0) > last_digit) return std::nullopt;
    bits = bits << 6 | digit(0);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    *next++ = static_cast<char>(bits >> count);
  }
  // Bits that decode to nothing would let one signature be spelled in several ways.
  if ((bits & ((1 << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace slo
