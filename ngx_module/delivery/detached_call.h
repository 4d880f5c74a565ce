// SPDX-License-Identifier: BSD-2-Clause
// A call to a receiver: a request without a client, with one subrequest to the delivery location.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/delivery/delivery.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/delivery/call_log.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// Destroying it cuts the call off and frees everything, at any time but from inside `answered`.
class DetachedCall {
 public:
  // Called from posted events, never from inside launch() or nginx's own stack of the call.
  struct Callbacks {
    // Once: the receiver's word, or what kept it from being had. A status line that says yes is enough, where
    // the call wants no document.
    std::function<void(const Answer&)> answered;
    // Once, afterwards: the rest of the answer has been read, so that the connection can be used again, or it
    // took too long. May destroy the call.
    std::function<void()> over;
  };

  // Makes `call` through the delivery location, at most `timeout` all in all. Never fails loudly: what
  // cannot be started comes back as a local answer. `label` names the delivery in nginx's own error lines, at
  // any time until `over`.
  static std::unique_ptr<DetachedCall> launch(const DeliveryLocation& delivery_location, Call call,
                                              Millis timeout, Label label, Callbacks callbacks);
  ~DetachedCall();
  // Nothing is left to be done, but for `over`.
  bool is_over() const noexcept;

  struct State;
  explicit DetachedCall(std::unique_ptr<State> state);  // for launch() alone

 private:
  std::unique_ptr<State> state_;
};

// $slo_deliver_uri: the URI of the detached call that `r` runs for; empty outside.
std::string_view deliver_uri(const ngx_http_request_t& r) noexcept;
// `r` is a detached call's call.
bool is_detached_call(const ngx_http_request_t& r) noexcept;
// In place of the header filters: the receiver's status is known.
ngx_int_t note_answer(ngx_http_request_t& r);
// In place of the body filters: swallows the answer, keeping its first bytes.
ngx_int_t swallow_answer(ngx_http_request_t& r, ngx_chain_t* in);

}  // namespace slo::ngx
