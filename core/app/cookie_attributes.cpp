// SPDX-License-Identifier: BSD-2-Clause
// Reads Set-Cookie as browsers do and writes the one that expires the same cookie. RFC 6265bis, 5.6 and 5.7.
#include "core/app/cookie_attributes.h"

#include <algorithm>
#include <array>

#include "core/text/set_cookie.h"
#include "core/text/words.h"

namespace slo {
namespace {

constexpr std::size_t longest_pair = 4096;       // of name and value
constexpr std::size_t longest_attribute = 1024;  // longer ones are ignored
constexpr std::array<std::string_view, 3> same_sites{"Strict", "Lax", "None"};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return is_control(c) && c != '\t'; });
}
bool can_be_attribute(std::string_view text) {
  return text.size() <= longest_attribute && text.find(';') == std::string_view::npos &&
         std::ranges::none_of(text, is_control);
}

// Section 5.1.4. A path with a semicolon no attribute can name, nor one with what is no visible character.
std::string default_path(std::string_view request_path) {
  request_path = request_path.substr(0, request_path.find('?'));
  if (!request_path.starts_with('/')) return "/";
  const std::string_view folder = request_path.substr(0, request_path.rfind('/'));
  if (folder.empty()) return "/";
  return can_be_attribute(folder) ? std::string(folder) : std::string();
}

std::string domain_of(std::string_view value) {
  std::string domain(value.substr(std::min(value.find_first_not_of(". \t"), value.size())));
  std::ranges::transform(domain, domain.begin(), lower_case);
  return domain;
}

std::string same_site_of(std::string_view value) {
  const auto found =
      std::ranges::find_if(same_sites, [value](std::string_view word) { return is_same_word(word, value); });
  return found == same_sites.end() ? std::string() : std::string(*found);
}

// The last of each name counts; where it says nothing, it takes back what one before it said.
void take_attribute(const CookiePair& attribute, CookieAttributes& attributes) {
  const auto is = [&attribute](std::string_view name) { return is_same_word(attribute.name, name); };
  if (!can_be_attribute(attribute.value)) return;
  if (is("path"))
    attributes.path = attribute.value.starts_with('/') ? std::string(attribute.value) : std::string();
  if (is("domain")) attributes.domain = domain_of(attribute.value);
  if (is("samesite")) attributes.same_site = same_site_of(attribute.value);
  if (is("secure")) attributes.is_secure = true;
  if (is("httponly")) attributes.is_http_only = true;
  if (is("partitioned")) attributes.is_partitioned = true;
}

// So many browsers compare without case since these prefixes were found to be evaded by it.
bool begins_with(std::string_view name, std::string_view prefix) {
  return is_same_word(name.substr(0, prefix.size()), prefix);
}

// A browser ignores a Set-Cookie whose attributes do not fit the name, and the cookie would stay.
CookieAttributes as_name_wants(std::string_view name, CookieAttributes attributes) {
  const bool is_host = begins_with(name, "__Host-");
  const bool is_http = begins_with(name, "__Http-") || begins_with(name, "__Host-Http-");
  if (is_host) {
    attributes.path = "/";
    attributes.domain.clear();
  }
  if (is_host || is_http || attributes.is_partitioned || begins_with(name, "__Secure-"))
    attributes.is_secure = true;
  if (is_http) attributes.is_http_only = true;
  return attributes;
}

bool can_be_name(std::string_view name) {
  return !name.empty() && name == trimmed(name) && !has_control(name) &&
         name.find_first_of(";=") == std::string_view::npos;
}

struct Flag {
  char letter;
  bool CookieAttributes::*is_set;
};
constexpr std::array<Flag, 3> flags{{{'S', &CookieAttributes::is_secure},
                                     {'H', &CookieAttributes::is_http_only},
                                     {'P', &CookieAttributes::is_partitioned}}};

}  // namespace

std::optional<AnswerCookie> read_answer_cookie(std::string_view set_cookie, std::string_view request_path,
                                               TimeS now) {
  if (has_control(set_cookie)) return std::nullopt;
  if (set_cookie.substr(0, set_cookie.find(';')).find('=') == std::string_view::npos) return std::nullopt;
  std::string_view rest = set_cookie;
  const CookiePair pair = take_cookie_pair(rest);
  if (pair.name.empty() || pair.name.size() + pair.value.size() > longest_pair) return std::nullopt;
  AnswerCookie cookie{.name = std::string(pair.name), .value = std::string(pair.value)};
  cookie.is_expired = pair.value.empty() || is_cookie_expired(rest, now);
  while (!rest.empty()) take_attribute(take_cookie_pair(rest), cookie.attributes);
  cookie.has_default_path = cookie.attributes.path.empty();
  if (cookie.has_default_path) cookie.attributes.path = default_path(request_path);
  return cookie;
}

// `path;domain;`, the flags that are set and the first letter of same_site, in small.
std::string write_attributes(const CookieAttributes& attributes) {
  std::string text;
  for (const std::string* part : {&attributes.path, &attributes.domain})
    text.append(can_be_attribute(*part) ? *part : std::string()).append(";");
  for (const Flag& flag : flags) {
    if (attributes.*flag.is_set) text += flag.letter;
  }
  if (!same_site_of(attributes.same_site).empty()) text += static_cast<char>(attributes.same_site[0] | 0x20);
  return text;
}

std::optional<CookieAttributes> read_attributes(std::string_view text) {
  const std::size_t first = text.find(';');
  const std::size_t second = first == std::string_view::npos ? first : text.find(';', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  CookieAttributes attributes{.path = std::string(text.substr(0, first)),
                              .domain = std::string(text.substr(first + 1, second - first - 1))};
  std::string_view letters = text.substr(second + 1);
  for (const Flag& flag : flags) {
    attributes.*flag.is_set = letters.starts_with(flag.letter);
    if (attributes.*flag.is_set) letters.remove_prefix(1);
  }
  for (const std::string_view word : same_sites) {
    if (letters.size() == 1 && letters[0] == (word[0] | 0x20)) attributes.same_site = word;
  }
  const bool is_read = letters.empty() || !attributes.same_site.empty();
  const bool can_be = can_be_attribute(attributes.path) && can_be_attribute(attributes.domain);
  return is_read && can_be ? std::optional(std::move(attributes)) : std::nullopt;
}

std::string expire_cookie(std::string_view name, const CookieAttributes& attributes) {
  if (!can_be_name(name)) return {};
  const CookieAttributes fitting = as_name_wants(name, attributes);
  std::string cookie(name);
  cookie += '=';
  if (fitting.path.starts_with('/') && can_be_attribute(fitting.path)) cookie += "; Path=" + fitting.path;
  if (!fitting.domain.empty() && can_be_attribute(fitting.domain)) cookie += "; Domain=" + fitting.domain;
  cookie += "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
  if (fitting.is_http_only) cookie += "; HttpOnly";
  if (fitting.is_secure) cookie += "; Secure";
  if (const std::string site = same_site_of(fitting.same_site); !site.empty()) cookie += "; SameSite=" + site;
  if (fitting.is_partitioned) cookie += "; Partitioned";
  return cookie;
}

}  // namespace slo
