// SPDX-License-Identifier: BSD-2-Clause
// Where a browser goes on that logs out at the OP meanwhile.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/moment.h"
#include "redis_schema/exchange.h"
#include "redis_schema/key.h"

namespace slo::redis {

// Keeps `post_logout` under this `nonce` for `life`. May be repeated.
Exchange<bool> keep_way_back(const Space&, std::string_view nonce, std::string_view post_logout,
                             Seconds life);
// What was kept; nullopt where nothing was, or its life is over. Writes nothing: redeem() says who is the
// first to use it.
Exchange<std::optional<std::string>> find_way_back(const Space&, std::string_view nonce);

}  // namespace slo::redis
