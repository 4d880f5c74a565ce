// SPDX-License-Identifier: BSD-2-Clause
// What stands for a cookie and for a session that has no sid, the same on all hosts.
#include "core/app/bound_cookie.h"

#include <algorithm>

#include "core/app/cookie_spelling.h"
#include "core/digest.h"
#include "core/session.h"

namespace slo {
CookieDigest digest_app_cookie(const Provider& provider, std::string_view name, std::string_view value) {
  std::string text = "app\x1f";
  text.append(plain_name(name)).append("=").append(plain_value(value));
  return digest_cookie(provider.cookie_secret, text);
}

bool may_be_sent(std::string_view name, std::string_view value) {
  const auto may_be = [](std::string_view text) {
    return std::ranges::none_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == ';'; });
  };
  return !name.empty() && name.find('=') == std::string_view::npos && may_be(name) && may_be(value);
}

SessionKey key_of(const SessionNames& names, const CookieDigest& cookie) {
  if (!names.sid.empty()) return {names.sid};
  std::string text = names.sub + '\x1f';
  if (names.since) {
    text += std::to_string(names.since->time_since_epoch().count());
  } else {
    text.append("\x1f").append(cookie.value);
  }
  return mint_key(CookieDigest{sha256(text).substr(0, 16)});
}

bool is_same_session(const SessionNames& owner, const SessionNames& request) {
  if (!owner.sid.empty() && !request.sid.empty()) return owner.sid == request.sid;
  return owner.sub.empty() || request.sub.empty() || owner.sub == request.sub;
}

bool is_storable(const SessionNames& names) noexcept {
  const auto may_be_stored = [](const std::string& name) { return name.empty() || is_storable(name); };
  return !(names.sid.empty() && names.sub.empty()) && may_be_stored(names.sid) && may_be_stored(names.sub);
}

}  // namespace slo
