// SPDX-License-Identifier: BSD-2-Clause
// One trip of the dispatcher: a detached request of its own with one background subrequest to the delivery
// location location.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/delivery/delivery.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/delivery/call_log.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// Owned by the dispatcher; destroying it cancels the call and frees everything, at any time but from inside
// `done`.
class DetachedCall {
 public:
  // Called once, from a posted event (never from inside launch() or nginx's own stack of the call).
  using Done = std::function<void(const Answer&)>;

  // Posts `envelope` through `delivery location`, at most `timeout` all in all. Never fails loudly: what
  // cannot be started comes back as a local answer. `label` names the delivery in nginx's own error lines, at
  // any time until `done`.
  static std::unique_ptr<DetachedCall> launch(const DeliveryLocation& delivery_location, Envelope envelope,
                                              Millis timeout, Label label, Done done);
  ~DetachedCall();

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
