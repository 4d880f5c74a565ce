// SPDX-License-Identifier: BSD-2-Clause
// Tells a server that cannot serve from a command that it does not like.
#include "redis_schema/mood.h"

#include <algorithm>
#include <array>
#include <utility>

namespace slo::redis {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> moods{{
    {"READONLY", "it is a replica and takes no writes"},
    {"LOADING", "it is loading its data"},
    {"MASTERDOWN", "it is a replica that has lost its primary"},
    {"CLUSTERDOWN", "its cluster does not serve this part of the data"},
    {"NOREPLICAS", "it takes no writes, since it has too few replicas"},
    {"MISCONF", "it takes no writes, since it cannot save them"},
    {"BUSY", "a script keeps it busy"},
    {"NOAUTH", "it asks for a password"},
}};

// Redis 6: "ERR Error running script (call to f_…): @user_script:1: @user_script: 1: -READONLY You can't …".
constexpr std::string_view wrapped = "ERR Error running script";
constexpr std::string_view core_of_it = ": -";
constexpr std::string_view may_not = "The user executing the script can't ";  // "run", or "access" a key

}  // namespace

std::string_view code_of(std::string_view error) noexcept {
  if (error.starts_with("ERR ") && error.find(may_not) != std::string_view::npos) return "NOPERM";
  if (error.starts_with(wrapped)) {
    const auto at = error.find(core_of_it);
    if (at != std::string_view::npos) error.remove_prefix(at + core_of_it.size());
  }
  return error.substr(0, error.find(' '));
}

std::optional<std::string> why_it_cannot_serve(const Reply& reply) {
  if (!reply.is_error()) return std::nullopt;
  const auto code = code_of(reply.error());
  const auto found = std::ranges::find(moods, code, &std::pair<std::string_view, std::string_view>::first);
  if (found == moods.end()) return std::nullopt;
  return std::string(found->second) + " (" + std::string(code) + ")";
}

bool is_forbidden(const Reply& reply) noexcept { return code_of(reply.error()) == "NOPERM"; }

}  // namespace slo::redis
