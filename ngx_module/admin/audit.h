// SPDX-License-Identifier: BSD-2-Clause
// Who changed what through the management API: one line each.
#pragma once

#include <string_view>

#include "core/admin/api.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// Whom nginx has verified for this request: the user of auth_basic, the subject of a client certificate. In
// r's pool; empty where it is not known.
struct Caller {
  std::string_view user{};
  std::string_view certificate{};
};
Caller verified_caller(ngx_http_request_t& r);

struct AuditNote {
  int status = 0;
  std::string_view logout_id{};  // empty where nothing ended
  std::string_view provider{};
};

// `slo: API write: DELETE session, session #4qk2pa7x: 200, logout …, user "ann", provider "main"`; nginx adds
// client and request. notice, but info for registrations, which come with every login. `user` is that of
// auth_basic, `certificate` the subject of a client certificate: only where nginx has verified them for this
// request. Nothing for what only reads.
void log_audit(ngx_http_request_t& r, const ApiCommand& command, const AuditNote& note);

}  // namespace slo::ngx
