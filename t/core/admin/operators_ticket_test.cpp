// SPDX-License-Identifier: BSD-2-Clause
// Tickets of the operators' page hold for one place, one reader and an hour; notices are ours alone.
#include "core/admin/operators_ticket.h"

#include <gtest/gtest.h>

#include "t/harness/builders.h"

namespace slo::operators_ticket_test {
namespace {

const PagePlace here{.host = "slo.internal:9145", .location = "/slo/", .reader = "ann\n"};
const TimeS now = a_moment().seconds();

std::optional<Fault> refused(std::string_view ticket, const PagePlace& place = here, TimeS at = now,
                             const Provider& provider = a_provider()) {
  const auto opened = open_page_ticket(provider, place, ticket, at);
  return opened ? std::nullopt : std::optional(opened.error().fault);
}

}  // namespace

TEST(PageTicket, opens_where_it_was_made_and_gives_its_nonce) {
  const std::string ticket = make_page_ticket(a_provider(), here, a_moment());
  EXPECT_EQ(granted(open_page_ticket(a_provider(), here, ticket, now)), nonce(a_moment(), 1));
  EXPECT_NE(ticket, make_page_ticket(a_provider(), here, a_moment(Millis{0}, 3)));
}

TEST(PageTicket, of_another_place_or_reader_is_refused) {
  const std::string ticket = make_page_ticket(a_provider(), here, a_moment());
  for (const PagePlace& other : {PagePlace{"slo.internal", "/slo/", "ann\n"},
                                 {"slo.internal:9145", "/api/", "ann\n"},
                                 {"slo.internal:9145", "/slo/", "bob\n"},
                                 {"slo.internal:9145", "/slo/", "\n"},
                                 {"slo.internal:9145/slo/", "", "ann\n"}}) {
    EXPECT_EQ(refused(ticket, other), Fault::api_ticket_invalid);
  }
}

TEST(PageTicket, of_another_provider_or_secret_is_refused) {
  const std::string ticket = make_page_ticket(a_provider(), here, a_moment());
  Provider other = a_provider();
  other.issuer.value = "https://other.example";
  EXPECT_EQ(refused(ticket, here, now, other), Fault::api_ticket_invalid);
  other = a_provider();
  other.ticket_secret[0] ^= 1;
  EXPECT_EQ(refused(ticket, here, now, other), Fault::api_ticket_invalid);
}

TEST(PageTicket, is_refused_with_any_character_changed_or_missing) {
  const std::string ticket = make_page_ticket(a_provider(), here, a_moment());
  for (std::size_t i = 0; i < ticket.size(); ++i) {
    std::string changed = ticket;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(refused(changed), Fault::api_ticket_invalid) << i;
    EXPECT_EQ(refused(ticket.substr(0, i)), Fault::api_ticket_invalid) << i;
  }
  EXPECT_EQ(refused(ticket + "A"), Fault::api_ticket_invalid);
}

TEST(PageTicket, expires) {
  const std::string ticket = make_page_ticket(a_provider(), here, a_moment());
  EXPECT_EQ(refused(ticket, here, now + page_ticket_life), std::nullopt);
  EXPECT_EQ(refused(ticket, here, now + page_ticket_life + Seconds{1}), Fault::api_ticket_expired);
}

TEST(PageTicket, is_none_without_a_secret_and_no_empty_one_opens) {
  Provider bare = a_provider();
  bare.ticket_secret.clear();
  EXPECT_EQ(make_page_ticket(bare, here, a_moment()), "");
  EXPECT_EQ(refused("", here, now, bare), Fault::api_ticket_invalid);
  EXPECT_EQ(refused(""), Fault::api_ticket_invalid);
}

TEST(PageNotice, is_read_as_it_was_written) {
  using What = PageNotice::What;
  for (const PageNotice& notice :
       {PageNotice{.what = What::retried, .client = "a&b=<c>\xC3\xA4"},
        PageNotice{.what = What::all_retried, .client = "app-a", .count = 1000, .more = true},
        PageNotice{.what = What::dropped, .client = "app:wiki"}, PageNotice{.what = What::ended, .count = 51},
        PageNotice{.what = What::refused, .fault = Fault::store_timeout}}) {
    const std::string written = write_page_notice(a_provider(), here, notice, now);
    EXPECT_EQ(read_page_notice(a_provider(), here, written, now + page_notice_life), notice);
    EXPECT_EQ(read_page_notice(a_provider(), here, written, now + page_notice_life + Seconds{1}),
              std::nullopt);
  }
}

TEST(PageNotice, of_somebody_else_says_nothing) {
  const std::string written = write_page_notice(a_provider(), here, {.count = 1}, now);
  PagePlace other = here;
  other.reader = "bob\n";
  EXPECT_EQ(read_page_notice(a_provider(), other, written, now), std::nullopt);
  EXPECT_EQ(read_page_notice(a_provider(), here, make_page_ticket(a_provider(), here, a_moment()), now),
            std::nullopt);
  EXPECT_EQ(refused(written), Fault::api_ticket_invalid) << "nor is it a ticket";
  for (const std::string_view text : {"", "ended", "d2hhdD1lbmRlZA.AAAA"})
    EXPECT_EQ(read_page_notice(a_provider(), here, text, now), std::nullopt);
}

}  // namespace slo::operators_ticket_test
