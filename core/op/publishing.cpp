// SPDX-License-Identifier: BSD-2-Clause
// What clients must know of our logout, put into the OP's own documents.
#include "core/op/publishing.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>
#include <vector>

#include "core/digest.h"
#include "core/jose/jose.h"
#include "core/text/base64url.h"
#include "core/text/form.h"
#include "core/text/inflate.h"
#include "core/text/json.h"
#include "core/text/json_edit.h"
#include "core/text/uri.h"
#include "core/text/words.h"

namespace slo {
namespace {

std::string as_json(std::string_view text) { return dump_json(make_string(text).get()); }

JsonTexts logout_members(const Provider& provider, const LogoutSupport& support) {
  const std::string back = support.back_channel ? "true" : "false";
  const std::string front = support.front_channel ? "true" : "false";
  JsonTexts members{{"end_session_endpoint", as_json(provider.end_session_endpoint)},
                    {"backchannel_logout_supported", back},
                    {"backchannel_logout_session_supported", back},
                    {"frontchannel_logout_supported", front},
                    {"frontchannel_logout_session_supported", front}};
  if (!provider.check_session_iframe.empty())
    members.emplace_back("check_session_iframe", as_json(provider.check_session_iframe));
  return members;
}

Outcome<Publication> publish_discovery(const Provider& provider, const LogoutSupport& support,
                                       std::string_view text, const json_t* document) {
  if (string_member(document, "issuer") != provider.issuer.value) {
    return refuse(Fault::response_foreign, "its \"issuer\" is not \"" + provider.issuer.value + '"');
  }
  return Publication{.document = with_members(text, logout_members(provider, support))};
}

bool is_same_public_key(const json_t* one, const json_t* other) {
  constexpr std::array members{"kty", "crv", "n", "e", "x", "y"};
  const auto is_equal = [&](const char* name) {
    return string_member(one, name) == string_member(other, name);
  };
  if (std::ranges::all_of(members, is_equal)) return true;
  const auto a = jose::Key::from_jwk(one), b = jose::Key::from_jwk(other);  // a number may be written twice
  return a && b && a->is_same_pair(*b);
}

enum class UnderName : unsigned char { no, same, other };

// What stands in the set under the name of our key `ours`.
UnderName find_named_so(const json_t* set, const json_t* ours) {
  const auto kid = string_member(ours, "kid");
  UnderName found = UnderName::no;
  std::size_t index = 0;
  const json_t* entry = nullptr;
  json_array_foreach(set, index, entry) {
    if (string_member(entry, "kid") != kid || string_member(entry, "use") == "enc") continue;
    if (string_member(entry, "kty") != string_member(ours, "kty")) continue;
    if (is_same_public_key(entry, ours)) return UnderName::same;
    if (kid) found = UnderName::other;
  }
  return found;
}

Publication publish_keys(const Provider& provider, std::string_view text, const json_t* set) {
  Publication result;
  std::vector<std::string> added;
  const Json published = published_keys(provider);
  std::size_t index = 0;
  const json_t* key = nullptr;
  json_array_foreach(json_object_get(published.get(), "keys"), index, key) {
    const UnderName found = find_named_so(set, key);
    if (found == UnderName::no) added.push_back(dump_json(key));
    if (found == UnderName::other) {
      result.doubt = "the OP has another key under the kid \"" + *string_member(key, "kid") +
                     "\": ours is left out, and clients will refuse our logout tokens";
    }
  }
  result.document = with_elements(text, "keys", added);
  return result;
}

Outcome<Publication> publish_plain(const Provider& provider, const LogoutSupport& support,
                                   std::string_view text) {
  if (text.size() > max_published) return refuse(Fault::response_too_large);
  const auto json = parse_kept_json(text);
  if (!json) return refuse(Fault::response_malformed, "it is not JSON, " + json.error().detail);
  const json_t* document = json->get();
  if (json_is_object(document) && has_member(document, "issuer")) {
    return publish_discovery(provider, support, text, document);
  }
  const json_t* keys = json_object_get(document, "keys");  // null where it is no object
  if (json_is_array(keys)) return publish_keys(provider, text, keys);
  return refuse(Fault::response_malformed, "it is neither a discovery document nor a key set");
}

}  // namespace

Outcome<Publication> publish(const Provider& provider, const LogoutSupport& support,
                             const PassingDocument& passing) {
  if (!passing.is_packed) return publish_plain(provider, support, passing.body);
  const auto plain = inflate(passing.body, max_published);
  if (!plain) return refuse(Fault::response_malformed, "its Content-Encoding is not gzip or deflate");
  return publish_plain(provider, support, *plain);
}

std::string discovery_document(const Provider& provider, const LogoutSupport& support,
                               const std::string& jwks_uri) {
  JsonTexts members = logout_members(provider, support);
  members.emplace(members.begin(), "issuer", as_json(provider.issuer.value));
  if (!jwks_uri.empty()) members.emplace_back("jwks_uri", as_json(jwks_uri));
  return with_members("{}", members);
}

std::string address_at_issuer(const Issuer& issuer, std::string_view path) {
  constexpr std::string_view kept = "-._~!$&'()*+,;=:@/";  // RFC 3986, section 3.3
  const auto uri = read_uri(issuer.value);
  std::string address = uri ? uri->origin() : std::string();
  for (const char c : path) {
    const bool is_kept =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || kept.find(c) != std::string_view::npos;
    address += is_kept ? std::string(1, c) : encode_component(std::string_view(&c, 1));
  }
  return address;
}

std::string etag_of(std::string_view document) {
  return '"' + base64url(sha256(document)).substr(0, 22) + '"';
}

bool names_etag(std::string_view if_none_match, std::string_view etag) {
  if (trimmed(if_none_match) == "*") return true;
  while (!if_none_match.empty()) {
    const auto comma = std::min(if_none_match.find(','), if_none_match.size());
    std::string_view one = trimmed(if_none_match.substr(0, comma));
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == etag) return true;
    if_none_match.remove_prefix(std::min(comma + 1, if_none_match.size()));
  }
  return false;
}

}  // namespace slo
