// SPDX-License-Identifier: BSD-2-Clause
// What may be stored as a name, and what stands for a secret where the secret itself must not appear.
#include "core/names.h"

#include <algorithm>

#include "core/digest.h"
#include "core/text/base64url.h"
#include "core/text/json.h"

namespace slo {

namespace {

// Those of Unicode: U+0000 to U+001F, U+007F to U+009F.
bool has_control_character(std::string_view utf8) {
  bool after_c2 = false;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || (after_c2 && byte < 0xA0)) return true;
    after_c2 = byte == 0xC2;
  }
  return false;
}

}  // namespace

bool is_storable(std::string_view value) noexcept {
  return !value.empty() && value.size() <= 255 && !has_control_character(value) &&
         json_is_string(make_string(value).get());
}

std::string fingerprint(std::string_view secret) { return base64url(sha256(secret).substr(0, 6)); }

CookieDigest digest_cookie(std::string_view key, std::string_view cookie) {
  return CookieDigest{(key.empty() ? sha256(cookie) : hmac_sha256(key, cookie)).substr(0, 16)};
}

CodeDigest digest_code(std::string_view key, std::string_view code) {
  return CodeDigest{digest_cookie(key, code).value};
}

}  // namespace slo
