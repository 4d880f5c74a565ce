// SPDX-License-Identifier: BSD-2-Clause
// What a browser asks of the operators' page: what to show, or which button was pressed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/admin/api.h"
#include "core/names.h"
#include "core/outcome.h"

namespace slo {

// What the page is to show. Parameters that are not known are passed over: somebody's bookmark is no program.
struct PageQuery {
  std::string provider{};        // its name; empty: the first one
  std::optional<Subject> sub{};  // whose sessions; nothing: nobody's
  std::string sessions{};        // where each list goes on
  std::string owed{};
  std::string dead{};
  std::string notice{};
  friend bool operator==(const PageQuery&, const PageQuery&) = default;
};
// parameter_repeated, form_malformed; api_parameter_invalid where `sub` or the place in its sessions is none.
Outcome<PageQuery> read_page_query(std::string_view query);
// `?provider=corp&sub=ann`: from the page to itself.
std::string page_link(const PageQuery& query);

inline constexpr unsigned page_sessions = 20;    // of a user, at a time
inline constexpr unsigned page_deliveries = 50;  // owed, and dead, at a time

// A pressed button.
struct PagePress {
  std::string provider{};
  std::string ticket{};
  ApiCommand command{};  // EndSessionsOf, RetryDelivery, RetryDeliveriesOf or DropDelivery
};
// parameter_repeated, form_malformed, api_body_invalid.
Outcome<PagePress> read_page_press(std::string_view body);

// The buttons' values, of a form with provider, ticket and `id`, `client` or `sub`.
inline constexpr std::string_view press_retry = "retry";
inline constexpr std::string_view press_retry_all = "retry_all";
inline constexpr std::string_view press_drop = "drop";
inline constexpr std::string_view press_end = "end";

}  // namespace slo
