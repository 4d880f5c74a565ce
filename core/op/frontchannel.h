// SPDX-License-Identifier: BSD-2-Clause
// What is known of each application of an ended session, and which iframes its page has.
#pragma once

#include <string>
#include <vector>

#include "core/delivery/delivery.h"
#include "core/provider/provider.h"
#include "core/session.h"

namespace slo {

// One application of the ended session, as the page lists it.
struct ListedApplication {
  std::string name{};
  std::string frame_uri{};             // empty: it is not contacted through the browser
  std::vector<std::string> origins{};  // of frame_uri and of where it may lead, as frame-src wants them
  enum class State : std::uint8_t {
    signed_out,   // its own server said so
    pending,      // told in the background, no answer yet
    contacting,   // its iframe is on the page
    unreachable,  // told in the background, in vain so far; tried again
    refused,      // its own server said no
    given_up,     // told in the background, in vain, and not tried again
    untold,       // nothing in its registration lets us tell it
  } state = State::untold;
  friend bool operator==(const ListedApplication&, const ListedApplication&) = default;
};

// In the order of the participants, one each, and behind them who was told but is not among them; first of
// all the OP itself, given up, where `op_lives`. Iframes: core/pages/logout_frame.h.
std::vector<ListedApplication> list_applications(const Provider& provider, const Session& ended,
                                                 const std::vector<Told>& told, bool op_lives = false);

}  // namespace slo
