// SPDX-License-Identifier: BSD-2-Clause
// core::Page → nginx response. The only sender.
#pragma once

#include "core/page.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// Sends `page` and finalizes the (held) request: the last thing a continuation does.
void respond(ngx_http_request_t& r, const Page& page);

// Its status and headers alone, put into an answer that somebody else is about to send; and its body, in r's
// pool.
void put_head(ngx_http_request_t& r, const Page& page);
ngx_chain_t body_of(ngx_http_request_t& r, const Page& page);

// Puts a header into an answer, ours or one that passes by. It stays where it is.
ngx_table_elt_t& add_header(ngx_http_request_t& r, const Header& header);

}  // namespace slo::ngx
