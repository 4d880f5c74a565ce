// SPDX-License-Identifier: BSD-2-Clause
// How far the deliveries of an ended session have come, by where their records are.
#include "redis_schema/told.h"

#include "core/delivery/delivery.h"
#include "redis_schema/deliveries.h"
#include "redis_schema/fields.h"

namespace slo::redis {
namespace {

Command read_records(std::string key, std::uint16_t partition, const std::vector<std::string>& ids) {
  Command command{.words = {"HMGET", std::move(key)}, .partition = partition};
  command.words.insert(command.words.end(), ids.begin(), ids.end());
  return command;
}

// An owed delivery's record ends with the error of its last attempt, if there was one.
Told::State state_of_owed(std::string_view id, std::string_view record) {
  return read_record(id, record).error.empty() ? Told::State::pending : Told::State::failed;
}

// A dead letter is `attempts␟error␟token␟record`.
Told::State state_of_dead(std::string_view record) {
  const auto begin = record.find(separator);
  if (begin == std::string_view::npos) return Told::State::given_up;
  const auto error = record.substr(begin + 1, record.find(separator, begin + 1) - begin - 1);
  return is_receivers_own(Abandon{std::string(error)}) ? Told::State::refused : Told::State::given_up;
}

struct Questions {
  std::vector<std::string> ids{};  // of the deliveries, and last of the bundle
  std::vector<Told> told{};
};

Questions deliveries_of_all(const Session& session) {
  Questions checked;
  for (const auto& participant : session.participants) {
    if (!is_called(participant.channels)) continue;
    const auto last = participant.again > 0 ? participant.again : participant.number;
    checked.ids.push_back(delivery_id(session, participant, last));
    checked.told.push_back({.client = participant.client});
  }
  checked.ids.push_back(session.key.value);
  return checked;
}

Outcome<std::vector<Told>> read_told(const Questions& checked, const Reply& owed, const Reply& dead,
                                     const Reply& kept) {
  const auto count = checked.ids.size();
  if (owed.size() != count || dead.size() != count || !kept.integer())
    return refuse(unexpected_reply("HMGET"));
  const bool may_be_forgotten = owed[count - 1].text() || *kept.integer() >= max_dead_letters;
  auto told = checked.told;
  for (std::size_t i = 0; i < told.size(); ++i) {
    if (const auto record = owed[i].text()) {
      told[i].state = state_of_owed(checked.ids[i], *record);
    } else if (const auto letter = dead[i].text()) {
      told[i].state = state_of_dead(*letter);
    } else if (!may_be_forgotten) {
      told[i].state = Told::State::delivered;
    }
  }
  return told;
}

}  // namespace

Exchange<std::vector<Told>> told(const Space& space, const Session& session) {
  const auto partition = partition_of(session.key.value);
  auto checked = deliveries_of_all(session);
  return {
      .commands = {read_records(records_key(space, partition), partition, checked.ids),
                   read_records(dead_records_key(space, partition), partition, checked.ids),
                   {.words = {"ZCARD", dead_key(space, partition)}, .partition = partition}},
      .read = [checked = std::move(checked)](std::span<const Reply> replies) -> Outcome<std::vector<Told>> {
        return check_replies(replies, 3, "told").and_then([&] {
          return read_told(checked, replies[0], replies[1], replies[2]);
        });
      },
  };
}

}  // namespace slo::redis
