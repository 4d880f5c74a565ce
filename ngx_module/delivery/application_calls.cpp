// SPDX-License-Identifier: BSD-2-Clause
// Makes applications' logout calls of the cookies that the store remembers, which it forgets afterwards.
#include "ngx_module/delivery/application_calls.h"

#include <utility>

#include "core/delivery/application_call.h"
#include "ngx_module/delivery/delivery_log.h"
#include "ngx_module/nginx/moment.h"
#include "redis_schema/bound_cookies.h"

namespace slo::ngx {

void ApplicationCalls::make(Attempt& attempt, OnMade on_made) {
  const Delivery& delivery = attempt.leased.delivery;
  attempt.asked = store_.submit<std::vector<BoundCookie>>(
      redis::cookies_of(conf_.space, delivery.session, delivery.client),
      [this, &attempt, on_made = std::move(on_made)](Outcome<std::vector<BoundCookie>> cookies) {
        on_made(made_of(attempt, std::move(cookies)));
      },
      Priority::background);
}

ApplicationCalls::Made ApplicationCalls::made_of(Attempt& attempt,
                                                 Outcome<std::vector<BoundCookie>> cookies) const {
  const Provider& provider = conf_.provider;
  const Delivery& delivery = attempt.leased.delivery;
  if (!cookies) return Verdict(put_off(provider.delivery, delivery, this_moment()));
  auto call = application_call(provider, delivery, *cookies);
  if (!call) return Verdict(judge(provider.delivery, delivery, call.error(), this_moment()));
  if (!*call) {
    log_nothing_to_tell(log_, provider, delivery);
    return Verdict(Delivered{});
  }
  attempt.cookies = *std::move(cookies);
  return **std::move(call);
}

// What is lost here goes with the session's time: nobody is called again, as the delivery is settled.
void ApplicationCalls::forget(const Attempt& attempt) {
  const Delivery& delivery = attempt.leased.delivery;
  store_.submit_detached<bool>(
      redis::forget_cookies(conf_.space, delivery.session, delivery.client, attempt.cookies),
      [](const Outcome<bool>&) {}, Priority::background);
}

}  // namespace slo::ngx
