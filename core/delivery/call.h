// SPDX-License-Identifier: BSD-2-Clause
// An outgoing HTTP request as core wants it made, and how much of its answer counts.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace slo {

inline constexpr const char* form_type = "application/x-www-form-urlencoded";

struct Call {
  std::string method = "POST";
  std::string target{};          // an absolute URI
  bool is_own_location = false;  // `target` is a path, and query, of the application's own server
  std::string host{};            // of such a target: sent as Host
  std::string type = form_type;  // Content-Type of the body; counts only where there is one
  std::vector<std::pair<std::string, std::string>> headers{};  // further ones; no Host, no Content-…
  std::string body{};
  std::size_t max_sample = 512;  // so much of the answer's body is kept
  // More than nought: the whole body of a yes is wanted, up to so much, and the answer waits for its end.
  std::size_t max_document = 0;
  friend bool operator==(const Call&, const Call&) = default;
};

}  // namespace slo
