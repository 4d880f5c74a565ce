// SPDX-License-Identifier: BSD-2-Clause
// Who changed what through the management API: one line each.
#include "ngx_module/admin/audit.h"

#include <algorithm>
#include <string>
#include <variant>

#include "ngx_module/config/auth_basic.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

// `, user "ann"`, in one line whatever it holds.
std::string quoted(std::string_view what, std::string_view value) {
  if (value.empty()) return {};
  std::string shown(value.substr(0, 64));
  std::ranges::replace_if(
      shown, [](char c) { return c < ' ' || c > '~' || c == '"'; }, '?');
  return ", " + std::string(what) + " \"" + shown + '"';
}

// Anybody may send any name.
std::string_view user_of(ngx_http_request_t& r) {
  if (!has_verified_password(r) || ngx_http_auth_basic_user(&r) != NGX_OK) return {};
  return view(r.headers_in.user);
}

std::string_view certificate_of([[maybe_unused]] ngx_http_request_t& r) {
#if (NGX_HTTP_SSL)
  ngx_str_t verified{}, name{};
  if (r.connection->ssl == nullptr || ngx_ssl_get_client_verify(r.connection, r.pool, &verified) != NGX_OK ||
      view(verified) != "SUCCESS" || ngx_ssl_get_subject_dn(r.connection, r.pool, &name) != NGX_OK)
    return {};
  return view(name);
#else
  return {};
#endif
}

}  // namespace

Caller verified_caller(ngx_http_request_t& r) { return {user_of(r), certificate_of(r)}; }

void log_audit(ngx_http_request_t& r, const ApiCommand& command, const AuditNote& note) {
  const ngx_uint_t level = std::holds_alternative<api::Register>(command) ? NGX_LOG_INFO : NGX_LOG_NOTICE;
  if (r.connection->log->log_level < level) return;
  const auto done = audit_line(command);
  if (!done) return;
  std::string line = "API write: " + *done + ": " + std::to_string(note.status);
  if (!note.logout_id.empty()) line.append(", logout ").append(note.logout_id);
  const Caller caller = verified_caller(r);
  line.append(quoted("user", caller.user)).append(quoted("certificate", caller.certificate));
  line.append(", provider \"").append(note.provider).append("\"");
  ngx_log_error(level, r.connection->log, 0, "slo: %*s", line.size(), line.data());
}

}  // namespace slo::ngx
