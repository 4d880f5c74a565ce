// SPDX-License-Identifier: BSD-2-Clause
// Reads and checks front-channel logouts, which an OP's page brings here in a frame.
//
// OpenID Connect Front-Channel Logout 1.0.
#pragma once

#include <string>
#include <string_view>

#include "core/moment.h"
#include "core/names.h"
#include "core/outcome.h"
#include "core/page.h"
#include "core/provider/provider.h"
#include "core/rp/mark.h"
#include "core/session.h"

namespace slo {

// What stands in the query; empty what does not.
struct FrontchannelLogout {
  std::string issuer{};
  Sid sid{};
  friend bool operator==(const FrontchannelLogout&, const FrontchannelLogout&) = default;
};

// iss and sid, each once; others are ignored. parameter_repeated, form_malformed.
Outcome<FrontchannelLogout> read_frontchannel_logout(std::string_view query);

// The mark of that sid, from now on. Nobody has signed the request, and it may come from any page: so it ends
// the one session that it names with iss and sid, and nothing wider. Where the provider's
// frontchannel_iss_optional is on, a request without iss is taken as the provider's own. A key that we minted
// is no sid that an OP could name. form_malformed, frontchannel_issuer_foreign.
Outcome<Mark> check_frontchannel_logout(const Provider& provider, const FrontchannelLogout& logout,
                                        const Moment& moment);

// A page that only the pages of the issuer's origin may frame. It holds the iframes of those participants
// that are told through the browser, and its policy allows these alone; without any, and of a refusal, which
// has the status of its fault, it is empty.
Page frontchannel_received_page(const Provider& provider, const Session& ended = {});
Page frontchannel_not_received_page(const Provider& provider, const Refusal& refusal);

}  // namespace slo
