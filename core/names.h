// SPDX-License-Identifier: BSD-2-Clause
// The words of the specifications as distinct types, so that a subject can never be passed for a sid.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

namespace slo {

template <class Tag>
struct Name {
  std::string value{};
  friend auto operator<=>(const Name&, const Name&) = default;
};

using Issuer = Name<struct IssuerTag>;
using ClientId = Name<struct ClientIdTag>;
using Sid = Name<struct SidTag>;          // the session id that a client knows (OIDC `sid`)
using Subject = Name<struct SubjectTag>;  // the subject that a client knows (OIDC `sub`)
using Jti = Name<struct JtiTag>;
// Applications behind nginx take part in sessions as clients do, under ids that begin so, and no client's
// does (core/provider/application).
inline constexpr std::string_view application_prefix = "app:";
inline bool is_application(const ClientId& id) noexcept { return id.value.starts_with(application_prefix); }

// What a session is stored under within its issuer: the OP's own sid, or `~` and a digest where the OP issues
// none.
using SessionKey = Name<struct SessionKeyTag>;
// What is kept of a session cookie: 16 raw bytes, HMAC-SHA-256 (or SHA-256) of its value. Never the cookie.
using CookieDigest = Name<struct CookieDigestTag>;
// What is kept of an authorization code, likewise. Never the code.
using CodeDigest = Name<struct CodeDigestTag>;

// May `value` be stored and sent: 1..255 bytes of UTF-8, none below 0x20? (OIDC sid and sub: at most 255
// ASCII characters; what is no UTF-8 no logout token can carry)
bool is_storable(std::string_view value) noexcept;

// Eight characters that let an operator tell two secrets apart in a log without learning either.
std::string fingerprint(std::string_view secret);

// The first 16 bytes of HMAC-SHA-256(key, cookie), or of SHA-256(cookie) where the key is empty.
CookieDigest digest_cookie(std::string_view key, std::string_view cookie);
CodeDigest digest_code(std::string_view key, std::string_view code);

}  // namespace slo

template <class Tag>
struct std::hash<slo::Name<Tag>> {
  std::size_t operator()(const slo::Name<Tag>& name) const noexcept {
    return std::hash<std::string>{}(name.value);
  }
};
