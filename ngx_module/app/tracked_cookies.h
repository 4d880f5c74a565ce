// SPDX-License-Identifier: BSD-2-Clause
// What tracked cookies tell of a request's session, and which of them its application may see.
#pragma once

#include <functional>
#include <optional>

#include "core/app/bound_cookie.h"
#include "ngx_module/app/cookies.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/marks/evidence.h"
#include "ngx_module/nginx/ngx.h"

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

// Cookies of ended sessions, and of another one than the request's, are kept from the application and
// expired; new ones become its session's, in which the application takes part from then on. nullopt: the
// store is asked, and the phase handler, which returns NGX_AGAIN, is entered again with its answer.
// `answers`: null at first, of this request alone. REQUIRES: a cookie_cache() and a store().
std::optional<CookieVerdict> look_at_cookies(ngx_http_request_t& r, const CookieQuestion& question,
                                             CookieAnswers*& answers);

}  // namespace slo::ngx
