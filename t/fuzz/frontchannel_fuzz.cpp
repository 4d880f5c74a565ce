// SPDX-License-Identifier: BSD-2-Clause
// Front-channel logouts: whatever a query holds, it ends at most the session that it names, of this issuer;
// the answer depends on nothing of it.
#include "core/rp/frontchannel_logout.h"

#include "core/text/form.h"
#include "t/core/rp/logout_tokens.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

const Provider& framed_receiver(bool needs_no_iss) {
  static const std::vector<Provider> both = [] {
    std::vector<Provider> made;
    made.push_back(a_relying_provider());
    made.push_back(a_relying_provider());
    made.back().frontchannel_iss_optional = true;
    return made;
  }();
  return both[needs_no_iss ? 1 : 0];
}

void read_again(const FrontchannelLogout& logout) {
  const auto query = encode_form({{"iss", logout.issuer}, {"x", "%"}, {"sid", logout.sid.value}});
  promise(read_frontchannel_logout(query) == logout, "what was read is written and read as the same");
  promise(!read_frontchannel_logout(query + "&sid=x"), "a second sid is refused");
  promise(!read_frontchannel_logout("iss=&" + query), "a second iss is refused");
}

void receive(const Provider& provider, const FrontchannelLogout& logout) {
  const auto mark = check_frontchannel_logout(provider, logout, a_moment());
  const bool names_issuer = logout.issuer == provider.issuer.value;
  const bool is_fine = names_issuer || (logout.issuer.empty() && provider.frontchannel_iss_optional);
  promise(mark.has_value() == (is_fine && is_storable(logout.sid.value)), "iss and sid decide");
  if (mark) {
    promise(*mark == Mark{.of = Mark::Of::sid,
                          .value = logout.sid.value,
                          .at = a_moment().seconds(),
                          .is_proven = false},
            "it ends the session of its sid");
    return;
  }
  const Page page = frontchannel_not_received_page(provider, mark.error());
  const Page received = frontchannel_received_page(provider);
  promise(page.headers == received.headers && page.status >= 400, "a refusal is framed like a yes");
  promise(mark.error().detail.size() < 24, "a detail holds nothing of the query");
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  const bool needs_no_iss = input.flag();
  const auto logout = slo::read_frontchannel_logout(input.rest());
  if (!logout) return;
  slo::fuzz::read_again(*logout);
  slo::fuzz::receive(slo::fuzz::framed_receiver(needs_no_iss), *logout);
}
