// SPDX-License-Identifier: BSD-2-Clause
// Is this browser still signed in? Asked by applications' pages, which may not know more.
#pragma once

#include <string>
#include <string_view>

#include "core/moment.h"
#include "core/page.h"
#include "core/provider/provider.h"
#include "core/session.h"

namespace slo {

// What the browser says of the page that asks.
struct StatusAsker {
  std::string origin{};          // Origin, empty if absent
  std::string sec_fetch_site{};  // Sec-Fetch-Site, empty if absent
  std::string host{};            // Host
};

// A page of the issuer's, of this very host, or of a registered client: of its redirect_uris,
// post_logout_redirect_uris or frontchannel_logout_uri. Without Origin: a page of this host, or no browser.
// origin_not_registered for all others, who are told nothing, not even whether there is a session.
Outcome<void> check_status_asker(const Provider& provider, const StatusAsker& asker);

// {"active":true,"age":<seconds since the login>} or {"active":false}. Active: one of the browser's cookies
// finds a session that has not ended and is not due to.
Page session_status_page(const Found& found, TimeS now);

// What a page of another origin needs to read the answer. Fetch, 3.2: the origin itself, for cookies come
// along.
Page readable_by(Page page, const StatusAsker& asker);
// Fetch, 3.2.2: the answer to a preflight.
Page status_preflight_page();

}  // namespace slo
