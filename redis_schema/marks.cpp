// SPDX-License-Identifier: BSD-2-Clause
// Asks for marks to be written, each with its jti and its entry in the feed.
#include "redis_schema/marks.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "redis_schema/fields.h"
#include "redis_schema/script.h"

namespace slo::redis {
namespace {

std::string in_millis(Seconds life) { return std::to_string(Millis{life}.count()); }

std::string kind_of(const Mark& mark) {
  if (mark.of == Mark::Of::sub) return "u";
  return mark.is_proven ? "s" : "f";
}

// Where sessions that the mark ends are found.
std::vector<std::string> places_of(const Space& space, const Mark& mark) {
  if (mark.of == Mark::Of::sub) return {subject_key(space, {mark.value})};
  return {session_key(space, {mark.value}), alias_key(space, {mark.value})};
}

Outcome<MarkAnswer> read_marked(const Reply& reply) {
  const auto marked = reply[0].integer().value_or(-1), in_store = reply[1].integer().value_or(-1);
  if (reply.size() != 2 || marked < 0 || marked > 2 || in_store < 0 || in_store > 1)
    return refuse(unexpected_reply("mark"));
  return MarkAnswer{static_cast<Marked>(marked), in_store == 1};
}

}  // namespace

Exchange<MarkAnswer> put_mark(const Space& space, const Mark& mark, const MarkTerms& terms) {
  const auto partition = partition_of(mark.value);
  std::vector<std::string> keys{mark_key(space, mark), feed_key(space, partition)};
  for (auto& place : places_of(space, mark)) keys.push_back(std::move(place));
  if (!terms.jti.empty()) keys.push_back(jti_key(space, mark, terms.jti));
  auto command = run_script(mark_script, partition, std::move(keys),
                            {kind_of(mark), mark.value, std::to_string(mark.at.time_since_epoch().count()),
                             std::to_string(std::max(terms.retention, Seconds{1}).count()),
                             in_millis(std::max(terms.jti_life, Seconds{1}))});
  command.must_be_confirmed = true;
  return {
      .commands = {std::move(command)},
      .read = [](std::span<const Reply> replies) -> Outcome<MarkAnswer> {
        return check_replies(replies, 1, "mark").and_then([&] { return read_marked(replies[0]); });
      },
  };
}

}  // namespace slo::redis
