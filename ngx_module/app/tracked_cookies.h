// SPDX-License-Identifier: BSD-2-Clause
// What tracked cookies tell of a request's session, and which of them its application may see.
#pragma once

#include <optional>

#include "ngx_module/app/cookie_question.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// Cookies of ended sessions, and of another one than the request's, are kept from the application and
// expired; new ones become its session's, in which the application takes part from then on. nullopt: the
// store is asked, and the phase handler, which returns NGX_AGAIN, is entered again with its answer.
// `answers`: null at first, of this request alone. REQUIRES: a cookie_cache() and a store().
std::optional<CookieVerdict> look_at_cookies(ngx_http_request_t& r, const CookieQuestion& question,
                                             CookieAnswers*& answers);

}  // namespace slo::ngx
