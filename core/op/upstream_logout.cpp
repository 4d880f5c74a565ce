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

bool is_upstream_logout_done(const Provider& provider, const UpstreamLogoutAnswer& answer,
                             const std::vector<std::string>& sent, TimeS now) {
  if (answer.status < 200 || answer.status >= 400) return false;
  if (provider.session_cookies.empty()) return true;
  return std::ranges::any_of(provider.session_cookies, [&](const CookieScope& cookie) {
    const auto value = find_set_cookie(answer.cookies, cookie.name, now);
    return value ? std::ranges::find(sent, *value) == sent.end()
                 : has_set_cookie(answer.cookies, cookie.name);
  });
}

}  // namespace slo
