// SPDX-License-Identifier: BSD-2-Clause
// Tracked cookies under slo_guard: those of a request, and those that its answer sets.
#pragma once

#include <optional>

#include "ngx_module/app/tracked_cookies.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/rp/guarded_request.h"

namespace slo::ngx {

// look_at_cookies() for this guard; where nothing is tracked, what it was told. REQUIRES: judged.rule and
// judged.part, and in judged.evidence what the request itself tells.
std::optional<CookieVerdict> look_at_cookies_of(GuardedRequest& request,
                                                const GuardedRequest::Judged& judged);

// The same where nothing else tells whose the request is, for who is not guarded. `answers`: null at first,
// of this request alone. REQUIRES: `part` is that of the rule's provider.
std::optional<CookieVerdict> look_at_cookies_alone(ngx_http_request_t& r, const GuardRule& rule,
                                                   const ProviderMarks& part, CookieAnswers*& answers);

// In postconfiguration: cookies that answers to guarded requests set are bound as they pass by.
ngx_int_t install_answer_binding(ngx_conf_t* cf);

}  // namespace slo::ngx
