// SPDX-License-Identifier: BSD-2-Clause
// Lines that others may cause and that are worth a high level: ten a minute, kind and worker, then a number.
#include "ngx_module/nginx/bounded_log.h"

#include <map>

#include "core/log_budget.h"

namespace slo::ngx {
namespace {

struct Kind {
  LogBudget budget{};
  ngx_uint_t level = NGX_LOG_ERR;
};

// Of this worker. As many as there are sentences of ours.
std::map<std::string, Kind, std::less<>>& log_kinds() {
  static std::map<std::string, Kind, std::less<>> kinds;
  return kinds;
}

TimeS log_time() noexcept { return TimeS{Seconds{ngx_time()}}; }

}  // namespace

void log_bounded(std::string_view name, ngx_uint_t level, ngx_log_t* log, const std::string& line) {
  auto& kinds = log_kinds();
  auto found = kinds.find(name);
  if (found == kinds.end()) found = kinds.try_emplace(std::string(name)).first;
  found->second.level = level;
  if (!found->second.budget.take(log_time())) return;
  ngx_log_error(level, log, 0, "slo: %*s", line.size(), line.data());
}

void log_left_out(ngx_log_t* log, bool at_once) {
  for (auto& [name, kind] : log_kinds()) {
    const auto more = kind.budget.settle(log_time(), at_once);
    if (more == 0) continue;
    ngx_log_error(kind.level, log, 0, "slo: %s: %uL more in the last minute", name.c_str(),
                  static_cast<uint64_t>(more));
  }
}

}  // namespace slo::ngx
