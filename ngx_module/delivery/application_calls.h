// SPDX-License-Identifier: BSD-2-Clause
// Makes applications' logout calls of the cookies that the store remembers, which it forgets afterwards.
#pragma once

#include <functional>
#include <variant>

#include "core/delivery/delivery.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/delivery/attempt.h"
#include "ngx_module/store/store.h"

namespace slo::ngx {

class ApplicationCalls {
 public:
  // The call, or what is concluded without one: nothing to do, a refusal, or put off, as the store is away.
  using Made = std::variant<Call, Verdict>;
  using OnMade = std::function<void(Made)>;

  // REQUIRES: all outlive it.
  ApplicationCalls(const ProviderConf& conf, Store& store, ngx_log_t* log)
      : conf_(conf), store_(store), log_(log) {}
  ApplicationCalls(const ApplicationCalls&) = delete;

  // `on_made` is called once, from a later turn of the event loop, unless the attempt goes before. It may
  // destroy the attempt.
  void make(Attempt& attempt, OnMade on_made);

  // The application said yes: it is not told of the same cookies again, even if that is not settled.
  void forget(const Attempt& attempt);

 private:
  Made made_of(Attempt& attempt, Outcome<std::vector<BoundCookie>> cookies) const;

  const ProviderConf& conf_;
  Store& store_;
  ngx_log_t* log_;
};

}  // namespace slo::ngx
