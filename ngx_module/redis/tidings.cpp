// SPDX-License-Identifier: BSD-2-Clause
// Writes the lines of a store that comes and goes.
#include "ngx_module/redis/tidings.h"

#include <string>
#include <utility>

#include "ngx_module/nginx/bounded_log.h"

namespace slo::ngx {

// An outage ends where it began: in the log that shows errors only, too. Others may name ever new nodes.
void StoreTidings::up() {
  if (!settings_.is_told_of) return;
  const Told before = std::exchange(told_, Told::up);
  if (before == Told::up) return;
  const bool was_away = before == Told::down || before == Told::foreign;
  const ngx_uint_t level = was_away ? NGX_LOG_ERR : NGX_LOG_NOTICE;
  const auto line = "store \"" + settings_.url + "\" is reachable";
  if (settings_.node)
    return log_bounded(was_away ? "a node is back" : "a node is reachable", level, log_, line);
  ngx_log_error(level, log_, 0, "slo: %s", line.c_str());
}

void StoreTidings::down(const Refusal& why) {
  if (!settings_.is_told_of) return;
  const bool is_foreign = why.fault == Fault::store_schema_foreign;
  const Told told = is_foreign ? Told::foreign : Told::down;
  if (std::exchange(told_, told) == told) return;
  if (is_foreign) {
    ngx_log_error(NGX_LOG_EMERG, log_, 0, "slo: store \"%s\" holds data of another schema: %s",
                  settings_.url.c_str(), why.detail.c_str());
    return;
  }
  const auto line = "store \"" + settings_.url + "\" cannot be reached: " + why.detail;
  if (settings_.node) return log_bounded("a node cannot be reached", NGX_LOG_ERR, log_, line);
  ngx_log_error(NGX_LOG_ERR, log_, 0, "slo: %s", line.c_str());
}

}  // namespace slo::ngx
