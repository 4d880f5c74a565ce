// SPDX-License-Identifier: BSD-2-Clause
// The iframe that tells an application that its session is over. Front-Channel Logout 1.0, 2 and 3.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/client/client.h"
#include "core/provider/provider.h"
#include "core/session.h"

namespace slo {

struct LogoutFrame {
  std::string uri{};
  std::vector<std::string> origins{};  // of the URI and of where it may lead, as frame-src wants them
  friend bool operator==(const LogoutFrame&, const LogoutFrame&) = default;
};

// iss and sid go together or not at all; a client that requires them gets no iframe without. nullopt: it is
// not told through the browser.
std::optional<LogoutFrame> find_logout_frame(const Provider& provider, const Client& client,
                                             const Session& ended, const Participant& participant);

// Of all its participants, in their order. A client that is registered no more has none.
std::vector<LogoutFrame> find_logout_frames(const Provider& provider, const Session& ended);

// `frame-src https://a.example https://b.example; `: these alone. Empty for none.
std::string frame_src_of(const std::set<std::string>& origins);

// The element; `attributes` are HTML, with a space in front.
std::string logout_frame_html(const std::string& uri, const std::string& attributes = {});

}  // namespace slo
