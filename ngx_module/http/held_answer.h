// SPDX-License-Identifier: BSD-2-Clause
// An answer on its way to a client, held back until it is whole and released byte for byte.
#pragma once

#include <string>
#include <string_view>

#include "core/moment.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

class HeldAnswer {
 public:
  explicit HeldAnswer(std::size_t max) : max_(max) {}

  // Takes all of `in`. False: it has become more than `max`, or lies where nobody can read it; nothing of
  // `in` was taken, and there is nothing to hold any more.
  bool take(ngx_chain_t* in);
  // Takes `in` whatever its size: what is more than `max` stays in its buffers, and who made it has to wait
  // for them. In `pool`; throws std::bad_alloc.
  void take_all(ngx_pool_t* pool, ngx_chain_t* in);
  bool is_whole() const { return is_whole_; }
  // Without what stays in its buffers.
  std::string_view bytes() const { return bytes_; }

  // Something else goes on in place of what was taken.
  void replace(std::string_view bytes) { bytes_ = bytes; }

  // What was taken, in front of `rest`. In `pool`; throws std::bad_alloc.
  ngx_chain_t* release(ngx_pool_t* pool, ngx_chain_t* rest);

 private:
  ngx_chain_t* in_front_of(ngx_chain_t* rest, ngx_pool_t* pool, bool is_last);

  std::size_t max_;
  std::string bytes_{};
  ngx_chain_t* behind_ = nullptr;  // these bytes
  bool is_whole_ = false;
};

// How nginx ends an answer that its upstream cut short; and how it begins one that is not buffered.
bool is_bare_flush(const ngx_chain_t* in);
bool has_content_encoding(const ngx_http_request_t& r);
// A client that takes nothing for `send_timeout` is given up by nginx: one whose answer is held has had
// nothing to take. Half of that time, and some to spare: what is held twice has it twice.
Millis sendable_time(const ngx_http_request_t& r);
// How long it may wait for the store; `has_waited`: for something else before.
Millis longest_hold(const ngx_http_request_t& r, bool has_waited);

}  // namespace slo::ngx
