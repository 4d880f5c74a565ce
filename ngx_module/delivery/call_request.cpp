// SPDX-License-Identifier: BSD-2-Clause
// The one subrequest of a detached call: what it asks, and its short way through the delivery location
// location.
#include "ngx_module/delivery/call_request.h"

#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

u_char content_type_key[] = "Content-Type";
u_char content_type_lowcase[] = "content-type";
u_char form_type[] = "application/x-www-form-urlencoded";
u_char call_method[] = "POST";

// A literal that nginx will not write to.
template <std::size_t N>
ngx_str_t literal_of(u_char (&text)[N]) {
  return {N - 1, text};
}

// On the wire it is a POST, by its name. As a number it is a method that no proxy_cache takes, whatever its
// proxy_cache_methods: the answer of one receiver is never another's. Like a POST it is not idempotent.
constexpr ngx_uint_t post_without_cache = NGX_HTTP_PATCH;

bool add_content_type(ngx_http_request_t& call) {
  // The list copied from the parent still points into it: never push onto that one.
  ngx_memzero(&call.headers_in, sizeof(call.headers_in));
  call.headers_in.keep_alive_n = -1;
  if (ngx_list_init(&call.headers_in.headers, call.pool, 2, sizeof(ngx_table_elt_t)) != NGX_OK) return false;
  auto* type = static_cast<ngx_table_elt_t*>(ngx_list_push(&call.headers_in.headers));
  if (type == nullptr) return false;
  ngx_memzero(type, sizeof(*type));
  type->hash = ngx_hash_key(content_type_lowcase, sizeof(content_type_lowcase) - 1);
  type->key = literal_of(content_type_key);
  type->lowcase_key = content_type_lowcase;
  type->value = literal_of(form_type);
  call.headers_in.content_type = type;
  return true;
}

bool add_body(ngx_http_request_t& call, std::string& text) {
  auto* body = static_cast<ngx_http_request_body_t*>(ngx_pcalloc(call.pool, sizeof(ngx_http_request_body_t)));
  auto* buffer = static_cast<ngx_buf_t*>(ngx_calloc_buf(call.pool));
  ngx_chain_t* link = ngx_alloc_chain_link(call.pool);
  if (body == nullptr || buffer == nullptr || link == nullptr) return false;
  buffer->start = buffer->pos = reinterpret_cast<u_char*>(text.data());
  buffer->end = buffer->last = buffer->pos + text.size();
  buffer->memory = 1;  // ours: read only
  buffer->last_buf = 1;
  link->buf = buffer;
  link->next = nullptr;
  body->bufs = link;
  call.request_body = body;
  call.headers_in.content_length_n = static_cast<off_t>(text.size());
  return true;
}

// What the delivery location's own set, if and return say; declined: go on.
ngx_int_t obey_rewrites(ngx_http_request_t& call, const DeliveryLocation& delivery_location) {
  if (delivery_location.rewrite == nullptr) return NGX_DECLINED;
  ngx_int_t rc = delivery_location.rewrite(&call);
  return rc == NGX_DECLINED && call.uri_changed ? NGX_HTTP_INTERNAL_SERVER_ERROR : rc;
}

}  // namespace

bool address_call(ngx_http_request_t& call, Envelope& envelope) {
  call.method = NGX_HTTP_POST;
  call.method_name = literal_of(call_method);
  call.uri_changes = 1;  // no internal redirect: an X-Accel-Redirect must not reach our own locations
  return add_content_type(call) && add_body(call, envelope.body);
}

void run_location(ngx_http_request_t& call, const DeliveryLocation& delivery_location) {
  call.loc_conf = delivery_location.location->loc_conf;
  call.valid_location = 1;
  ngx_http_update_location_config(&call);
  ngx_int_t rc = obey_rewrites(call, delivery_location);
  if (rc == NGX_DECLINED && call.content_handler != nullptr) {
    call.method = post_without_cache;
    call.write_event_handler = ngx_http_request_empty_handler;
    rc = call.content_handler(&call);
  }
  // A content handler that declines would have nginx look for another one, phase by phase.
  ngx_http_finalize_request(&call, rc == NGX_DECLINED ? NGX_HTTP_NOT_FOUND : rc);
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
