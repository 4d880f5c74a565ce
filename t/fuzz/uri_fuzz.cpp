// SPDX-License-Identifier: BSD-2-Clause
// URIs: the parts make the whole again, the written form is read as the same, and nothing accepted can break
// out of a header or a policy.
#include "core/text/uri.h"

#include "core/client/uris.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lowered;
}

std::string put_together(const Uri& uri, bool has_authority) {
  std::string text = uri.scheme + ":";
  if (has_authority) text += "//";
  if (uri.userinfo) text += *uri.userinfo + "@";
  text += uri.host;
  if (uri.port) text += ":" + std::to_string(*uri.port);
  text += uri.path;
  if (uri.query) text += "?" + *uri.query;
  if (uri.fragment) text += "#" + *uri.fragment;
  return text;
}

// `:` without a port and leading zeros of one are the only spellings that are not kept.
std::string without_odd_port(const std::string& text, const Uri& uri, bool has_authority) {
  if (!has_authority) return text;
  const auto authority = uri.scheme.size() + 1;
  const auto end = std::min(text.find_first_of("/?#", authority + 2), text.size());
  auto last = text.find_last_not_of("0123456789", end - 1);
  if (last == std::string::npos || last < authority + 2 || text[last] != ':') return text;
  const std::string port = uri.port ? ":" + std::to_string(*uri.port) : "";
  return text.substr(0, last) + port + text.substr(end);
}

void check_safety(const Uri& uri) {
  if (!uri.is_http()) return;
  promise(!uri.host.empty(), "an http URI names a host");
  promise(!holds_any(uri.origin(), ";,' \"<>\\*()"), "an origin is safe in a policy");
  const auto again = read_uri(uri.origin());
  promise(again && again->origin() == uri.origin(), "an origin is a URI with the same origin");
  promise(uri.effective_port() >= 1 && uri.effective_port() <= 65535, "a port is one");
}

void check_query(const std::string& text, const Uri& uri) {
  if (uri.fragment) return;
  const auto extended = with_query(text, {{"state", "a&b=c#d"}, {"x", ""}});
  promise(extended.starts_with(text), "what a query holds is kept to the byte");
  if (extended.size() > 2048) return;
  const auto read = read_uri(extended);
  promise(read && read->origin() == uri.origin() && read->path == uri.path && !read->fragment,
          "a parameter changes the query alone");
  promise(read->query && read->query->ends_with("state=a%26b%3Dc%23d&x="), "and is its end");
}

void check_loopback(const std::string& text, const Uri& uri) {
  const auto portless = loopback_without_port(text);
  promise(portless.has_value() == (uri.scheme == "http" && uri.is_loopback()),
          "loopback is http to this machine");
  if (!portless) return;
  const auto read = read_uri(*portless);
  promise(read && !read->port && read->host == uri.host && read->path == uri.path &&
              read->query == uri.query && read->userinfo == uri.userinfo,
          "without its port a URI is otherwise the same");
}

void check(const std::string& text) {
  const auto uri = read_uri(text);
  if (!uri) {
    promise(uri.error().fault == Fault::uri_malformed && !uri.error().detail.empty(),
            "a refusal has its reason");
    return;
  }
  promise(!holds_any(text, "\r\n <>\"\\^`{}|") && text.size() <= 2048,
          "no accepted URI holds what breaks a header or a page");
  const bool has_authority = lower(text).starts_with(uri->scheme + "://");
  const auto whole = put_together(*uri, has_authority);
  promise(lower(whole) == lower(without_odd_port(text, *uri, has_authority)),
          "the parts make the whole again");
  const auto again = read_uri(whole);
  promise(again && *again == *uri, "the canonical form is read as the same");
  check_safety(*uri);
  check_query(text, *uri);
  check_loopback(text, *uri);
}

void register_uri(const std::string& text, const Client& client, const ClientRules& rules) {
  if (metadata::check_post_logout_uri(text, client, rules)) {
    const auto scheme = read_uri(text)->scheme;
    promise(scheme != "javascript" && scheme != "data", "no script is registered as a redirect");
    promise(!read_uri(text)->fragment, "no redirect has a fragment");
  }
  if (const auto target = metadata::read_backchannel_uri(text, client, rules)) {
    const auto uri = read_uri(*target);
    promise(uri && uri->is_http() && !uri->path.empty() && !uri->userinfo && !uri->fragment,
            "a logout URI can be posted to as it stands");
    promise(uri->scheme == "https" || (rules.allow_http && client.confidential),
            "http is for those who allow it");
  }
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  const slo::Client client{.confidential = input.flag(), .native = input.flag()};
  const slo::ClientRules rules{.allow_http = input.flag()};
  const auto text = input.rest();
  slo::fuzz::check(text);
  slo::fuzz::register_uri(text, client, rules);
}
