// SPDX-License-Identifier: BSD-2-Clause
// Writes pages. Knows nothing of what they say.
#include "ngx_module/http/respond.h"

#include <algorithm>
#include <new>
#include <string_view>

#include "ngx_module/http/our_headers.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {

ngx_table_elt_t& add_header(ngx_http_request_t& r, const Header& header) {
  auto* element = static_cast<ngx_table_elt_t*>(ngx_list_push(&r.headers_out.headers));
  if (element == nullptr) throw std::bad_alloc();
  *element = {};
  element->key = to_ngx(r.pool, header.name);
  element->value = to_ngx(r.pool, header.value);
  element->hash = 1;
  return *element;
}

namespace {

void add_headers(ngx_http_request_t& r, const Page& page) {
  for (const auto& header : page.headers) {
    auto& element = add_header(r, header);
    if (header.name == "Location") {
      r.headers_out.location = &element;  // which nginx may complete
    } else {
      insist_on(r, element);
    }
  }
}

// nginx compares types without their parameters (gzip_types, sub_filter_types) and keeps the charset apart.
void set_content_type(ngx_http_request_t& r, std::string_view type) {
  constexpr std::string_view charset = "charset=";
  auto& out = r.headers_out;
  out.content_type = to_ngx(r.pool, type);
  out.content_type_len = std::min(type.find(';'), type.size());
  out.content_type_lowcase = nullptr;
  if (const std::size_t found = type.find(charset); found != std::string_view::npos) {
    const std::size_t start = found + charset.size();
    out.charset = {type.size() - start, out.content_type.data + start};
  }
}

ngx_int_t send(ngx_http_request_t& r, const Page& page) {
  put_head(r, page);
  r.disable_not_modified = 1;  // what has been done is not undone by If-Match or If-None-Match
  const ngx_int_t sent = ngx_http_send_header(&r);
  if (sent == NGX_ERROR || sent > NGX_OK || r.header_only) return sent;
  ngx_chain_t chain = body_of(r, page);
  return ngx_http_output_filter(&r, &chain);
}

}  // namespace

void put_head(ngx_http_request_t& r, const Page& page) {
  r.headers_out.status = static_cast<ngx_uint_t>(page.status);
  r.headers_out.content_length_n = static_cast<off_t>(page.body.size());
  if (!page.content_type.empty()) {
    set_content_type(r, page.content_type);
  }
  add_headers(r, page);
}

ngx_chain_t body_of(ngx_http_request_t& r, const Page& page) {
  const ngx_str_t bytes = to_ngx(r.pool, page.body);
  auto* buffer = static_cast<ngx_buf_t*>(ngx_calloc_buf(r.pool));
  if (buffer == nullptr) throw std::bad_alloc();
  buffer->pos = bytes.data;
  buffer->last = bytes.data + bytes.len;
  buffer->memory = bytes.len > 0;
  buffer->last_buf = 1;
  buffer->last_in_chain = 1;
  return {buffer, nullptr};
}

void respond(ngx_http_request_t& r, const Page& page) { ngx_http_finalize_request(&r, send(r, page)); }

}  // namespace slo::ngx
