// SPDX-License-Identifier: BSD-2-Clause
// nginx request → core inputs: bodies, cookies, headers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/end_session.h"
#include "core/outcome.h"
#include "ngx_module/entry.h"
#include "ngx_module/ngx.h"

namespace slo::ngx {

inline constexpr std::size_t form_limit = 64 * 1024;

// Reads the whole body, then calls `next` with it (empty for none); the request is held from here on, so
// `next` ends in respond() or ask(). form_too_large over form_limit. The answer is for the content handler to
// return.
using WithBody = void (*)(ngx_http_request_t& r, Outcome<std::string> body);
template <WithBody next>
ngx_int_t read_body(ngx_http_request_t& r);

// The value of request header `name` (lower case); empty if absent.
std::string_view find_header(const ngx_http_request_t& r, std::string_view name);
std::optional<std::string> find_request_cookie(const ngx_http_request_t& r, std::string_view name);
bool is_form(const ngx_http_request_t& r);
bool prefers_json(const ngx_http_request_t& r);
// From here on neither this request's log lines nor its access log hold more of it than `shown` (a path):
// queries carry ID Tokens, API paths carry sids. Copy what you need of path and query before.
void hide_request(ngx_http_request_t& r, std::string_view shown);
std::string_view query_of(const ngx_http_request_t& r);
// The path as it came over the wire, without query.
std::string_view raw_path(const ngx_http_request_t& r);

// `encoded` is the query of a GET or the body of a POST; adds what the browser's headers say.
Outcome<EndSessionRequest> end_session_request(const ngx_http_request_t& r, const Provider& provider,
                                               std::string_view encoded);

Outcome<std::string> collect_body(ngx_http_request_t& r);
ngx_int_t start_reading(ngx_http_request_t& r, ngx_http_client_body_handler_pt handler);

template <WithBody next>
ngx_int_t read_body(ngx_http_request_t& r) {
  return start_reading(r, [](ngx_http_request_t* request) {
    const bool passed = guarded(request->connection->log, false, [request] {
      next(*request, collect_body(*request));
      return true;
    });
    if (!passed) ngx_http_finalize_request(request, NGX_HTTP_INTERNAL_SERVER_ERROR);
  });
}

}  // namespace slo::ngx
