// SPDX-License-Identifier: BSD-2-Clause
// One line for each logout: its session, how many clients, who was told so far, how long it took.
#include "ngx_module/delivery/logout_log.h"

#include <algorithm>
#include <string>

#include "core/names.h"

namespace slo::ngx {
namespace {

std::size_t number_of(const std::vector<Told>& told, Told::State state) {
  return static_cast<std::size_t>(std::ranges::count(told, state, &Told::state));
}

// In vain so far or for good: what the receiver refused is a dead letter already.
std::size_t number_of_failed(const std::vector<Told>& told) {
  return number_of(told, Told::State::failed) + number_of(told, Told::State::refused) +
         number_of(told, Told::State::given_up);
}

// Those that are still in the bundle wait as well.
std::size_t number_of_pending(const Session& session, const std::vector<Told>& told) {
  const auto owed = static_cast<std::size_t>(std::ranges::count_if(
      session.participants, [](const Participant& participant) { return is_called(participant.channels); }));
  return number_of(told, Told::State::pending) + (owed > told.size() ? owed - told.size() : 0);
}

// A session with many clients may have ended before they were all known.
std::string clients_of(const Ending& ending) {
  if (ending.lacks_participants) return "more than " + std::to_string(redis::max_unbundled) + " clients";
  const auto known = ending.session.participants.size();
  return std::to_string(known) + (known == 1 ? " client" : " clients");
}

}  // namespace

void log_logout(ngx_log_t* log, const Provider& provider, const redis::Ended& ended,
                const std::vector<Told>& told, const LogoutNote& note) {
  if (log->log_level < NGX_LOG_INFO) return;
  const std::string line =
      "logout " + std::string(note.what) + ": session #" + fingerprint(ended.ending.session.key.value) +
      ", " + clients_of(ended.ending) + ": " + std::to_string(number_of(told, Told::State::delivered)) +
      " told, " + std::to_string(number_of_pending(ended.ending.session, told)) + " pending, " +
      std::to_string(number_of_failed(told)) + " failed, " + std::to_string(note.took) + " ms, reason " +
      std::string(note.reason) + ", logout " + std::string(note.logout_id) +
      (note.is_gone ? ", the user left" : "") + ", provider \"" + provider.name + "\"";
  ngx_log_error(NGX_LOG_INFO, log, 0, "slo: %*s", line.size(), line.data());
}

void log_logout(ngx_log_t* log, const Provider& provider, const redis::Ended& ended, const LogoutNote& note) {
  if (log->log_level < NGX_LOG_INFO) return;
  std::vector<Told> pending;
  for (const auto& delivery : ended.owed.deliveries) pending.push_back({.client = delivery.client});
  log_logout(log, provider, ended, pending, note);
}

ngx_msec_t time_taken(const ngx_http_request_t& r) noexcept {
  const ngx_time_t* now = ngx_timeofday();
  const auto taken = (now->sec - r.start_sec) * 1000 +
                     (static_cast<ngx_msec_int_t>(now->msec) - static_cast<ngx_msec_int_t>(r.start_msec));
  return static_cast<ngx_msec_t>(std::max<ngx_msec_int_t>(taken, 0));
}

}  // namespace slo::ngx
