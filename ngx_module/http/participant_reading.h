// SPDX-License-Identifier: BSD-2-Clause
// Reads the participants of an ended session with many clients, page by page, until a clock is over.
#pragma once

#include <functional>
#include <string>

#include "ngx_module/nginx/event.h"
#include "ngx_module/store/store.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {

// Destroyed, it calls nobody. Receivers, and the deliveries to them, have no part in it.
class ParticipantReading {
 public:
  // Fills `ending`: in order and complete, or as `lacks_participants` says. `done` is called once, later,
  // when the last page is read, the store has refused one or `time` is over. It may destroy this. REQUIRES:
  // `space` and `ending` outlive it; there is a store().
  ParticipantReading(ngx_log_t* log, const redis::Space& space, Ending& ending, Millis time,
                     std::function<void()> done);
  ParticipantReading(const ParticipantReading&) = delete;

 private:
  void ask(const std::string& from);
  void heard(Outcome<redis::ParticipantPage> page);
  void finish(bool is_complete);

  const redis::Space& space_;
  Ending& ending_;
  std::function<void()> done_;
  PendingReply pending_{};
  Event clock_;
};

}  // namespace slo::ngx
