// SPDX-License-Identifier: BSD-2-Clause
// The operators' page: what it shows, escaped, with and without rights, lists and a store.
#include "core/admin/operators_page.h"

#include <gtest/gtest.h>

#include "core/text/base64url.h"
#include "t/harness/builders.h"

namespace slo::operators_page_test {
namespace {

const std::string evil = "<b>\"'&";
const std::string evil_html = "&lt;b&gt;&quot;&#39;&amp;";

ListedDelivery listed(DeliveryState state, std::string error = "503 no answer") {
  return {.delivery = a_delivery(),
          .state = state,
          .due = a_moment().now - std::chrono::minutes{3},
          .error = std::move(error),
          .attempts = 4};
}

// alice is looked for; one delivery is owed, one is dead.
OperatorsView a_view(const Provider& provider) {
  OperatorsView view{
      .provider = &provider, .query = {.provider = "corp", .sub = Subject{"alice"}}, .may_write = true};
  view.status.providers = {
      {.name = "corp", .in_store = StoreStatus{.backlog = Backlog{.pending = 1, .dead = 1}}}};
  view.ticket = "the.ticket";
  view.sessions.emplace(PageList<Session>{{a_session()}, ""});
  view.owed.emplace(PageList<ListedDelivery>{{listed(DeliveryState::pending)}, ""});
  view.dead.emplace(PageList<ListedDelivery>{{listed(DeliveryState::dead)}, ""});
  view.now = a_moment().now;
  return view;
}

bool holds(const OperatorsView& view, std::string_view text) {
  return operators_page(view).body.find(text) != std::string::npos;
}
std::size_t count(const std::string& body, std::string_view text) {
  std::size_t found = 0;
  for (auto at = body.find(text); at != std::string::npos; at = body.find(text, at + 1)) ++found;
  return found;
}
std::string header(const Page& page, std::string_view name) {
  for (const auto& each : page.headers)
    if (each.name == name) return each.value;
  return {};
}

}  // namespace

TEST(OperatorsPage, allows_no_script_no_resource_no_frame_and_no_foreign_form) {
  const Provider provider = a_provider();
  const Page page = operators_page(a_view(provider));
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(header(page, "Cache-Control"), "no-store");
  EXPECT_EQ(header(page, "Referrer-Policy"), "strict-origin");
  EXPECT_EQ(header(page, "X-Content-Type-Options"), "nosniff");
  const std::string policy = header(page, "Content-Security-Policy");
  EXPECT_TRUE(policy.starts_with("default-src 'none'; style-src 'sha256-")) << policy;
  EXPECT_TRUE(policy.ends_with("; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")) << policy;
  EXPECT_EQ(count(policy, "'sha256-"), 2u);
  for (const std::string_view never : {"<script", "src=", "http:", "https:", "url(", "@import", " style="})
    EXPECT_EQ(page.body.find(never), std::string::npos) << never;
}

TEST(OperatorsPage, shows_a_users_sessions_by_fingerprint) {
  const Provider provider = a_provider();
  OperatorsView view = a_view(provider);
  EXPECT_TRUE(holds(view, "<h3>Session <code>#" + fingerprint("sid-1") + "</code></h3>"));
  EXPECT_TRUE(holds(view, "<dt>Clients</dt><dd>app-a, app-b</dd>"));
  EXPECT_TRUE(holds(view, "title=\"2027-01-15 08:00:00 UTC\">10 min ago</time>"));
  EXPECT_TRUE(holds(view, "datetime=\"2027-01-15T20:00:00Z\""));
  view.may_write = false;
  EXPECT_FALSE(holds(view, "sid-1"));
}

TEST(OperatorsPage, shows_how_a_session_ended_and_names_some_of_many_clients) {
  const Provider provider = a_provider();
  OperatorsView view = a_view(provider);
  Session ended = a_session();
  ended.ended = Seconds{60};
  ended.reason = "admin";
  ended.logout_id = "the-logout";
  ended.participants.assign(25, a_participant("app-a"));
  view.sessions.emplace(PageList<Session>{{ended}, "20"});
  EXPECT_TRUE(holds(view, "<dt>By</dt><dd>admin</dd>"));
  EXPECT_TRUE(holds(view, "<dd>the-logout</dd>"));
  EXPECT_TRUE(holds(view, "app-a, and 5 more</dd>"));
  EXPECT_TRUE(holds(view, "<a href=\"?provider=corp&amp;sub=alice&amp;sessions=20\">More sessions</a>"));
}

TEST(OperatorsPage, says_what_is_owed_by_client) {
  const Provider provider = a_provider();
  OperatorsView view = a_view(provider);
  ListedDelivery first = listed(DeliveryState::pending, "504 timed out"), other = first, bundle = first;
  first.attempts = 9;
  first.due = a_moment().now + Seconds{12};
  other.error = "";
  other.attempts = 0;
  bundle.delivery.client = {};
  view.owed.emplace(PageList<ListedDelivery>{{first, other, bundle}, "1.50"});
  view.status.providers[0].in_store->backlog->pending = 1000;
  EXPECT_TRUE(holds(view, "<p>3 of 1000 deliveries.</p>"));
  EXPECT_TRUE(holds(view, "<h3>app-a</h3>\n<dl>\n<div><dt>Owed</dt><dd>2</dd></div>"));
  EXPECT_TRUE(holds(view, "<dt>Most attempts</dt><dd>9</dd>"));
  EXPECT_TRUE(holds(view, "<dd>504 timed out</dd>"));
  EXPECT_TRUE(holds(view, "<h3>all clients of a session</h3>"));
  EXPECT_TRUE(holds(view, "owed=1.50\">More deliveries</a>"));
  view.query.owed = "1.50";
  EXPECT_TRUE(holds(view, ">First deliveries</a> · <a"));
}

TEST(OperatorsPage, has_buttons_with_a_ticket_for_dead_letters_and_for_the_user) {
  const Provider provider = a_provider();
  const std::string body = operators_page(a_view(provider)).body;
  EXPECT_EQ(count(body, "name=\"ticket\" value=\"the.ticket\""), 3u);
  EXPECT_EQ(count(body, "name=\"id\" value=\"" + base64url(a_delivery().id) + "\""), 2u);
  for (const std::string_view value : {"retry", "drop", "end"})
    EXPECT_EQ(count(body, "<button name=\"do\" value=\"" + std::string(value) + "\""), 1u);
  EXPECT_EQ(count(body, "action=\"?\""), 4u);
  EXPECT_EQ(count(body, "retry_all"), 0u) << "there is one";
}

TEST(OperatorsPage, has_a_button_for_all_dead_letters_of_each_client) {
  const Provider provider = a_provider();
  OperatorsView view = a_view(provider);
  ListedDelivery other = listed(DeliveryState::dead);
  other.delivery.client.value = "app:wiki";
  view.dead.emplace(PageList<ListedDelivery>{{listed(DeliveryState::dead), other, other}, ""});
  view.status.providers[0].in_store->backlog->dead = 3;
  EXPECT_EQ(count(operators_page(view).body, "value=\"retry_all\""), 2u);
  EXPECT_TRUE(holds(view, ">Send all again to application wiki</button>"));
  EXPECT_TRUE(holds(view, "name=\"client\" value=\"app:wiki\""));
  view.may_write = false;
  EXPECT_FALSE(holds(view, "retry_all"));
}

TEST(OperatorsPage, has_no_button_where_nothing_may_be_written_or_signed) {
  const Provider provider = a_provider();
  OperatorsView view = a_view(provider);
  view.may_write = false;
  EXPECT_FALSE(holds(view, "method=\"post\""));
  EXPECT_FALSE(holds(view, "the.ticket"));
  EXPECT_TRUE(holds(view, "This page only shows"));
  view.may_write = true;
  view.ticket.clear();
  EXPECT_FALSE(holds(view, "method=\"post\""));
  EXPECT_TRUE(holds(view, "There are no buttons"));
}

TEST(OperatorsPage, escapes_whatever_others_wrote) {
  Provider provider = a_provider();
  provider.name = evil;
  OperatorsView view = a_view(provider);
  view.query = {.provider = evil, .sub = Subject{evil}, .sessions = evil, .owed = evil, .dead = evil};
  view.ticket = evil;
  view.notice = PageNotice{.what = PageNotice::What::retried, .client = evil};
  Session session = a_session();
  session.key.value = session.reason = session.logout_id = evil;
  session.ended = Seconds{1};
  session.participants = {a_participant(evil)};
  view.sessions.emplace(PageList<Session>{{session}, evil});
  ListedDelivery letter = listed(DeliveryState::dead, evil);
  letter.delivery.client.value = letter.delivery.reason = letter.delivery.logout_id = letter.delivery.id =
      evil;
  view.owed.emplace(PageList<ListedDelivery>{{letter}, evil});
  view.dead.emplace(PageList<ListedDelivery>{{letter}, evil});
  view.status.providers[0].name = evil;
  const std::string body = operators_page(view).body;
  EXPECT_EQ(body.find("<b>"), std::string::npos);
  EXPECT_EQ(body.find("\"'&"), std::string::npos);
  EXPECT_GE(count(body, evil_html), 14u);
}

TEST(OperatorsPage, stays_one_page_with_long_values) {
  const Provider provider = a_provider();
  OperatorsView view = a_view(provider);
  ListedDelivery letter = listed(DeliveryState::dead, std::string(5000, 'e'));
  letter.delivery.client.value = std::string(300, 'c');
  view.dead.emplace(PageList<ListedDelivery>{{letter}, ""});
  EXPECT_TRUE(holds(view, std::string(300, 'c')));
  EXPECT_TRUE(holds(view, "overflow-wrap:anywhere"));
}

TEST(OperatorsPage, says_so_where_there_is_nothing) {
  const Provider provider = a_provider();
  OperatorsView view = a_view(provider);
  view.sessions.emplace(PageList<Session>{});
  view.owed.emplace(PageList<ListedDelivery>{});
  view.dead.emplace(PageList<ListedDelivery>{});
  EXPECT_TRUE(holds(view, "No session of this user is known here."));
  EXPECT_TRUE(holds(view, "<p>Nothing is owed.</p>"));
  EXPECT_TRUE(holds(view, "<p>There are none.</p>"));
  EXPECT_TRUE(holds(view, "value=\"end\"")) << "guards may know sessions of that user all the same";
  view.query.dead = view.query.owed = "9.0";
  EXPECT_TRUE(holds(view, "There are none from here on"));
  view.query.sub.reset();
  view.sessions.reset();
  EXPECT_FALSE(holds(view, "value=\"end\""));
  EXPECT_TRUE(holds(OperatorsView{}, "No slo_provider is configured."));
}

TEST(OperatorsPage, says_that_the_store_is_away_and_lists_nothing) {
  const Provider provider = a_provider();
  OperatorsView view{.provider = &provider, .may_write = true, .ticket = "t"};
  view.status = {.providers = {{.name = "corp"}},
                 .refusal = Refusal{Fault::store_unreachable, "secret detail"}};
  EXPECT_TRUE(holds(view, "<span class=\"state bad\">The store cannot be reached.</span>"));
  EXPECT_TRUE(holds(view, "What is owed is sent when it is back."));
  EXPECT_FALSE(holds(view, "<form"));
  EXPECT_FALSE(holds(view, "secret detail"));
  EXPECT_EQ(operators_page(view).status, 200);
}

TEST(OperatorsPage, says_of_a_list_why_it_could_not_be_read) {
  const Provider provider = a_provider();
  OperatorsView view = a_view(provider);
  view.dead.emplace(refuse(Fault::api_parameter_invalid, "\"cursor\" is none of ours"));
  view.owed.emplace(refuse(Fault::store_timeout));
  view.sessions.emplace(refuse(Fault::store_busy));
  EXPECT_EQ(count(operators_page(view).body, "This could not be read. "), 3u);
}

TEST(OperatorsPage, shows_feed_keys_clients_and_circuits) {
  const Provider provider = a_provider();
  OperatorsView view = a_view(provider);
  view.status.marks = MarksStatus{.marks = 7, .capacity = 100, .age = Millis{4000}, .is_complete = true};
  view.status.providers[0].circuits_open = 2;
  view.status.providers[0].keys = KeyStatus{.keys = 3, .age = Seconds{7200}, .is_fetched = true};
  view.status.providers[0].clients = ClientStatus{.clients = 12, .is_current = false};
  EXPECT_TRUE(holds(view, "state good\">complete; all known 4 s ago</span>"));
  EXPECT_TRUE(holds(view, "<dd>7 of 100</dd>"));
  EXPECT_TRUE(holds(view, "state bad\">2</span>"));
  EXPECT_TRUE(holds(view, "state good\">3, fetched 2 h ago</span>"));
  EXPECT_TRUE(holds(view, "state bad\">12; their source"));
  view.status.marks = MarksStatus{};
  view.status.providers[0].keys = KeyStatus{};
  view.status.providers[0].clients->is_current = true;
  EXPECT_TRUE(holds(view, "state bad\">may lack some; not read yet</span>"));
  EXPECT_TRUE(holds(view, "state bad\">0, never fetched; the last fetch failed</span>"));
  EXPECT_TRUE(holds(view, "state good\">12, current</span>"));
  view.status.providers[0].in_store->backlog = refuse(Fault::store_refused);
  EXPECT_TRUE(holds(view, "<dt>Store</dt><dd><span class=\"state bad\">The store refused a command.</span>"));
}

TEST(OperatorsPage, says_what_became_of_a_press) {
  using What = PageNotice::What;
  const Provider provider = a_provider();
  OperatorsView view = a_view(provider);
  const auto says = [&view](PageNotice notice, std::string_view sentence) {
    view.notice = std::move(notice);
    return holds(view, sentence);
  };
  EXPECT_TRUE(
      says({.what = What::retried, .client = "app-a"}, "The logout for app-a was put back into the queue."));
  EXPECT_TRUE(says({.what = What::all_retried, .client = "app-a", .count = 2},
                   ">2 logouts for app-a put back into the queue.</p>"));
  EXPECT_TRUE(says({.what = What::all_retried, .client = "app-a", .count = 1000, .more = true},
                   "There may be more: press once more."));
  EXPECT_TRUE(says({.what = What::dropped, .client = "app-a"}, "The logout for app-a was dropped"));
  EXPECT_TRUE(says({.what = What::ended, .count = 1}, ">1 session ended."));
  EXPECT_TRUE(says({.what = What::ended, .count = 0}, ">0 sessions ended."));
  EXPECT_TRUE(says({.fault = Fault::api_not_found}, "Nothing was changed: it is there no more"));
  EXPECT_TRUE(says({.fault = Fault::api_read_only}, "Nothing was changed. This API is read-only."));
  EXPECT_TRUE(says({.fault = Fault::store_timeout}, "This is not done, or not all of it"));
  EXPECT_TRUE(says({}, "class=\"notice no\" role=\"status\""));
}

TEST(OperatorsPage, refuses_with_the_reason_and_the_way_back) {
  for (const Fault fault : {Fault::api_ticket_invalid, Fault::api_ticket_expired, Fault::api_ticket_used,
                            Fault::api_cross_site_write, Fault::api_read_only}) {
    const Page page = operators_refusal({fault});
    EXPECT_EQ(page.status, 403);
    EXPECT_NE(page.body.find(describe(fault).to_client), std::string::npos);
    EXPECT_NE(page.body.find(" Nothing was changed.</p>"), std::string::npos);
    EXPECT_NE(page.body.find("href=\"?\""), std::string::npos);
  }
  const Page page = operators_refusal({Fault::api_parameter_invalid, evil});
  EXPECT_EQ(page.status, 400);
  EXPECT_NE(page.body.find(evil_html), std::string::npos);
  EXPECT_EQ(header(operators_refusal({Fault::method_not_allowed, "GET"}), "Allow"), "GET, HEAD, POST");
}

}  // namespace slo::operators_page_test
