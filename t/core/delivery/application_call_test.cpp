// SPDX-License-Identifier: BSD-2-Clause
// An application is called with the cookies that it was opened with, and judged as applications answer.
#include "core/delivery/application_call.h"

#include <gtest/gtest.h>

#include "core/app/sealed_value.h"
#include "t/harness/builders.h"

namespace slo::application_call_test {

using Cookies = std::vector<BoundCookie>;

Provider provider_with(Application application) {
  Provider provider = a_provider();
  provider.app_cookie_secret = derive_app_cookie_secret(provider.cookie_secret);
  application.name = "intranet.example/logout";
  application.id = application_id(application.name);
  provider.applications.push_back(std::move(application));
  return provider;
}

Delivery owed() {
  Delivery delivery = a_delivery();
  delivery.client = application_id("intranet.example/logout");
  return delivery;
}

BoundCookie cookie(const Provider& provider, std::string name, std::string_view value) {
  const std::string about = sealed_about(owed().session, name);
  auto sealed = seal_value(provider.app_cookie_secret, about, value, "twelve bytes");
  return {.name = std::move(name), .sealed = std::move(sealed)};
}

Call call_of(const Provider& provider, const Cookies& cookies) {
  return granted(application_call(provider, owed(), cookies)).value_or(Call{.method = "none"});
}
Refusal refusal_of(const Provider& provider, const Cookies& cookies) {
  const auto call = application_call(provider, owed(), cookies);
  return call ? Refusal{Fault::internal, "called"} : call.error();
}

TEST(ApplicationCall, goes_to_its_own_server_with_all_remembered_cookies) {
  const Provider provider = provider_with({.target = "/logout?x=1", .host = "intranet.example"});
  EXPECT_EQ(call_of(provider, {cookie(provider, "JSESSIONID", "abc"), cookie(provider, "route", "\"1\"")}),
            (Call{.method = "GET",
                  .target = "/logout?x=1",
                  .is_own_location = true,
                  .host = "intranet.example",
                  .headers = {{"Cookie", "JSESSIONID=abc; route=\"1\""}}}));
}

TEST(ApplicationCall, goes_elsewhere_as_a_call_of_ours) {
  const Provider provider =
      provider_with({.target = "https://app.example/out", .host = "unused", .method = "POST"});
  EXPECT_EQ(call_of(provider, {cookie(provider, "s", "1")}),
            (Call{.target = "https://app.example/out", .headers = {{"Cookie", "s=1"}}}));
}

TEST(ApplicationCall, fills_in_cookies_encoded_in_a_form_and_as_they_are_in_headers) {
  const Provider provider = provider_with(
      {.target = "/out",
       .method = "POST",
       .body = "csrf=${cookie_XSRF-TOKEN}&s=$cookie_s&t=$cookie_none;$cookie_&$x${cookie_s",
       .headers = {{"X-XSRF-TOKEN", "${cookie_XSRF-TOKEN}"}, {"X-Two", "$cookie_s-$cookie_s"}}});
  const Call call = call_of(provider, {cookie(provider, "XSRF-TOKEN", "a+b&c="), cookie(provider, "s", "1")});
  EXPECT_EQ(call.body, "csrf=a%2Bb%26c%3D&s=1&t=;$cookie_&$x${cookie_s");
  using Headers = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(call.headers,
            (Headers{{"Cookie", "XSRF-TOKEN=a+b&c=; s=1"}, {"X-XSRF-TOKEN", "a+b&c="}, {"X-Two", "1-1"}}));
}

TEST(ApplicationCall, leaves_cookies_as_they_are_in_a_body_that_is_no_form) {
  const Provider provider = provider_with({.target = "/out", .type = "text/plain", .body = "$cookie_s"});
  const Call call = call_of(provider, {cookie(provider, "s", "a+b")});
  EXPECT_EQ(call.body, "a+b");
  EXPECT_EQ(call.type, "text/plain");
}

// Values are theirs who sent the cookies: what looks like a reference in one is not filled in again.
TEST(ApplicationCall, fills_in_once) {
  const Provider provider = provider_with({.target = "/out", .type = "text/plain", .body = "$cookie_a"});
  EXPECT_EQ(call_of(provider, {cookie(provider, "a", "$cookie_b"), cookie(provider, "b", "2")}).body,
            "$cookie_b");
}

TEST(ApplicationCall, says_which_cookies_it_is_filled_with) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(cookies_named_in("csrf=${cookie_XSRF-TOKEN}&s=$cookie_s-$cookie_s;$cookie_&$x${cookie_s"),
            (Names{"XSRF-TOKEN", "s", "s"}));
  EXPECT_EQ(cookies_named_in(""), Names{});
}

TEST(ApplicationCall, is_not_made_where_the_application_was_never_opened) {
  EXPECT_EQ(granted(application_call(provider_with({.target = "/out"}), owed(), {})), std::nullopt);
}

TEST(ApplicationCall, waits_for_an_application_that_is_not_configured_or_not_called) {
  EXPECT_EQ(refusal_of(a_provider(), {}),
            (Refusal{Fault::delivery_client_gone,
                     "application app:intranet.example/logout is not configured here"}));
  EXPECT_EQ(
      refusal_of(provider_with({}), {}),
      (Refusal{Fault::delivery_client_gone, "application app:intranet.example/logout has no logout URL"}));
}

TEST(ApplicationCall, obeys_the_policy_for_receivers) {
  Provider provider = provider_with({.target = "http://app.example/out"});
  EXPECT_EQ(refusal_of(provider, {}), (Refusal{Fault::delivery_uri_refused, "the scheme is http"}));
  provider.egress.allow_http = true;
  EXPECT_EQ(call_of(provider, {cookie(provider, "s", "1")}).target, "http://app.example/out");
}

TEST(ApplicationCall, is_refused_where_a_cookie_cannot_be_read) {
  Provider provider = provider_with({.target = "/out"});
  const Refusal unreadable{Fault::delivery_cookie_unreadable, "application app:intranet.example/logout"};
  BoundCookie renamed = cookie(provider, "s", "1");
  renamed.name = "t";
  EXPECT_EQ(refusal_of(provider, {renamed}), unreadable);
  EXPECT_EQ(refusal_of(provider, {cookie(provider, "s", "1"), {.name = "unsealed"}}), unreadable);
  const Cookies sealed_before{cookie(provider, "s", "1")};
  provider.app_cookie_secret = derive_app_cookie_secret("another");
  EXPECT_EQ(refusal_of(provider, sealed_before), unreadable);
}

TEST(ApplicationCall, carries_nothing_that_could_end_a_header_or_begin_another_cookie) {
  const Provider provider = provider_with({.target = "/out"});
  const Refusal refused{Fault::delivery_cookie_refused, "application app:intranet.example/logout"};
  for (const char* value : {"a\r\nX: y", "a\n", "a\x01", "a\x7f", "a;b=c", "a\t"})
    EXPECT_EQ(refusal_of(provider, {cookie(provider, "s", value)}), refused) << value;
  for (const char* name : {"", "a=b", "a;b", "a\r\n"})
    EXPECT_EQ(refusal_of(provider, {cookie(provider, name, "1")}), refused) << name;
}

TEST(ApplicationReceiver, is_its_name_and_where_it_is_called) {
  const auto receiver = [](Application application) {
    return granted(receiver_of(provider_with(std::move(application)), owed()));
  };
  EXPECT_EQ(receiver({.target = "/logout", .host = "intranet.example"}),
            (ReceiverName{.uri = "app:intranet.example/logout", .host = "intranet.example"}));
  EXPECT_EQ(receiver({.target = "https://APP.example:8443/out?x"}),
            (ReceiverName{.uri = "app:intranet.example/logout", .host = "https://app.example:8443"}));
}

TEST(ApplicationReceiver, is_refused_as_its_call_is) {
  EXPECT_EQ(receiver_of(a_provider(), owed()).error().fault, Fault::delivery_client_gone);
  EXPECT_EQ(receiver_of(provider_with({.target = "https://a b/"}), owed()).error().fault,
            Fault::delivery_uri_refused);
}

TEST(ApplicationDelivery, is_no_matter_of_tokens) {
  const Provider provider = provider_with({.target = "/out"});
  EXPECT_FALSE(is_slow_to_seal(provider, owed()));
  EXPECT_EQ(seal(provider, owed(), a_moment()).error().fault, Fault::delivery_client_gone);
}

TEST(ApplicationVerdict, takes_a_redirect_for_a_yes) {
  const auto verdict = [](const Delivery& delivery, int status, bool by_receiver = true) {
    return judge({}, delivery, Answer{.by_receiver = by_receiver, .status = status}, a_moment());
  };
  for (const int status : {200, 204, 300, 302, 303, 307, 308, 399})
    EXPECT_EQ(verdict(owed(), status), Verdict{Delivered{}});
  EXPECT_EQ(verdict(owed(), 403), Verdict{Abandon{"403"}});
  EXPECT_TRUE(std::holds_alternative<RetryAt>(verdict(owed(), 503)));
  EXPECT_TRUE(std::holds_alternative<RetryAt>(verdict(owed(), 302, false)));
  EXPECT_EQ(verdict(a_delivery(), 302), Verdict{Abandon{"302"}});
}

// It may repeat what it was sent, and that was a cookie.
TEST(ApplicationVerdict, keeps_nothing_of_what_an_application_says) {
  const Answer answer{.by_receiver = true, .status = 400, .sample = R"({"error":"c00kie"})"};
  EXPECT_EQ(judge({}, owed(), answer, a_moment()), Verdict{Abandon{"400"}});
  EXPECT_EQ(judge({}, a_delivery(), answer, a_moment()), Verdict{Abandon{"400 c00kie"}});
}

TEST(ApplicationVerdict, tries_again_where_another_host_may_read_the_cookies) {
  EXPECT_TRUE(std::holds_alternative<RetryAt>(
      judge({}, owed(), Refusal{Fault::delivery_cookie_unreadable}, a_moment())));
  EXPECT_EQ(judge({}, owed(), Refusal{Fault::delivery_cookie_refused}, a_moment()),
            Verdict{Abandon{"delivery_cookie_refused"}});
}

}  // namespace slo::application_call_test
