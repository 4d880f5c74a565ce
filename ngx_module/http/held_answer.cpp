// SPDX-License-Identifier: BSD-2-Clause
// An answer on its way to a client, held back until it is whole and released byte for byte.
#include "ngx_module/http/held_answer.h"

#include <algorithm>
#include <new>
#include <utility>

#include "ngx_module/config/conf.h"

namespace slo::ngx {
namespace {

bool is_readable(const ngx_buf_t& buf) { return ngx_buf_in_memory((&buf)) || ngx_buf_special((&buf)); }

std::size_t size_in_memory(const ngx_buf_t& buf) {
  return ngx_buf_in_memory((&buf)) ? static_cast<std::size_t>(buf.last - buf.pos) : 0;
}

}  // namespace

bool HeldAnswer::take(ngx_chain_t* in) {
  if (behind_ != nullptr) return in == nullptr;
  std::size_t size = bytes_.size();
  for (const ngx_chain_t* link = in; link != nullptr; link = link->next) {
    if (!is_readable(*link->buf)) return false;
    size += size_in_memory(*link->buf);
  }
  if (size > max_) return false;
  for (const ngx_chain_t* link = in; link != nullptr; link = link->next) {
    ngx_buf_t& buf = *link->buf;
    bytes_.append(reinterpret_cast<const char*>(buf.pos), size_in_memory(buf));
    if (ngx_buf_in_memory((&buf))) buf.pos = buf.last;  // its owner may use it again
    is_whole_ = is_whole_ || buf.last_buf != 0;
  }
  return true;
}

void HeldAnswer::take_all(ngx_pool_t* pool, ngx_chain_t* in) {
  if (take(in)) return;
  if (ngx_chain_add_copy(pool, &behind_, in) != NGX_OK) throw std::bad_alloc();
  for (const ngx_chain_t* link = in; link != nullptr; link = link->next)
    is_whole_ = is_whole_ || link->buf->last_buf != 0;
}

ngx_chain_t* HeldAnswer::release(ngx_pool_t* pool, ngx_chain_t* rest) {
  if (behind_ != nullptr) {
    if (rest != nullptr && ngx_chain_add_copy(pool, &behind_, rest) != NGX_OK) throw std::bad_alloc();
    rest = std::exchange(behind_, nullptr);
    return bytes_.empty() ? rest : in_front_of(rest, pool, false);
  }
  if (bytes_.empty() && !is_whole_) return rest;
  return in_front_of(rest, pool, is_whole_);
}

ngx_chain_t* HeldAnswer::in_front_of(ngx_chain_t* rest, ngx_pool_t* pool, bool is_last) {
  ngx_chain_t* link = ngx_alloc_chain_link(pool);
  ngx_buf_t* buf = bytes_.empty() ? static_cast<ngx_buf_t*>(ngx_calloc_buf(pool))
                                  : ngx_create_temp_buf(pool, bytes_.size());
  if (link == nullptr || buf == nullptr) throw std::bad_alloc();
  if (!bytes_.empty()) buf->last = ngx_cpymem(buf->last, bytes_.data(), bytes_.size());
  buf->last_buf = is_last ? 1 : 0;
  buf->last_in_chain = rest == nullptr ? 1 : 0;
  link->buf = buf;
  link->next = rest;
  bytes_ = std::string();
  return link;
}

bool is_bare_flush(const ngx_chain_t* in) {
  return in != nullptr && in->next == nullptr && in->buf->flush && !in->buf->last_buf &&
         ngx_buf_special(in->buf);
}

bool has_content_encoding(const ngx_http_request_t& r) {
  const auto* coding = r.headers_out.content_encoding;
  static u_char plain[] = "identity";  // which says that there is none (RFC 9110, 8.4.1)
  return coding != nullptr && coding->value.len != 0 &&
         (coding->value.len != sizeof(plain) - 1 ||
          ngx_strncasecmp(coding->value.data, plain, sizeof(plain) - 1) != 0);
}

Millis sendable_time(const ngx_http_request_t& r) {
  const auto* core =
      static_cast<ngx_http_core_loc_conf_t*>(ngx_http_get_module_loc_conf((&r), ngx_http_core_module));
  return Millis(static_cast<Millis::rep>(core->send_timeout / 8 * 3));
}

Millis longest_hold(const ngx_http_request_t& r, bool has_waited) {
  const Millis time = has_waited ? sendable_time(r) : sendable_time(r) * 2;
  return std::min(time, main_conf(r).store->link.timeout);
}

}  // namespace slo::ngx
