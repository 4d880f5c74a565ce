// SPDX-License-Identifier: BSD-2-Clause
// Who changed what through the management API: one line each.
#include "ngx_module/audit.h"

#include <algorithm>
#include <string>
#include <variant>

#include "ngx_module/pool.h"

namespace slo::ngx {
namespace {

std::string user_of(ngx_http_request_t& r) {
  if (ngx_http_auth_basic_user(&r) != NGX_OK) return {};
  std::string user(view(r.headers_in.user).substr(0, 64));
  std::ranges::replace_if(
      user, [](char c) { return c < ' ' || c > '~' || c == '"'; }, '?');
  return user;
}

}  // namespace

void log_audit(ngx_http_request_t& r, const ApiCommand& command, const AuditNote& note) {
  const ngx_uint_t level = std::holds_alternative<api::Register>(command) ? NGX_LOG_INFO : NGX_LOG_NOTICE;
  if (r.connection->log->log_level < level) return;
  const auto done = audit_line(command);
  if (!done) return;
  std::string line = "API write: " + *done + ": " + std::to_string(note.status);
  if (!note.logout_id.empty()) line.append(", logout ").append(note.logout_id);
  if (const auto user = user_of(r); !user.empty()) line.append(", user \"").append(user).append("\"");
  line.append(", provider \"").append(note.provider).append("\"");
  ngx_log_error(level, r.connection->log, 0, "slo: %*s", line.size(), line.data());
}

}  // namespace slo::ngx
