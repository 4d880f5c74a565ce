// SPDX-License-Identifier: BSD-2-Clause
// What the OP's own logout is sent, and whether its answer is a yes.
#include "core/op/upstream_logout.h"

#include <algorithm>
#include <array>

#include "core/fault.h"
#include "core/text/form.h"
#include "core/text/set_cookie.h"
#include "core/text/uri.h"

namespace slo {
namespace {

constexpr std::string_view way_back_mark = "slo.";
constexpr std::size_t nonce_size = 22;
// Servers take request lines of 8 kB, proxies and browsers often less.
constexpr std::size_t max_hint_in_address = 4096;

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

std::string_view way_back_of(const Provider& provider, const EndSessionRequest& request) {
  const bool asks_for_more = request.is_post || request.id_token_hint || request.client_id ||
                             request.post_logout_redirect_uri || request.logout_hint;
  if (!provider.upstream_logout.by_browser || asks_for_more || !request.state) return {};
  const std::string_view state = *request.state;
  if (!state.starts_with(way_back_mark)) return {};
  const std::string_view key = state.substr(way_back_mark.size());
  return key.size() == nonce_size && is_base64url(key) ? key : std::string_view{};
}

std::string way_back_state(std::string_view key) { return std::string(way_back_mark).append(key); }

std::string upstream_logout_location(const Provider& provider, const EndSessionRequest& request,
                                     const CheckedRequest& checked, std::string_view key) {
  const UpstreamLogoutPolicy& policy = provider.upstream_logout;
  const std::string state = way_back_state(key);
  Parameters parameters;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) parameters.emplace_back(name, value);
  };
  if (policy.client_id.empty()) {
    const auto& hint = request.id_token_hint;
    if (checked.hint && hint && hint->size() <= max_hint_in_address) add("id_token_hint", *hint);
    if (checked.client != nullptr) add("client_id", checked.client->id.value);
  } else {
    add("client_id", policy.client_id);
  }
  if (request.logout_hint) add("logout_hint", *request.logout_hint);
  if (request.ui_locales) add("ui_locales", *request.ui_locales);
  if (!key.empty()) {
    add("post_logout_redirect_uri", provider.end_session_endpoint);
    add("state", state);
  }
  return with_query(policy.uri, parameters);
}

std::string kept_post_logout(const PostLogout& post_logout) {
  Parameters parameters;
  if (!post_logout.uri.empty()) parameters.emplace_back("uri", post_logout.uri);
  if (post_logout.state) parameters.emplace_back("state", *post_logout.state);
  if (post_logout.refused) parameters.emplace_back("refused", "1");
  return encode_form(parameters);
}

PostLogout read_kept_post_logout(std::string_view kept) {
  constexpr std::array<std::string_view, 3> known{"uri", "state", "refused"};
  const auto form = Form::read(kept, known);
  if (!form) return {};
  PostLogout post_logout{.uri = form->find("uri").value_or(""), .state = form->find("state")};
  if (form->find("refused")) post_logout.refused = Refusal{Fault::redirect_not_registered};
  return post_logout;
}

}  // namespace slo
