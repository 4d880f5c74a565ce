// SPDX-License-Identifier: BSD-2-Clause
// What the link learns of the store besides answers: is it the same one, and may we use it?
//
// Each is told once, when it changes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/outcome.h"
#include "ngx_module/redis/settings.h"
#include "redis_schema/schema.h"

namespace slo::ngx {

// Of a server's URL or id, for the zone.
std::uint32_t digest_of(const std::string& text) noexcept;

class StoreWatch {
 public:
  // REQUIRES: settings and log outlive it.
  StoreWatch(const LinkSettings& settings, ngx_log_t* log) : settings_(settings), log_(log) {}

  // Writes the schema again where it is gone, and asks what learned() wants to know. A node of a cluster,
  // where the schema is one node's, is only asked whether it is there.
  redis::Exchange<redis::Agreement> question() const;
  void learned(const redis::Agreement& agreement);
  // Has a worker of this host, for the same providers, learned what allows us to use it?
  bool have_agreed_before() const;
  // store_schema_foreign: a provider's tag is another issuer's here, so its data are not touched.
  Outcome<void> may_send(const std::vector<redis::Command>& commands) const;
  void heard(const redis::Command& command, const redis::Reply& reply);

 private:
  std::uint32_t parties() const;
  void compare(const std::string& store_id);
  void tell_emptied() const;
  void tell_foreign(const std::vector<std::string>& tags);

  const LinkSettings& settings_;
  ngx_log_t* log_;
  std::string store_id_{};
  std::vector<std::string> foreign_{};  // tags
};

}  // namespace slo::ngx
