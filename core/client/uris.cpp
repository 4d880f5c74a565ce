// SPDX-License-Identifier: BSD-2-Clause
// Refuses what a client must not register: URIs that run in our origin, leak, or lead nowhere.
#include "core/client/uris.h"

#include <algorithm>
#include <array>

#include "core/text/uri.h"

namespace slo::metadata {
namespace {

constexpr const char* post_logout = "post_logout_redirect_uris";
constexpr const char* backchannel = "backchannel_logout_uri";
constexpr const char* frontchannel = "frontchannel_logout_uri";

// A browser that is sent to one of these runs or shows what the URI says, in an origin that is not its
// author's.
bool is_dangerous(std::string_view scheme) {
  constexpr std::array<std::string_view, 6> dangerous{"javascript", "data", "file",
                                                      "vbscript",   "blob", "about"};
  return std::ranges::find(dangerous, scheme) != dangerous.end();
}

Read<Uri> read_without_fragment(std::string_view member, std::string_view text, Fault fault) {
  Outcome<Uri> uri = read_uri(text);
  if (!uri) return blame_value(member, text, uri.error().detail, fault);
  if (uri->fragment) return blame_value(member, text, "must not have a fragment", fault);
  return *std::move(uri);
}

Read<Uri> read_redirect(std::string_view member, std::string_view text) {
  Read<Uri> uri = read_without_fragment(member, text, Fault::redirect_uri_invalid);
  if (uri && is_dangerous(uri->scheme)) {
    return blame_value(member, text, "must not have the scheme \"" + uri->scheme + '"',
                       Fault::redirect_uri_invalid);
  }
  return uri;
}

Done check_scheme_is_allowed(std::string_view member, std::string_view text, const Uri& uri,
                             const Client& client, const ClientRules& rules, Fault fault) {
  if (uri.scheme != "http") return {};
  if (!client.confidential) {
    return blame_value(member, text,
                       "must be https: the client is public (\"token_endpoint_auth_method\" is \"none\")",
                       fault);
  }
  if (!rules.allow_http)
    return blame_value(member, text, "must be https, unless \"allow_http\" is on", fault);
  return {};
}

Read<Uri> read_logout_uri(const char* member, std::string_view text, const Client& client,
                          const ClientRules& rules) {
  constexpr Fault fault = Fault::client_metadata_invalid;
  Read<Uri> uri = read_without_fragment(member, text, fault);
  if (!uri) return uri;
  if (!uri->is_http()) return blame_value(member, text, "must be an https URI");
  if (uri->userinfo) return blame_value(member, text, "must not hold a user name or password");
  if (Done allowed = check_scheme_is_allowed(member, text, *uri, client, rules, fault); !allowed) {
    return tl::unexpected(std::move(allowed).error());
  }
  return uri;
}

bool is_native_loopback(const Uri& uri, const Client& client) {
  return client.native && uri.scheme == "http" && uri.is_loopback();
}

}  // namespace

Done check_redirect_uri(std::string_view uri) {
  return read_redirect("redirect_uris", uri).map([](const Uri&) {});
}

Done check_post_logout_uri(std::string_view text, const Client& client, const ClientRules& rules) {
  const Read<Uri> uri = read_redirect(post_logout, text);
  if (!uri) return tl::unexpected(uri.error());
  if (is_native_loopback(*uri, client)) return {};
  return check_scheme_is_allowed(post_logout, text, *uri, client, rules, Fault::redirect_uri_invalid);
}

Done check_frontchannel_uri(std::string_view text, const Client& client, const ClientRules& rules) {
  const Read<Uri> uri = read_logout_uri(frontchannel, text, client, rules);
  if (!uri) return tl::unexpected(uri.error());
  if (client.redirect_uris.empty()) {
    return blame(frontchannel,
                 "needs \"redirect_uris\": it must share scheme, host and port with one of them");
  }
  const auto shares_origin = [&](const std::string& redirect) {
    const Outcome<Uri> other = read_uri(redirect);
    return other && other->origin() == uri->origin();
  };
  if (!std::ranges::any_of(client.redirect_uris, shares_origin)) {
    return blame_value(frontchannel, text, "must share scheme, host and port with one of \"redirect_uris\"");
  }
  return {};
}

Read<std::string> read_backchannel_uri(std::string_view text, const Client& client,
                                       const ClientRules& rules) {
  const Read<Uri> uri = read_logout_uri(backchannel, text, client, rules);
  if (!uri) return tl::unexpected(uri.error());
  std::string with_path(text);
  if (uri->path.empty()) with_path.insert(std::min(text.find('?'), text.size()), "/");
  return with_path;
}

}  // namespace slo::metadata
