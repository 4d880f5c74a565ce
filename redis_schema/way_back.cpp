// SPDX-License-Identifier: BSD-2-Clause
// Where a browser goes on that logs out at the OP meanwhile.
#include "redis_schema/way_back.h"

#include <span>

#include "redis_schema/fields.h"

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

Exchange<std::optional<std::string>> find_way_back(const Space& space, std::string_view nonce) {
  return {
      .commands = {{.words = {"GET", way_back_key(space, nonce)}, .partition = partition_of(nonce)}},
      .read = [](std::span<const Reply> replies) -> Outcome<std::optional<std::string>> {
        if (auto whole = check_replies(replies, 1, "find_way_back"); !whole) return refuse(whole.error());
        const auto kept = replies[0].text();
        return kept ? std::optional(std::string(*kept)) : std::nullopt;
      },
  };
}

}  // namespace slo::redis
