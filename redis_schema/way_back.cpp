// SPDX-License-Identifier: BSD-2-Clause
// Where a browser goes on that logs out at the OP meanwhile.
#include "redis_schema/way_back.h"

#include <span>
#include <utility>

#include "redis_schema/fields.h"
#include "redis_schema/sessions.h"

namespace slo::redis {

Exchange<bool> keep_way_back(const Space& space, std::string_view nonce, std::string_view post_logout,
                             Seconds life) {
  return {
      .commands = {{.words = {"SET", way_back_key(space, nonce), std::string(post_logout), "EX",
                              std::to_string(life.count())},
                    .partition = partition_of(nonce)}},
      .read = [](std::span<const Reply> replies) -> Outcome<bool> {
        return check_replies(replies, 1, "keep_way_back").map([] { return true; });
      },
  };
}

// Who comes first is known by the ticket's own script.
Exchange<std::optional<std::string>> take_way_back(const Space& space, std::string_view nonce, Seconds life,
                                                   const std::string& caller) {
  auto first = redeem(space, nonce, life, caller);
  Exchange<std::optional<std::string>> exchange{.commands = std::move(first.commands)};
  exchange.commands.push_back(
      {.words = {"GET", way_back_key(space, nonce)}, .partition = partition_of(nonce)});
  exchange.read = [is_first = std::move(first.read)](
                      std::span<const Reply> replies) -> Outcome<std::optional<std::string>> {
    if (auto whole = check_replies(replies, 2, "take_way_back"); !whole) return refuse(whole.error());
    const auto mine = is_first(replies.first(1));
    if (!mine) return refuse(mine.error());
    const auto kept = replies[1].text();
    if (!*mine || !kept) return std::optional<std::string>();
    return std::optional(std::string(*kept));
  };
  return exchange;
}

}  // namespace slo::redis
