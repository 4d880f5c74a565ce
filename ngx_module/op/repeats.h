// SPDX-License-Identifier: BSD-2-Clause
// Registrations that a note spared Redis: none is taken for granted, a moment later it is looked at.
//
// Whatever ends a session, lets a client leave it or loses it, on whatever host, is therefore noticed, and
// costs one cheap command for each session and client that came by within that moment, however often. Once
// too often is harmless: a client that leaves after its repeat may be written down once more, and be told
// once more.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "core/outcome.h"
#include "core/session.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// A note is right only while the store knows what it says.
void note_stored_only(std::uint64_t fingerprint, const Outcome<Registered>& registered) noexcept;

class Repeats {
 public:
  explicit Repeats(ngx_log_t* log);
  Repeats(const Repeats&) = delete;

  // Is it waiting to be looked at? Then nothing need be done for it.
  bool is_known(std::uint64_t fingerprint) const { return waiting_.contains(fingerprint); }
  // Looks at it in a moment. False: there is no room, register it at once.
  bool add(const ProviderConf& provider, std::uint64_t fingerprint, Registration registration);

 private:
  struct Repeat {
    const ProviderConf* provider;
    Registration registration;
  };

  void look();
  void look_at(std::uint64_t fingerprint, const Repeat& repeat);

  std::unordered_map<std::uint64_t, Repeat> waiting_{};
  Event look_;  // a worker that quits stays for it
};

}  // namespace slo::ngx
