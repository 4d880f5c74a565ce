// SPDX-License-Identifier: BSD-2-Clause
// What is asked of a request's tracked cookies, and what they answer.
#pragma once

#include <functional>

#include "core/app/bound_cookie.h"
#include "ngx_module/app/cookies.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/marks/evidence.h"

namespace slo::ngx {

struct CookieQuestion {
  const ProviderConf& provider;
  const ProviderMarks& part;
  const Application& application;
  Evidence told{};                        // what the request itself tells of its session
  std::function<SessionNames()> names{};  // the same, to be written down
  bool only_looks = false;                // nothing is kept from the application
};

struct CookieVerdict {
  Evidence session{};      // as it was told, else the owner's of a cookie
  ApplicationCookie by{};  // that cookie
  bool has_cookie_of_nobody = false;
  bool has_cookie_in_doubt = false;
};

// What the store has answered for one request.
struct CookieAnswers;

}  // namespace slo::ngx
