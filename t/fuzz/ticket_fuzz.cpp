// SPDX-License-Identifier: BSD-2-Clause
// The confirmation ticket: opens to what was sealed, in the browser that it was sealed for, until it expires,
// to the bit.
#include "core/op/confirmation.h"

#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

const Provider& asker() {
  static const Provider provider = a_provider();
  return provider;
}

Ticket ticket_from(Input& input) {
  Ticket ticket{.nonce = input.text(), .expires = login_time + Seconds{3600}};
  if (auto session = input.maybe_text()) ticket.session = SessionKey{*std::move(session)};
  if (auto client = input.maybe_text()) ticket.client = ClientId{*std::move(client)};
  ticket.post_logout.uri = input.text();
  ticket.post_logout.state = input.maybe_text();
  if (input.flag()) ticket.post_logout.refused = Refusal{static_cast<Fault>(input.below(fault_count))};
  ticket.one_client = input.flag();
  ticket.cookie_withheld = input.flag();
  return ticket;
}

void seal_and_open(Input& input) {
  Input tampering = input;
  for (int i = 0; i < 3; ++i) input.byte();
  const Ticket ticket = ticket_from(input);
  const std::string browser = input.rest();
  const auto sealed = seal_ticket(asker(), ticket, browser);
  if (!sealed) return;
  const auto opened = open_ticket(asker(), *sealed, {browser});
  if (browser.empty()) return promise(!opened, "without a browser's cookie no ticket opens");
  if (sealed->size() > jose::max_token) return promise(!opened, "a ticket has a limit");
  promise(opened && *opened == ticket, "a ticket opens to what was sealed");
  promise(!open_ticket(asker(), *sealed, {browser + "x"}), "it does not open in another browser");
  promise(!open_ticket(asker(), with_one_bit_changed(tampering, *sealed), {browser}),
          "nor with one bit changed");
  static const Provider peer_mismatch = [] {
    Provider other = a_provider();
    other.issuer.value = "https://other.example.com";
    return other;
  }();
  promise(!open_ticket(peer_mismatch, *sealed, {browser}), "nor at a provider that shares the secret");
}

// Sealed with the right secret, but with a content that another version of us may have written.
void open_foreign_content(Input& input) {
  static const jose::Key key = secret_key(asker().ticket_secret);
  static const std::string browser = "0123456789abcdefABCDEF";
  static const std::string own = [] {
    const auto sealed =
        granted(seal_ticket(asker(), {.nonce = "n", .expires = login_time + Seconds{3600}}, browser));
    return granted(jose::decrypt(sealed, {&key}, {"dir"}));
  }();
  const Json content = granted(parse_json(own));
  const auto changes = parse_json(input.rest());
  if (changes) json_object_update(content.get(), changes->get());
  const auto sealed = granted(jose::encrypt(key, "dir", "A256GCM", nullptr, dump_json(content.get())));
  const auto opened = open_ticket(asker(), sealed, {browser});
  if (!opened) return;
  promise(!opened->again, "nor why it is asked again");
  promise(!opened->answer_yes, "the answer is never in the ticket");
  promise(json_equal(json_object_get(content.get(), "issuer"),
                     json_object_get(granted(parse_json(own)).get(), "issuer")) == 1,
          "an open ticket is of this issuer");
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  switch (input.below(3)) {
    case 0:
      return slo::fuzz::seal_and_open(input);
    case 1:
      return slo::fuzz::open_foreign_content(input);
    default:
      slo::fuzz::promise(!slo::open_ticket(slo::fuzz::asker(), input.rest(), {"0123456789abcdefABCDEF"}),
                         "nobody else makes tickets");
  }
}
