// SPDX-License-Identifier: BSD-2-Clause
// What the OP's own logout is sent, and whether its answer is a yes.
#include "core/op/upstream_logout.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "core/fault.h"
#include "core/text/form.h"
#include "core/text/set_cookie.h"
#include "core/text/uri.h"

namespace slo {
namespace {

constexpr std::string_view way_back_mark = "slo.";
constexpr std::size_t nonce_size = 22;
// Servers take request lines of 8 kB.
constexpr std::size_t max_address = 7000;

bool is_base64url(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
  });
}

}  // namespace

std::string upstream_logout_form(const EndSessionRequest& request, const CheckedRequest& checked) {
  Parameters fields;
  if (checked.hint && request.id_token_hint) fields.emplace_back("id_token_hint", *request.id_token_hint);
  if (checked.client != nullptr) fields.emplace_back("client_id", checked.client->id.value);
  return encode_form(fields);
}

bool may_ask_upstream(const Provider& provider, const UpstreamLogoutAsker& asker, std::string_view form) {
  if (provider.session_cookies.empty() || !asker.session_cookies.empty()) return true;
  return provider.upstream_logout.is_post && form.starts_with("id_token_hint=");
}

bool is_upstream_logout_done(const Provider& provider, const UpstreamLogoutAnswer& answer,
                             const UpstreamLogoutAsker& asker, TimeS now) {
  if (answer.status < 200 || answer.status >= 400) return false;
  const bool is_redirect = answer.status >= 300;
  if (provider.session_cookies.empty()) return true;
  if (is_redirect && (asker.again || asker.session_cookies.empty())) return true;
  return std::ranges::any_of(provider.session_cookies, [&](const CookieScope& cookie) {
    const auto value = find_set_cookie(answer.cookies, cookie.name, now);
    if (!value) return has_set_cookie(answer.cookies, cookie.name);
    return is_redirect && std::ranges::find(asker.session_cookies, *value) == asker.session_cookies.end();
  });
}

bool will_op_tell(const Provider& provider, const EndSessionRequest& request) {
  const bool is_known_there = provider.session_cookies.empty() || !request.session_cookies.empty();
  return provider.upstream_logout.op_notifies && provider.upstream_logout.by_browser && is_known_there;
}

std::string_view way_back_of(const Provider& provider, const EndSessionRequest& request) {
  const bool asks_for_more = request.is_post || request.id_token_hint || request.client_id ||
                             request.post_logout_redirect_uri || request.logout_hint;
  if (!provider.upstream_logout.by_browser || asks_for_more || !request.state) return {};
  const bool is_for_user =
      request.purpose.empty() && (request.sec_fetch_dest.empty() || request.sec_fetch_dest == "document");
  const std::string_view state = *request.state;
  if (!is_for_user || !state.starts_with(way_back_mark)) return {};
  const std::string_view key = state.substr(way_back_mark.size());
  return key.size() == nonce_size && is_base64url(key) ? key : std::string_view{};
}

std::string way_back_state(std::string_view key) { return std::string(way_back_mark).append(key); }

std::string upstream_logout_location(const Provider& provider, const EndSessionRequest& request,
                                     const CheckedRequest& checked, std::string_view key) {
  const UpstreamLogoutPolicy& policy = provider.upstream_logout;
  const std::string state = way_back_state(key);
  const bool may_have_hint = policy.client_id.empty() && checked.hint && !request.is_hint_opened;
  std::string address;
  for (const auto& [has_hint, has_wishes] :
       {std::pair{may_have_hint, true}, {may_have_hint, false}, {false, false}}) {
    Parameters parameters;
    if (has_hint && request.id_token_hint) parameters.emplace_back("id_token_hint", *request.id_token_hint);
    if (!policy.client_id.empty()) {
      parameters.emplace_back("client_id", policy.client_id);
    } else if (checked.client != nullptr) {
      parameters.emplace_back("client_id", checked.client->id.value);
    }
    if (has_wishes && request.logout_hint) parameters.emplace_back("logout_hint", *request.logout_hint);
    if (has_wishes && request.ui_locales) parameters.emplace_back("ui_locales", *request.ui_locales);
    if (!key.empty()) {
      parameters.emplace_back("post_logout_redirect_uri", provider.end_session_endpoint);
      parameters.emplace_back("state", state);
    }
    address = with_query(policy.uri, parameters);
    if (address.size() <= max_address) break;
  }
  return address;
}

std::string kept_way_back(const WayBack& way_back) {
  const PostLogout& post_logout = way_back.post_logout;
  Parameters parameters{{"browser", way_back.browser}};
  if (!post_logout.uri.empty()) parameters.emplace_back("uri", post_logout.uri);
  if (post_logout.state) parameters.emplace_back("state", *post_logout.state);
  if (post_logout.refused) parameters.emplace_back("refused", "1");
  return encode_form(parameters);
}

WayBack read_kept_way_back(std::string_view kept) {
  constexpr std::array<std::string_view, 4> known{"uri", "state", "refused", "browser"};
  const auto form = Form::read(kept, known);
  if (!form) return {};
  WayBack way_back{.post_logout = {.uri = form->find("uri").value_or(""), .state = form->find("state")},
                   .browser = form->find("browser").value_or("")};
  if (form->find("refused")) way_back.post_logout.refused = Refusal{Fault::redirect_not_registered};
  return way_back;
}

bool is_own_way_back(const WayBack& way_back, const EndSessionRequest& request) {
  return !way_back.browser.empty() &&
         std::ranges::find(request.browser_cookies, way_back.browser) != request.browser_cookies.end();
}

}  // namespace slo
