// SPDX-License-Identifier: BSD-2-Clause
// What this host knows of a server of the store: numbers in the zone, and what was told of it in the log.
//
// It outlives workers and reloads: it is found again by its name. One worker writes, all read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/moment.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

class SharedServer {
 public:
  static constexpr std::size_t max_numbers = 12;
  static constexpr std::size_t max_servers = 64;
  static constexpr std::size_t max_name = 95;
  using Numbers = std::array<std::optional<std::uint64_t>, max_numbers>;

  // Finds the server of that name, or makes it. Without room, or without a zone, it has none.
  explicit SharedServer(std::string_view name);
  bool is_there() const noexcept { return record_ != nullptr; }

  // REQUIRES here and below: is_there().
  void write(const Numbers& numbers) const noexcept;
  // What the writer wants to know the next time, whichever worker it is then; 0 at first.
  std::uint64_t remembered() const noexcept;
  void remember(std::uint64_t word) const noexcept;

  struct Record;

 private:
  Record* record_ = nullptr;
};

struct KnownServer {
  std::string name{};
  SharedServer::Numbers numbers{};
};
// Those that were written within that time.
std::vector<KnownServer> known_servers(Millis within);

}  // namespace slo::ngx
