// SPDX-License-Identifier: BSD-2-Clause
// One line for each logout: its session, how many clients, who was told so far, how long it took.
#pragma once

#include <string_view>
#include <vector>

#include "core/delivery/delivery.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {

struct LogoutNote {
  std::string_view what{};       // ended, already_over, left: one participation ended
  std::string_view reason{};     // rp, op, admin, expired
  std::string_view logout_id{};  // as $slo_logout_id
  ngx_msec_t took{};             // milliseconds
  bool is_gone = false;          // the user did not wait for the answer
};

// `slo: logout ended: session #4qk2pa7x, 3 clients: 1 told, 1 pending, 0 failed, 12 ms, reason rp, logout …`,
// info. A delivery that is not enqueued yet is pending. Front-channel clients are among the clients alone:
// what a browser does is not known here.
void log_logout(ngx_log_t* log, const Provider& provider, const redis::Ended& ended,
                const std::vector<Told>& told, const LogoutNote& note);

// The same where nobody waited for a first answer: what is owed is pending.
void log_logout(ngx_log_t* log, const Provider& provider, const redis::Ended& ended, const LogoutNote& note);

// Since the request began.
ngx_msec_t time_taken(const ngx_http_request_t& r) noexcept;

}  // namespace slo::ngx
