// SPDX-License-Identifier: BSD-2-Clause
// Takes absolute URIs apart: uriparser knows the grammar, this file what is sensible beyond it.
//
// Stricter than RFC 3986 for http(s): the host is a plain name or an address. A `;` or `,` there, which the
// grammar allows, would end up in a Content-Security-Policy as a directive of the URI's author.
#include "core/text/uri.h"

#include <uriparser/Uri.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace slo {
namespace {

constexpr std::size_t max_uri = 2048;

struct SplitRelease {
  void operator()(UriUriA* split) const noexcept { uriFreeUriMembersA(split); }
};

std::string_view view_of(const UriTextRangeA& range) {
  return range.first == nullptr
             ? std::string_view{}
             : std::string_view(range.first, static_cast<std::size_t>(range.afterLast - range.first));
}

std::optional<std::string> optional_text(const UriTextRangeA& range) {
  if (range.first == nullptr) return std::nullopt;
  return std::string(view_of(range));
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return lower;
}

std::string host_of(const UriUriA& split) {
  const std::string host = lower_case(view_of(split.hostText));
  const bool is_bracketed = split.hostData.ip6 != nullptr || split.hostData.ipFuture.first != nullptr;
  return is_bracketed ? '[' + host + ']' : host;
}

std::string path_of(const UriUriA& split) {
  const bool is_rooted = split.hostText.first != nullptr || split.absolutePath != 0;
  std::string path;
  for (const UriPathSegmentA* segment = split.pathHead; segment != nullptr; segment = segment->next) {
    if (is_rooted || segment != split.pathHead) path.push_back('/');
    path.append(view_of(segment->text));
  }
  return path.empty() && split.absolutePath != 0 ? "/" : path;
}

template <class Number>
std::optional<Number> read_number(std::string_view digits) {
  Number number{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

bool is_plain_host(const UriUriA& split) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  };
  if (split.hostData.ipFuture.first != nullptr) return false;  // no browser and no nginx can go there
  return split.hostData.ip6 != nullptr || std::ranges::all_of(view_of(split.hostText), is_plain);
}

bool is_ipv4_loopback(std::string_view host) {
  if (!host.starts_with("127.")) return false;
  int octets = 0;
  while (!host.empty()) {
    const std::size_t end = host.find('.');
    const std::optional<unsigned> octet = read_number<unsigned>(host.substr(0, end));
    if (!octet || *octet > 255) return false;
    ++octets;
    host = end == std::string_view::npos ? std::string_view{} : host.substr(end + 1);
  }
  return octets == 4;
}

tl::unexpected<Refusal> malformed(std::string why) { return refuse(Fault::uri_malformed, std::move(why)); }

Outcome<Uri> read_split(const UriUriA& split) {
  Uri uri{.scheme = lower_case(view_of(split.scheme)),
          .userinfo = optional_text(split.userInfo),
          .host = host_of(split),
          .path = path_of(split),
          .query = optional_text(split.query),
          .fragment = optional_text(split.fragment)};
  if (uri.scheme.empty()) return malformed("must be absolute, with a scheme such as https:");
  if (uri.is_http() && uri.host.empty()) return malformed("must name a host");
  if (uri.is_http() && !is_plain_host(split))
    return malformed("must have a host name of letters, digits, '.', '-' and '_'");
  if (split.portText.first != nullptr) {
    uri.port = read_number<unsigned>(view_of(split.portText));
    if (!uri.port || *uri.port < 1 || *uri.port > 65535) return malformed("must have a port of 1 to 65535");
  }
  return uri;
}

}  // namespace

bool Uri::is_loopback() const { return host == "localhost" || host == "[::1]" || is_ipv4_loopback(host); }

unsigned Uri::effective_port() const {
  if (port) return *port;
  if (scheme == "http") return 80;
  if (scheme == "https") return 443;
  return 0;
}

std::string Uri::authority() const { return port ? host + ':' + std::to_string(*port) : host; }

std::string Uri::origin() const {
  const bool is_default_port = effective_port() == Uri{.scheme = scheme}.effective_port();
  return scheme + "://" + (is_default_port ? host : authority());
}

Outcome<Uri> read_uri(std::string_view text) {
  if (text.empty()) return malformed("must not be empty");
  if (text.size() > max_uri) return malformed("must be at most 2048 bytes long");
  const auto is_graphic = [](char c) { return c > 0x20 && c < 0x7F; };
  if (!std::ranges::all_of(text, is_graphic)) {
    return malformed("must be printable ASCII without blanks; percent-encode the rest");
  }

  UriUriA split{};
  const char* culprit = nullptr;
  const int refused = uriParseSingleUriExA(&split, text.data(), text.data() + text.size(), &culprit);
  if (refused != URI_SUCCESS) {
    const auto place = culprit == nullptr ? 0 : culprit - text.data();
    return malformed("is not a URI (RFC 3986) at byte " + std::to_string(place + 1));
  }
  const std::unique_ptr<UriUriA, SplitRelease> owner(&split);
  return read_split(split);
}

std::string_view without_query(std::string_view uri) { return uri.substr(0, uri.find('?')); }

std::string with_query(std::string_view uri, const Parameters& parameters) {
  std::string extended(uri);
  if (parameters.empty()) return extended;
  const std::size_t mark = uri.find('?');
  if (mark == std::string_view::npos) {
    extended.push_back('?');
  } else if (mark + 1 != uri.size() && !uri.ends_with('&')) {
    extended.push_back('&');
  }
  return extended.append(encode_form(parameters));
}

std::optional<std::string> loopback_without_port(std::string_view text) {
  const Outcome<Uri> uri = read_uri(text);
  if (!uri || uri->scheme != "http" || !uri->is_loopback()) return std::nullopt;
  std::string portless(text);
  if (!uri->port) return portless;
  const std::size_t authority = text.find("//") + 2;
  const std::size_t end = std::min(text.find_first_of("/?#", authority), text.size());
  const std::size_t colon = text.substr(0, end).rfind(':');
  return portless.erase(colon, end - colon);
}

}  // namespace slo
