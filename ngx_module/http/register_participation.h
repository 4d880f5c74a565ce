// SPDX-License-Identifier: BSD-2-Clause
// A registration finds its session, is stored, counted and logged: the one road of slo_session and the API.
#pragma once

#include <functional>

#include "core/outcome.h"
#include "core/session.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

struct Registering {
  // What became of it, once and never from inside the call; after it has been counted and logged. A login
  // that came too late is no failure: the store has its client told of the logout.
  std::function<void(Outcome<Registered>)> done{};
  // Will it be tried again? Then that it failed is neither counted nor logged.
  std::function<bool(const Refusal&)> again{};
  // Who waits for it. Nobody: it is stored whatever becomes of the request that taught it. If he leaves, what
  // the store has not been asked yet is not asked any more, and `done` is not called.
  ngx_http_request_t* r = nullptr;
  SessionKey* key = nullptr;  // of `r`: gets its session's key as soon as that is known
};

// REQUIRES, here and below: there is a store().
void register_participation(const ProviderConf& provider, Registration registration, Registering how);

// The same for what was stored lately: only where its client does not take part in the session any more.
void register_if_missing(const ProviderConf& provider, Registration registration, Registering how);

// Counts and logs one that failed, as the above do.
void registration_failed(ngx_log_t* log, const ProviderConf& provider, const Refusal& why);

}  // namespace slo::ngx
