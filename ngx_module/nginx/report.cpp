// SPDX-License-Identifier: BSD-2-Clause
// Writes refusals into nginx's error log.
#include "ngx_module/nginx/report.h"

#include "ngx_module/nginx/bounded_log.h"

namespace slo::ngx {
namespace {

ngx_uint_t nginx_level(Level level) noexcept {
  switch (level) {
    case Level::info:
      return NGX_LOG_INFO;
    case Level::warn:
      return NGX_LOG_WARN;
    case Level::error:
      break;
  }
  return NGX_LOG_ERR;
}

// The link says once, at error, that the store went, and once that it is back; a line per request would only
// bury that.
bool is_told_by_the_link(Fault fault) noexcept {
  return fault == Fault::store_unreachable || fault == Fault::store_timeout || fault == Fault::store_busy ||
         fault == Fault::store_part_away;
}

}  // namespace

void report(ngx_log_t* log, const Refusal& refusal, std::string_view provider) {
  const auto& row = describe(refusal.fault);
  std::string line(row.to_log);
  if (!refusal.detail.empty()) line += ": " + refusal.detail;
  if (!provider.empty()) line += ", provider \"" + std::string(provider) + "\"";
  const ngx_uint_t level = is_told_by_the_link(refusal.fault) ? NGX_LOG_INFO : nginx_level(row.level);
  if (level <= NGX_LOG_ERR) return log_bounded(row.to_log, level, log, line);
  ngx_log_error(level, log, 0, "slo: %s", line.c_str());
}

}  // namespace slo::ngx
