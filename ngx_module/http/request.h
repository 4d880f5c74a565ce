// SPDX-License-Identifier: BSD-2-Clause
// nginx request → core inputs: cookies, headers, the query; bodies come from body.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/outcome.h"
#include "core/text/cookie.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// The value of request header `name` (lower case); empty if absent.
std::string_view find_header(const ngx_http_request_t& r, std::string_view name);
// The values of all cookies of this name, or whose name begins with it.
std::vector<std::string> find_request_cookies(const ngx_http_request_t& r, std::string_view name,
                                              CookieName match = CookieName::whole);
// The values of all Cookie headers.
std::vector<std::string_view> cookie_headers(const ngx_http_request_t& r);
// The values of all headers `name` of the answer, as they will leave.
std::vector<std::string_view> answer_headers(const ngx_http_request_t& r, std::string_view name);
bool is_form(const ngx_http_request_t& r);
bool prefers_json(const ngx_http_request_t& r);
std::string_view query_of(const ngx_http_request_t& r);
// The path as it came over the wire, without query.
std::string_view raw_path(const ngx_http_request_t& r);
// The refusal as its log line has it: of a method that is not allowed, which came, and those that are.
Refusal for_log(const ngx_http_request_t& r, const Refusal& refusal);

}  // namespace slo::ngx
