// SPDX-License-Identifier: BSD-2-Clause
// Session Management 1.0: session_state in authorization responses, and the frame that says whether it holds.
#include "core/op/session_state.h"

#include <algorithm>

#include "core/digest.h"
#include "core/op/authorization_response.h"
#include "core/op/page_script.h"
#include "core/text/base64url.h"
#include "core/text/csp.h"
#include "core/text/uri.h"

namespace slo {
namespace {

constexpr std::string_view logged_out = "out";

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.append({digits[byte >> 4], digits[byte & 15]});
  }
  return text;
}

// The redirect_uri that a response was sent to, without the query that it may have had.
std::string_view target_of(std::string_view location) {
  return location.substr(0, location.find_first_of("?#"));
}

bool may_be_sent_to(const Client& client, std::string_view location) {
  return std::ranges::any_of(client.redirect_uris, [location](const std::string& uri) {
    return target_of(uri) == target_of(location);
  });
}

ClientRef receiver_of_response(const Provider& provider, std::string_view location,
                               std::string_view client_id) {
  const ClientListRef clients = provider.clients.list();
  ClientRef client = client_id.empty() ? clients->find_by_redirect(target_of(location))
                                       : clients->find(ClientId{std::string(client_id)});
  return client != nullptr && may_be_sent_to(*client, location) ? client : nullptr;
}

bool holds_parameter(std::string_view location, std::string_view name) {
  for (auto at = location.find(name); at != std::string_view::npos; at = location.find(name, at + 1)) {
    const std::string_view before = at > 0 ? location.substr(at - 1, 1) : "";
    if (before == "?" || before == "&" || before == "#") return true;
  }
  return false;
}

}  // namespace

std::string browser_state_cookie_name(const Provider& provider) {
  return std::string(provider.is_https() ? "__Secure-" : "") + "slo-state-" + provider.store_tag.substr(0, 6);
}

std::string browser_state(const Provider& provider, std::string_view session_cookie) {
  const std::string key = hmac_sha256(provider.ticket_secret, "slo browser state");
  return base64url(hmac_sha256(key, session_cookie)).substr(0, 22);
}

// In a frame of another site it is a third-party cookie, which only https can have.
Header browser_state_header(const Provider& provider, std::string_view state) {
  return {"Set-Cookie", browser_state_cookie_name(provider) + "=" + std::string(state) +
                            "; Path=/; Max-Age=" + std::to_string(provider.absolute.count()) +
                            (provider.is_https() ? "; Secure; SameSite=None" : "; SameSite=Lax")};
}

Header logged_out_state_header(const Provider& provider) {
  return browser_state_header(provider, logged_out);
}

void expire_session_cookies(Page& page, const Provider& provider) {
  for (const auto& cookie : provider.session_cookies) {
    page.headers.push_back({"Set-Cookie", clear_cookie(cookie)});
  }
  if (!provider.check_session_iframe.empty()) page.headers.push_back(logged_out_state_header(provider));
}

std::optional<std::string> with_session_state(const Provider& provider, std::string_view location,
                                              std::string_view client_id, std::string_view state,
                                              std::string_view salt) {
  if (!read_redirect(location) || holds_parameter(location, "session_state=")) return std::nullopt;
  const ClientRef client = receiver_of_response(provider, location, client_id);
  const auto uri = read_uri(location);
  if (client == nullptr || !uri || !uri->is_http()) return std::nullopt;
  const std::string said =
      client->id.value + " " + uri->origin() + " " + std::string(state) + " " + std::string(salt);
  const std::string parameter = "&session_state=" + hexadecimal(sha256(said)) + "." + std::string(salt);
  // Where a fragment carries the response, its end is the end of all; else it goes in front of one.
  const std::size_t hash = std::min(location.find('#'), location.size());
  const bool is_in_fragment = !read_redirect(location.substr(0, hash));
  const std::size_t place = is_in_fragment ? location.size() : hash;
  return std::string(location.substr(0, place)) + parameter + std::string(location.substr(place));
}

Page check_session_page(const Provider& provider) {
  const std::string script = check_session_script(browser_state_cookie_name(provider));
  return {.status = 200,
          .content_type = "text/html; charset=utf-8",
          .headers = {{"Cache-Control", "public, max-age=300"},
                      {"Referrer-Policy", "no-referrer"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Content-Security-Policy",
                       "default-src 'none'; script-src " + csp_source_of(script) + "; base-uri 'none'"}},
          .body =
              "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
              "<title>check_session_iframe</title>\n<script>" +
              script + "</script>\n</head>\n<body></body>\n</html>\n"};
}

}  // namespace slo
