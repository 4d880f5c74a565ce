// SPDX-License-Identifier: BSD-2-Clause
// Cursors of session lists are places in the subject's index, which keeps its order.
#include "core/admin/api_cursor.h"

#include <charconv>
#include <string>

namespace slo {

std::optional<unsigned> read_offset(std::string_view cursor) {
  unsigned offset = 0;
  const char* end = cursor.data() + cursor.size();
  const auto [rest, error] = std::from_chars(cursor.data(), end, offset);
  if (error != std::errc{} || rest != end || offset > 1'000'000) return std::nullopt;
  return offset;
}

// `offset.second`.
bool read_place(std::string_view cursor, api::EndSessionsOf& command) {
  const auto dot = cursor.find('.');
  if (dot == std::string_view::npos) return false;
  const auto offset = read_offset(cursor.substr(0, dot));
  long long second = 0;
  const char* end = cursor.data() + cursor.size();
  const auto [rest, error] = std::from_chars(cursor.data() + dot + 1, end, second);
  if (!offset || error != std::errc{} || rest != end || second < 0) return false;
  command.offset = *offset;
  command.begun_by = TimeS{Seconds{second}};
  return true;
}

unsigned offset_of(const api::ListSessions& command) { return read_offset(command.cursor).value_or(0); }

std::string next_cursor(const api::ListSessions& command) {
  return std::to_string(offset_of(command) + command.limit);
}

std::string next_cursor(const api::EndSessionsOf& command) {
  return std::to_string(command.offset + ends_at_once) + '.' +
         std::to_string(command.begun_by.value().time_since_epoch().count());
}

}  // namespace slo
