// SPDX-License-Identifier: BSD-2-Clause
// Reads the participants of an ended session with many clients, page by page, until a clock is over.
#include "ngx_module/http/participant_reading.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace slo::ngx {

ParticipantReading::ParticipantReading(ngx_log_t* log, const redis::Space& space, Ending& ending, Millis time,
                                       std::function<void()> done)
    : space_(space), ending_(ending), done_(std::move(done)), clock_(log, [this] { finish(false); }) {
  clock_.after(time);
  ask("0");
}

void ParticipantReading::ask(const std::string& from) {
  pending_ = store()->submit<redis::ParticipantPage>(
      redis::participants_of(space_, ending_.session.key, from),
      [this](Outcome<redis::ParticipantPage> page) { heard(std::move(page)); });
}

void ParticipantReading::heard(Outcome<redis::ParticipantPage> page) {
  if (!page) return finish(false);  // the store is away, which the link has told
  auto& all = ending_.session.participants;
  std::ranges::move(page->participants, std::back_inserter(all));
  if (!page->next.empty()) return ask(page->next);
  finish(!all.empty());  // a store that knows of nobody has lost the session
}

// A page may hold again what an earlier one held, should the hash have grown in between.
void ParticipantReading::finish(bool is_complete) {
  clock_.cancel();
  pending_ = PendingReply();
  auto& all = ending_.session.participants;
  order_by_joining(all);
  const auto is_same = [](const Participant& a, const Participant& b) { return a.client == b.client; };
  all.erase(std::unique(all.begin(), all.end(), is_same), all.end());
  ending_.lacks_participants = !is_complete;
  const auto done = std::move(done_);
  done();
}

}  // namespace slo::ngx
