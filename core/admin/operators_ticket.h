// SPDX-License-Identifier: BSD-2-Clause
// What the operators' page has its buttons carry, and says afterwards: signed, for one place and reader.
//
// Passwords and certificates are sent by a browser of its own accord, whoever made it send a form: a ticket
// says that the form is ours. Not sealed, for it holds nothing that its reader may not know.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/fault.h"
#include "core/moment.h"
#include "core/outcome.h"
#include "core/provider/provider.h"

namespace slo {

inline constexpr Seconds page_ticket_life{3600};
inline constexpr Seconds page_notice_life{60};

// Where a page is shown, and to whom.
struct PagePlace {
  std::string_view host{};      // as the browser names it
  std::string_view location{};  // the prefix of slo_api
  std::string_view reader{};    // whom nginx has verified; empty: it does not know
};

// Good for one press there within page_ticket_life. Empty where the provider has no ticket_secret.
std::string make_page_ticket(const Provider& provider, const PagePlace& place, const Moment& moment);
// Its nonce, which is to be redeemed. api_ticket_invalid: it was made for another provider, place or reader,
// or by nobody of us; api_ticket_expired.
Outcome<std::string> open_page_ticket(const Provider& provider, const PagePlace& place,
                                      std::string_view ticket, TimeS now);

// What has become of a press.
struct PageNotice {
  enum class What : std::uint8_t { retried, all_retried, dropped, ended, refused } what = What::refused;
  std::string client{};          // whose deliveries they were, or an application's name
  std::size_t count = 0;         // of sessions that ended, or of all_retried
  bool more = false;             // there may be
  std::optional<Fault> fault{};  // of `refused`
  friend bool operator==(const PageNotice&, const PageNotice&) = default;
};
// A parameter of the page's address, so that nobody else can have the page say something.
std::string write_page_notice(const Provider& provider, const PagePlace& place, const PageNotice& notice,
                              TimeS now);
// nullopt where it is not ours, or older than page_notice_life.
std::optional<PageNotice> read_page_notice(const Provider& provider, const PagePlace& place,
                                           std::string_view written, TimeS now);

}  // namespace slo
