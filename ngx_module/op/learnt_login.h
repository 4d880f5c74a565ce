// SPDX-License-Identifier: BSD-2-Clause
// What slo_learn has learnt finds its session, is stored, and logged where it could not be.
//
// An authorization response ties its code to the browser's session cookie, and the cookie to a session: the
// one that it leads to, that the browser's cookies led to before it was changed, or one that is yet to come.
// The token response finds the cookie by the code, and joins its client, with a sid of its own, to the
// session there, unless that is another user's. A sid that is known decides before any cookie does.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/names.h"
#include "core/outcome.h"
#include "core/participation/participation.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

struct LearntLogin {
  std::optional<Participation> seen{};        // what an ID Token says
  bool is_renewal = false;                    // … which only renews one
  std::optional<CodeDigest> code{};           // in a token request: was handed out; in a response: is now
  std::optional<CookieDigest> cookie{};       // of an authorization response: as the browser will have it
  std::vector<CookieDigest> other_cookies{};  // … and had it
};

// `done` is called once, whatever becomes of it, and never from inside the call; what failed has been counted
// and logged by then. It is stored whatever becomes of the request that taught it. REQUIRES: there is a
// store().
void store_login(const ProviderConf& provider, LearntLogin login, std::function<void()> done);

// Counts and logs an answer that could have taught something.
void teaches_nothing(ngx_log_t* log, const ProviderConf& provider, const Refusal& why);

}  // namespace slo::ngx
