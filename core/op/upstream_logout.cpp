// SPDX-License-Identifier: BSD-2-Clause
// What the OP's own logout is sent, and whether its answer is a yes.
#include "core/op/upstream_logout.h"

#include <algorithm>

#include "core/text/form.h"
#include "core/text/set_cookie.h"

namespace slo {

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

}  // namespace slo
