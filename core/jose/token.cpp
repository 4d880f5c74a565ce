// SPDX-License-Identifier: BSD-2-Clause
// Takes compact tokens apart, strictly, before any library sees them. RFC 7515, 5.2; RFC 8725, 3.
#include <algorithm>

#include "core/jose/internal.h"
#include "core/text/base64url.h"

namespace slo::jose {
namespace {

// A JSON object out of a part of a token. Details stay empty: what a token holds belongs into no log.
Outcome<Json> read_token_object(std::string_view part) {
  const auto text = from_base64url(part);
  if (!text) return refuse(Fault::token_malformed, "not base64url");
  auto object = parse_json(*text);
  if (!object) {
    return refuse(is_for_duplicate_member(object.error()) ? Fault::token_duplicate_member
                                                          : Fault::token_malformed);
  }
  if (!json_is_object(object->get())) return refuse(Fault::token_malformed, "not an object");
  return object;
}

}  // namespace

std::vector<std::string_view> split_token(std::string_view token, std::size_t count) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (auto dot = token.find('.'); dot != std::string_view::npos; dot = token.find('.', begin)) {
    if (parts.size() == count) return {};
    parts.push_back(token.substr(begin, dot - begin));
    begin = dot + 1;
  }
  parts.push_back(token.substr(begin));
  return parts.size() == count ? parts : std::vector<std::string_view>{};
}

Outcome<Json> read_header(std::string_view part) {
  auto header = read_token_object(part);
  if (!header) return header;
  // We understand no extension, so whatever it lists is not understood.
  if (has_member(header->get(), "crit")) return refuse(Fault::token_critical_header);
  if (!string_member(header->get(), "alg")) return refuse(Fault::token_malformed, "no alg");
  if (has_member(header->get(), "kid") && !string_member(header->get(), "kid")) {
    return refuse(Fault::token_malformed, "kid is no string");
  }
  return header;
}

Outcome<SignedToken> take_apart(std::string_view token) {
  if (token.size() > max_token) return refuse(Fault::token_too_large);
  const auto parts = split_token(token, 3);
  if (parts.empty()) return refuse(Fault::token_malformed, "not three parts");
  auto header = read_header(parts[0]);
  if (!header) return refuse(std::move(header.error()));
  auto claims = read_token_object(parts[1]);
  if (!claims) return refuse(std::move(claims.error()));
  auto signature = from_base64url(parts[2]);
  if (!signature) return refuse(Fault::token_malformed, "not base64url");
  return SignedToken{.token = token,
                     .parsed = {.header = *std::move(header), .claims = *std::move(claims)},
                     .signing_input = token.substr(0, token.size() - parts[2].size() - 1),
                     .signature = *std::move(signature)};
}

Outcome<Json> token_header(std::string_view token) {
  if (token.size() > max_token) return refuse(Fault::token_too_large);
  const auto parts = split_token(token, is_encrypted(token) ? 5 : 3);
  if (parts.empty()) return refuse(Fault::token_malformed, "neither three nor five parts");
  return read_header(parts[0]);
}

Outcome<EncryptedToken> take_apart_encrypted(std::string_view token) {
  if (token.size() > max_token) return refuse(Fault::token_too_large);
  const auto parts = split_token(token, 5);
  if (parts.empty()) return refuse(Fault::token_malformed, "not five parts");
  auto header = read_header(parts[0]);
  if (!header) return refuse(std::move(header.error()));
  auto encrypted_key = from_base64url(parts[1]);
  auto iv = from_base64url(parts[2]);
  auto ciphertext = from_base64url(parts[3]);
  auto tag = from_base64url(parts[4]);
  if (!encrypted_key || !iv || !ciphertext || !tag) return refuse(Fault::token_malformed, "not base64url");
  return EncryptedToken{.header_part = parts[0],
                        .header = *std::move(header),
                        .encrypted_key = *std::move(encrypted_key),
                        .iv = *std::move(iv),
                        .ciphertext = *std::move(ciphertext),
                        .tag = *std::move(tag)};
}

bool answers_to(const Key& key, const std::optional<std::string>& kid) {
  if (!kid || key.kid() == *kid || (key.kid().empty() && key.body().kind == Kind::oct)) return true;
  return std::ranges::any_of(key.published_names(),
                             [&](const PublishedName& name) { return name.kid == *kid; });
}

}  // namespace slo::jose
