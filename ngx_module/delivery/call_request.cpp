// SPDX-License-Identifier: BSD-2-Clause
// The one subrequest of a detached call: what it asks, and its short way through its location.
#include "ngx_module/delivery/call_request.h"

#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

// `text` outlives the request; nginx does not write to it.
ngx_str_t lent(std::string& text) { return {text.size(), reinterpret_cast<u_char*>(text.data())}; }

bool add_headers(ngx_http_request_t& request, Call& call) {
  // The list copied from the parent still points into it: never push onto that one.
  ngx_memzero(&request.headers_in, sizeof(request.headers_in));
  request.headers_in.keep_alive_n = -1;
  request.headers_in.content_length_n = -1;
  if (ngx_list_init(&request.headers_in.headers, request.pool, 4, sizeof(ngx_table_elt_t)) != NGX_OK)
    return false;
  for (auto& [name, value] : call.headers) {
    if (add_request_header(request, lent(name), lent(value)) == nullptr) return false;
  }
  if (call.body.empty()) return true;
  ngx_str_t name = ngx_string("Content-Type");
  request.headers_in.content_type = add_request_header(request, name, lent(call.type));
  return request.headers_in.content_type != nullptr;
}

// What the delivery location's own set, if and return say; declined: go on.
ngx_int_t obey_rewrites(ngx_http_request_t& call, const DeliveryLocation& delivery_location) {
  if (delivery_location.rewrite == nullptr) return NGX_DECLINED;
  ngx_int_t rc = delivery_location.rewrite(&call);
  return rc == NGX_DECLINED && call.uri_changed ? NGX_HTTP_INTERNAL_SERVER_ERROR : rc;
}

}  // namespace

ngx_table_elt_t* add_request_header(ngx_http_request_t& request, ngx_str_t name, ngx_str_t value) {
  auto* header = static_cast<ngx_table_elt_t*>(ngx_list_push(&request.headers_in.headers));
  auto* lower = static_cast<u_char*>(ngx_pnalloc(request.pool, name.len));
  if (header == nullptr || lower == nullptr) return nullptr;
  ngx_memzero(header, sizeof(*header));
  header->hash = ngx_hash_strlow(lower, name.data, name.len);
  header->key = name;
  header->lowcase_key = lower;
  header->value = value;
  return header;
}

bool add_request_body(ngx_http_request_t& request, std::string& text) {
  request.request_body =
      static_cast<ngx_http_request_body_t*>(ngx_pcalloc(request.pool, sizeof(ngx_http_request_body_t)));
  if (request.request_body == nullptr || text.empty()) return request.request_body != nullptr;
  auto* buffer = static_cast<ngx_buf_t*>(ngx_calloc_buf(request.pool));
  ngx_chain_t* link = ngx_alloc_chain_link(request.pool);
  if (buffer == nullptr || link == nullptr) return false;
  buffer->start = buffer->pos = reinterpret_cast<u_char*>(text.data());
  buffer->end = buffer->last = buffer->pos + text.size();
  buffer->memory = 1;  // ours: read only
  buffer->last_buf = 1;
  link->buf = buffer;
  link->next = nullptr;
  request.request_body->bufs = link;
  request.headers_in.content_length_n = static_cast<off_t>(text.size());
  return true;
}

bool address_call(ngx_http_request_t& request, Call& call) {
  request.method = NGX_HTTP_POST;
  request.method_name = request.main->method_name = lent(call.method);
  request.uri_changes = 1;  // no internal redirect: an X-Accel-Redirect must not reach our own locations
  return add_headers(request, call) && add_request_body(request, call.body);
}

void run_location(ngx_http_request_t& call, const DeliveryLocation& delivery_location) {
  call.loc_conf = delivery_location.location->loc_conf;
  call.valid_location = 1;
  ngx_http_update_location_config(&call);
  ngx_int_t rc = obey_rewrites(call, delivery_location);
  if (rc == NGX_DECLINED && call.content_handler != nullptr) {
    call.method = method_without_cache;
    call.write_event_handler = ngx_http_request_empty_handler;
    rc = call.content_handler(&call);
  }
  // A content handler that declines would have nginx look for another one, phase by phase.
  ngx_http_finalize_request(&call, rc == NGX_DECLINED ? NGX_HTTP_NOT_FOUND : rc);
}

void keep_method(ngx_http_upstream_t& upstream, Call& call) noexcept {
  if (call.body.empty()) upstream.method = lent(call.method);
}

std::string request_of(const ngx_http_upstream_t& upstream) {
  std::string text;
  for (const ngx_chain_t* link = upstream.request_bufs; link != nullptr; link = link->next) {
    const ngx_buf_t& buffer = *link->buf;
    if (!ngx_buf_in_memory(&buffer)) continue;
    text.append(view({static_cast<std::size_t>(buffer.last - buffer.start), buffer.start}));
  }
  return text;
}

}  // namespace slo::ngx
