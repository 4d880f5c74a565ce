// SPDX-License-Identifier: BSD-2-Clause
// Keeps ID Tokens and sids, which stand in queries and API paths, out of nginx's logs, whoever answers.
//
// From the rewrite phase on error log lines show the request without them; conditions still see $args and
// $request_uri as they came, for they may be what an operator denies access by. Our content handlers hide
// these as well, and so does the end of any other request that our locations were ever chosen for: before it
// is logged.
//
// A subrequest to one of our locations hides itself; the main request, another location's, only where both
// have the same query, as a mirror has. Its own error log lines, which end with the main request's line and
// Referer, show these without their queries in any case.
#pragma once

#include <string_view>

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// What of `r`, a request for this location, may be shown: its path, or for slo_api the location's name.
std::string_view shown_of(const ngx_http_request_t& r) noexcept;

// From here on neither this request's log lines nor its access log hold more of it than `shown`. Copy what
// you need of path and query before.
void hide_request(ngx_http_request_t& r, std::string_view shown);

// Once per configuration cycle.
ngx_int_t install_hiding(ngx_conf_t* cf);

}  // namespace slo::ngx
