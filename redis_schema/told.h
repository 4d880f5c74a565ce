// SPDX-License-Identifier: BSD-2-Clause
// How far the deliveries of an ended session have come, for those who ask later: a page that is loaded again.
#pragma once

#include <vector>

#include "core/op/logout_page.h"
#include "core/session.h"
#include "redis_schema/exchange.h"
#include "redis_schema/key.h"

namespace slo::redis {

// One entry for each participant with a back channel, in their order. One round trip in the session's
// partition. What is neither owed nor a dead letter was delivered, unless it may be of a bundle that is not
// unbundled yet, or so many dead letters are kept that older ones were dropped: then it is `pending`, of
// which nothing is claimed.
Exchange<std::vector<Told>> told(const Space&, const Session& session);

}  // namespace slo::redis
