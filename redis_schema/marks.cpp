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

Outcome<Marked> read_marked(const Reply& reply) {
  switch (reply.integer().value_or(-1)) {
    case 0:
      return Marked::now;
    case 1:
      return Marked::before;
    case 2:
      return Marked::repeated;
    default:
      return refuse(unexpected_reply("mark"));
  }
}

}  // namespace

Exchange<Marked> put_mark(const Space& space, const Mark& mark, const MarkTerms& terms) {
  const auto partition = partition_of(mark.value);
  std::vector<std::string> keys{mark_key(space, mark), feed_key(space, partition)};
  if (!terms.jti.empty()) keys.push_back(jti_key(space, mark, terms.jti));
  return {
      .commands = {run_script(mark_script, partition, std::move(keys),
                              {kind_of(mark), mark.value, std::to_string(mark.at.time_since_epoch().count()),
                               std::to_string(std::max(terms.retention, Seconds{1}).count()),
                               in_millis(std::max(terms.jti_life, Seconds{1}))})},
      .read = [](std::span<const Reply> replies) -> Outcome<Marked> {
        return check_replies(replies, 1, "mark").and_then([&] { return read_marked(replies[0]); });
      },
  };
}

}  // namespace slo::redis
