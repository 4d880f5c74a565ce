// SPDX-License-Identifier: BSD-2-Clause
// A logout that an OP has sent is marked on this host, counted and logged.
#include "ngx_module/rp/receiving.h"

#include <string>

#include "core/names.h"
#include "ngx_module/marks/marks.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/zone.h"

namespace slo::ngx {

Outcome<void> mark_here(const ProviderConf& provider, const Mark& mark, ngx_log_t* log) {
  const ProviderMarks* part = marks()->part_of(provider);
  if (part != nullptr && marks()->put(*part, mark, this_second()) != Marks::Put::full) return {};
  marks()->lose(log);
  return refuse(Fault::marks_full);
}

void log_reception(ngx_log_t* log, const ProviderConf& provider, const Reception& reception) {
  count(Counter::logouts_received);
  const bool is_user = reception.mark.of == Mark::Of::sub;
  const std::string how =
      std::string(reception.channel) + (reception.marked == redis::Marked::now ? "" : ", once more");
  ngx_log_error(NGX_LOG_INFO, log, 0, "slo: logout received: %s #%s, %s, provider \"%s\"",
                is_user ? "all sessions of user" : "session", fingerprint(reception.mark.value).c_str(),
                how.c_str(), provider.provider.name.c_str());
}

}  // namespace slo::ngx
