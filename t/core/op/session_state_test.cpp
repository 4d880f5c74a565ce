// SPDX-License-Identifier: BSD-2-Clause
// session_state: for whom, of what, and where it stands in a response.
#include "core/op/session_state.h"

#include <gtest/gtest.h>

#include "core/digest.h"
#include "t/harness/builders.h"

namespace slo::session_state_test {

Client redirected_to(std::string_view id, std::vector<std::string> uris) {
  Client client = a_client(id);
  client.redirect_uris = std::move(uris);
  return client;
}

Provider a_stating_provider() {
  Provider provider = a_bare_provider();
  const auto list = std::make_shared<ClientList>(
      std::vector<ClientRef>{std::make_shared<const Client>(redirected_to("app-a", {"https://a.example/cb"})),
                             std::make_shared<const Client>(redirected_to(
                                 "app-b", {"https://B.example:443/cb?tenant=1", "https://both.example/cb"})),
                             std::make_shared<const Client>(
                                 redirected_to("app-c", {"https://both.example/cb", "com.example.c:/cb"}))});
  list->note_redirects();
  provider.clients.replace(list);
  return provider;
}

std::string stated(std::string_view location, std::string_view client_id = "") {
  return with_session_state(a_stating_provider(), location, client_id, "the-state", "salt")
      .value_or("as it was");
}

std::string hexadecimal_sha256(std::string_view text) {
  std::string hex;
  for (const char c : sha256(text)) {
    char pair[3];
    std::snprintf(pair, sizeof pair, "%02x", static_cast<unsigned char>(c));
    hex += pair;
  }
  return hex;
}

std::string parameter(std::string_view client, std::string_view origin) {
  return "&session_state=" +
         hexadecimal_sha256(std::string(client) + " " + std::string(origin) + " the-state salt") + ".salt";
}

TEST(SessionState, is_of_the_client_its_origin_the_browser_state_and_the_salt) {
  EXPECT_EQ(stated("https://a.example/cb?code=1&state=s"),
            "https://a.example/cb?code=1&state=s" + parameter("app-a", "https://a.example"));
  EXPECT_EQ(stated("https://B.example:443/cb?tenant=1&code=1"),
            "https://B.example:443/cb?tenant=1&code=1" + parameter("app-b", "https://b.example"));
}

TEST(SessionState, stands_where_the_response_stands) {
  EXPECT_EQ(stated("https://a.example/cb#code=1&id_token=x"),
            "https://a.example/cb#code=1&id_token=x" + parameter("app-a", "https://a.example"));
  EXPECT_EQ(stated("https://a.example/cb?code=1#_=_"),
            "https://a.example/cb?code=1" + parameter("app-a", "https://a.example") + "#_=_");
}

TEST(SessionState, is_for_the_client_that_the_request_names_or_the_only_one_that_may_be_sent_there) {
  EXPECT_EQ(stated("https://both.example/cb?code=1"), "as it was") << "two have it";
  EXPECT_EQ(stated("https://both.example/cb?code=1", "app-c"),
            "https://both.example/cb?code=1" + parameter("app-c", "https://both.example"));
  EXPECT_EQ(stated("https://a.example/cb?code=1", "app-c"), "as it was") << "not its redirect_uri";
  EXPECT_EQ(stated("https://a.example/cb?code=1", "nobody"), "as it was");
  EXPECT_EQ(stated("https://elsewhere.example/cb?code=1"), "as it was");
}

TEST(SessionState, is_added_to_successful_responses_that_have_none) {
  for (const auto* location :
       {"https://a.example/cb?error=login_required", "https://a.example/cb",
        "https://a.example/cb?code=", "https://a.example/cb?code=1&session_state=theirs",
        "https://a.example/cb#session_state=theirs&code=1", "com.example.c:/cb?code=1", "",
        "/login?code=1"}) {
    EXPECT_EQ(stated(location), "as it was") << location;
  }
  EXPECT_NE(stated("https://a.example/cb?code=1&state=session_state=x"), "as it was") << "a value is no name";
}

TEST(BrowserState, tells_nothing_of_the_cookie_that_it_is_made_of) {
  const Provider provider = a_stating_provider();
  const std::string state = browser_state(provider, "a cookie");
  EXPECT_EQ(state.size(), 22U);
  EXPECT_EQ(browser_state(provider, "a cookie"), state);
  EXPECT_NE(browser_state(provider, "another"), state);
  Provider other = a_stating_provider();
  other.ticket_secret = "fedcba9876543210fedcba9876543210";
  EXPECT_NE(browser_state(other, "a cookie"), state) << "nobody can make it without our secret";
}

TEST(BrowserState, is_a_cookie_that_frames_of_other_sites_can_read) {
  Provider provider = a_stating_provider();
  const std::string name = "slo-state-" + provider.store_tag.substr(0, 6);
  EXPECT_EQ(browser_state_header(provider, "x"),
            (Header{"Set-Cookie", "__Secure-" + name + "=x; Path=/; Max-Age=43200; Secure; SameSite=None"}));
  EXPECT_EQ(
      logged_out_state_header(provider),
      (Header{"Set-Cookie", "__Secure-" + name + "=out; Path=/; Max-Age=43200; Secure; SameSite=None"}));
  provider.issuer.value = "http://localhost:8080";
  EXPECT_EQ(browser_state_header(provider, "x"),
            (Header{"Set-Cookie", name + "=x; Path=/; Max-Age=43200; SameSite=Lax"}));
}

TEST(CheckSessionPage, may_be_framed_and_runs_one_script) {
  const Page page = check_session_page(a_stating_provider());
  EXPECT_EQ(page.status, 200);
  std::string policy;
  for (const Header& header : page.headers) {
    EXPECT_NE(header.name, "X-Frame-Options");
    if (header.name == "Content-Security-Policy") policy = header.value;
  }
  EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'sha256-")) << policy;
  EXPECT_EQ(policy.find("frame-ancestors"), std::string::npos);
}

}  // namespace slo::session_state_test
