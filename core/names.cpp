// SPDX-License-Identifier: BSD-2-Clause
// What may be stored as a name, and what stands for a secret where the secret itself must not appear.
#include "core/names.h"

#include <algorithm>

#include "core/digest.h"
#include "core/text/base64url.h"
#include "core/text/json.h"

namespace slo {

bool is_storable(std::string_view value) noexcept {
  return !value.empty() && value.size() <= 255 &&
         std::ranges::all_of(value, [](char c) { return static_cast<unsigned char>(c) >= 0x20; }) &&
         json_is_string(make_string(value).get());
}

std::string fingerprint(std::string_view secret) { return base64url(sha256(secret).substr(0, 6)); }

CookieDigest digest_cookie(std::string_view key, std::string_view cookie) {
  return CookieDigest{(key.empty() ? sha256(cookie) : hmac_sha256(key, cookie)).substr(0, 16)};
}

}  // namespace slo
