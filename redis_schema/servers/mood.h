// SPDX-License-Identifier: BSD-2-Clause
// What an error reply says about the server itself, not about the command it answers.
#pragma once

#include <optional>
#include <string>

#include "redis_schema/reply.h"

namespace slo::redis {

// Why this server cannot serve anybody at the moment, as a clause with the code: a replica, one that is
// loading, cannot save, waits for replicas, runs somebody's script … Another one may, or the same one later.
std::optional<std::string> why_it_cannot_serve(const Reply& reply);

// Of these a node of a cluster says some of one command alone.
bool is_of_clusters(const Reply& reply) noexcept;

// It serves, but this user may not do this.
bool is_forbidden(const Reply& reply) noexcept;

}  // namespace slo::redis
