// SPDX-License-Identifier: BSD-2-Clause
// What a call came to: the receiver's own answer, or nginx's verdict about it.
//
// A receiver's status line is its word, however the rest of its answer fares: headers that are too many for
// nginx or malformed, a body that never ends, a connection that breaks, filters of other modules.
#pragma once

#include <optional>

#include "core/delivery/delivery.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// What its head says of the document in it; no body yet.
Document document_head(const ngx_http_request_t& call);

class ReceiverAnswer {
 public:
  using ReadHead = ngx_int_t (*)(ngx_http_request_t*);

  // Has nginx call `in_its_place`, which calls read(), instead of the function that reads heads of answers;
  // to be repeated before each attempt to send.
  void watch(ngx_http_upstream_t& upstream, ReadHead in_its_place) noexcept;

  // Reads a head as nginx does; an interim answer (100, 103) is passed over, which nginx 1.22 would take for
  // the answer.
  ngx_int_t read(ngx_http_request_t& call);

  // Notes the status as soon as it is there. Who has taken the token is the last to be asked.
  void note(const ngx_http_request_t& call);

  // Of what has been noted; 0: nothing.
  int status() const { return noted_ ? noted_->status : 0; }
  bool says_yes() const { return slo::is_success(status()); }

  // `rc` is what nginx ended the call with. Without the sample. In an application's own server nginx itself
  // may be the application: what it answers there without asking anybody is the receiver's word.
  Answer conclude(const ngx_http_request_t& call, ngx_int_t rc, bool is_own_server) const;

 private:
  ReadHead read_head_ = nullptr;
  std::optional<Answer> noted_{};
};

}  // namespace slo::ngx
