// SPDX-License-Identifier: BSD-2-Clause
// Writes the browser's way to the OP, and knows it again when it comes back.
#include "core/rp/way_out.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/digest.h"
#include "core/pages/page_frame.h"
#include "core/text/base64url.h"
#include "core/text/form.h"
#include "core/text/html.h"
#include "core/text/uri.h"

namespace slo {
namespace {

constexpr std::size_t nonce_size = 22;  // 128 bits as base64url

bool is_base64url_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// Whatever else another site may have planted under this name is replaced.
bool is_way_out_key(std::string_view value) {
  return value.size() == nonce_size && std::ranges::all_of(value, is_base64url_char);
}

// The issuer keeps the ways of two providers apart that share a cookie.
std::string state_of(const Provider& provider, std::string_view key, std::string_view nonce) {
  const std::string text = "slo-logout " + provider.issuer.value + ' ' + std::string(nonce);
  return std::string(nonce).append(base64url(hmac_sha256(key, text)).substr(0, nonce_size));
}

Parameters parameters_of(const WayOut& way, const std::string& state) {
  Parameters parameters;
  if (!way.id_token_hint.empty()) parameters.emplace_back("id_token_hint", way.id_token_hint);
  if (!way.client_id.empty()) parameters.emplace_back("client_id", way.client_id);
  if (way.post_logout_redirect_uri.empty()) return parameters;
  parameters.emplace_back("post_logout_redirect_uri", way.post_logout_redirect_uri);
  parameters.emplace_back("state", state);
  return parameters;
}

Page form_page(const std::string& endpoint, const Parameters& parameters, const std::string& nonce) {
  std::string form = "<form method=\"post\" action=\"" + escape_html(endpoint) + "\">\n";
  for (const auto& [name, value] : parameters) {
    form.append("<input type=\"hidden\" name=\"").append(name).append("\" value=\"");
    form.append(escape_html(value)).append("\">\n");
  }
  form.append("<button class=\"first\">Continue</button>\n</form>\n<script nonce=\"").append(nonce);
  form.append("\">document.forms[0].submit()</script>\n");
  return framed_page(
      {.heading = "Signing you out",
       .body = paragraph("You are taken to where you signed in, to sign out there as well.") + form,
       .sources = "script-src 'nonce-" + nonce + "'; "});
}

bool is_cookie_path(std::string_view path) {
  return is_local_path(path) &&
         std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7F && c != ';'; });
}

std::string_view refused_heading(int status) {
  return status == 503 ? "Please try again" : "You were not signed out";
}

tl::unexpected<Refusal> wrong(std::string why) {
  return refuse(Fault::configuration_invalid, std::move(why));
}

}  // namespace

CookieScope way_out_cookie(std::string_view path, bool is_https) {
  return {.name = "slo-logout",
          .path = is_cookie_path(path) ? std::string(path) : std::string("/"),
          .secure = is_https};
}

std::string button_address(bool is_https, std::string_view host, std::string_view path) {
  const std::string origin = std::string(is_https ? "https://" : "http://").append(host);
  const auto own = read_uri(origin);
  const bool is_host = own && !own->userinfo && own->path.empty() && !own->query && !own->fragment;
  if (!is_host || !is_local_path(path)) return {};
  const std::string address = origin + std::string(path);
  return read_uri(address) ? address : std::string();
}

Page way_out_page(const Provider& provider, const WayOut& way, const Moment& moment) {
  const auto known = std::ranges::find_if(way.cookies, is_way_out_key);
  const std::string key = known != way.cookies.end() ? *known : nonce(moment, 0);
  const std::string state = state_of(provider, key, nonce(moment, 1));
  const Parameters parameters = parameters_of(way, state);
  std::string address = with_query(way.endpoint, parameters);
  Page page = address.size() <= max_way_out_address ? see_other(std::move(address))
                                                    : form_page(way.endpoint, parameters, nonce(moment, 2));
  if (!way.post_logout_redirect_uri.empty())
    page.headers.push_back({"Set-Cookie", set_cookie(way.cookie, key, way_out_life)});
  return page;
}

Page local_way_out_page(const std::string& landing) { return see_other(landing); }

std::optional<std::string> returned_state(std::string_view query) {
  constexpr std::array<std::string_view, 1> known{"state"};
  const auto form = Form::read(query, known);
  return form ? form->find("state") : std::string();
}

bool is_own_return(const Provider& provider, std::string_view state,
                   const std::vector<std::string>& cookies) {
  if (state.size() != 2 * nonce_size) return false;
  return std::ranges::any_of(cookies, [&](const std::string& key) {
    const std::string expected = state_of(provider, key, state.substr(0, nonce_size));
    return is_way_out_key(key) && CRYPTO_memcmp(expected.data(), state.data(), state.size()) == 0;
  });
}

Page return_page(const std::string& landing, const CookieScope& cookie) {
  Page page = see_other(landing);
  page.headers.push_back({"Set-Cookie", clear_cookie(cookie)});
  return page;
}

// Under no-referrer browsers would send the form with `Origin: null`.
Page press_question_page(std::string_view host, std::string_view self) {
  std::string form = "<form method=\"post\"";
  if (const std::string action = relative_link(self); !action.empty())
    form.append(" action=\"").append(escape_html(action)).append("\"");
  form.append(">\n<button class=\"first\">Sign out</button>\n</form>\n");
  return framed_page(
      {.place = std::string(host),
       .heading = "Sign out?",
       .body = paragraph("Another page has led you here, to sign you out.") + form + "<p class=\"soft\">" +
               escape_html("If you did not want that, leave this page: nothing has changed.") + "</p>\n",
       .referrer = "same-origin"});
}

Page press_refused_page(const Refusal& refusal) {
  const FaultRow& row = describe(refusal.fault);
  Page page = framed_page(
      {.status = row.status,
       .heading = std::string(refused_heading(row.status)),
       .body = paragraph(row.to_client) + "<p class=\"soft\">Code: " + std::string(row.code) + "</p>\n"});
  if (page.status == 405) page.headers.push_back({"Allow", "GET, HEAD, POST"});
  if (page.status == 503) page.headers.push_back({"Retry-After", "5"});
  return page;
}

Outcome<void> check_landing(std::string_view landing) {
  const auto is_plain = [](char c) { return c > 0x20 && c < 0x7F && c != '\\' && c != '$'; };
  if (is_local_path(landing) && std::ranges::all_of(landing, is_plain)) return {};
  const auto uri = read_uri(landing);
  if (uri && uri->is_http() && !uri->userinfo && std::ranges::all_of(landing, is_plain)) return {};
  return wrong("it must be a path on this server or an http(s) URL, without variables");
}

Outcome<void> check_return_address(std::string_view address) {
  const auto uri = read_uri(address);
  if (uri && uri->is_http() && !uri->userinfo && !uri->fragment &&
      address.find('$') == std::string_view::npos)
    return {};
  return wrong("it must be an http(s) URL without fragment and variables");
}

}  // namespace slo
