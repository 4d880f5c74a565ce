// SPDX-License-Identifier: BSD-2-Clause
// Copies what core asks of a request to end a session; decides nothing.
#include "ngx_module/logout/end_session_request.h"

#include <initializer_list>
#include <utility>

#include "core/text/cookie.h"
#include "ngx_module/http/request.h"

namespace slo::ngx {

Outcome<EndSessionRequest> end_session_request(const ngx_http_request_t& r, const Provider& provider,
                                               std::string_view encoded) {
  auto request = read_end_session_request(r.method == NGX_HTTP_POST, encoded);
  if (!request) return request;
  for (const auto& cookie : provider.session_cookies) {
    for (auto& value : find_request_cookies(r, cookie.name)) {
      request->session_cookies.push_back(std::move(value));
    }
  }
  request->browser_cookies = find_request_cookies(r, browser_cookie_prefix(provider), CookieName::beginning);
  request->sec_fetch_site = find_header(r, "sec-fetch-site");
  request->sec_fetch_dest = find_header(r, "sec-fetch-dest");
  for (const std::string_view name : {"sec-purpose", "purpose", "x-moz"}) {
    if (request->purpose.empty()) request->purpose = find_header(r, name);
  }
  request->origin = find_header(r, "origin");
  request->host = find_header(r, "host");
  request->self = raw_path(r);  // hidden by now: the path alone
  request->wants_json = prefers_json(r);
  return request;
}

}  // namespace slo::ngx
