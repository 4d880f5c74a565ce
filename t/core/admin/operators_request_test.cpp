// SPDX-License-Identifier: BSD-2-Clause
// What is read of the operators' page's addresses and forms.
#include "core/admin/operators_request.h"

#include <gtest/gtest.h>

#include "core/text/base64url.h"
#include "t/harness/builders.h"

namespace slo::operators_request_test {
namespace {

const std::string id =
    "sid-1\x1F"
    "1800000000.1\x1F"
    "app-a";

std::optional<Fault> fault_of_query(std::string_view query) {
  const auto read = read_page_query(query);
  return read ? std::nullopt : std::optional(read.error().fault);
}
std::optional<Fault> fault_of_press(std::string_view body) {
  const auto read = read_page_press(body);
  return read ? std::nullopt : std::optional(read.error().fault);
}

}  // namespace

TEST(PageQuery, is_empty_for_the_bare_address) { EXPECT_EQ(granted(read_page_query("")), PageQuery{}); }

TEST(PageQuery, is_read_from_its_own_link) {
  const PageQuery query{.provider = "corp",
                        .sub = Subject{"a&b=c d/\xC3\xA4"},
                        .sessions = "20",
                        .owed = "3.50",
                        .dead = "7.1",
                        .notice = "a.b"};
  EXPECT_EQ(granted(read_page_query(page_link(query).substr(1))), query);
  EXPECT_EQ(page_link({}), "?");
}

TEST(PageQuery, passes_over_what_it_does_not_know) {
  EXPECT_EQ(granted(read_page_query("utm=1&sub=ann")), PageQuery{.sub = Subject{"ann"}});
  EXPECT_EQ(granted(read_page_query("sub=")), PageQuery{}) << "an empty search field";
}

TEST(PageQuery, refuses_what_is_no_subject_and_no_place) {
  EXPECT_EQ(fault_of_query("sub=a%01b"), Fault::api_parameter_invalid);
  EXPECT_EQ(fault_of_query("sub=" + std::string(256, 'a')), Fault::api_parameter_invalid);
  EXPECT_EQ(fault_of_query("sub=ann&sessions=-1"), Fault::api_parameter_invalid);
  EXPECT_EQ(fault_of_query("sub=ann&sub=bob"), Fault::parameter_repeated);
  EXPECT_EQ(fault_of_query("sub=%zz"), Fault::form_malformed);
}

TEST(PagePress, is_a_command_of_the_api) {
  const std::string base = "provider=corp&ticket=t&";
  const PagePress retry = granted(read_page_press(base + "do=retry&id=" + base64url(id)));
  EXPECT_EQ(retry.provider, "corp");
  EXPECT_EQ(retry.ticket, "t");
  EXPECT_EQ(std::get<api::RetryDelivery>(retry.command).id, id);
  const PagePress all = granted(read_page_press(base + "do=retry_all&client=app%3Awiki"));
  EXPECT_EQ(std::get<api::RetryDeliveriesOf>(all.command).client, ClientId{"app:wiki"});
  const PagePress drop = granted(read_page_press(base + "do=drop&id=" + base64url(id)));
  EXPECT_EQ(std::get<api::DropDelivery>(drop.command).id, id);
  const PagePress end = granted(read_page_press(base + "do=end&sub=ann+b"));
  EXPECT_EQ(std::get<api::EndSessionsOf>(end.command).sub, Subject{"ann b"});
  EXPECT_EQ(std::get<api::EndSessionsOf>(end.command).begun_by, std::nullopt);
}

TEST(PagePress, refuses_what_no_button_sends) {
  for (const std::string_view body :
       {"", "do=end", "do=end&sub=%01", "do=retry", "do=retry&id=%21", "do=drop&id=", "do=burn&id=YQ",
        "id=YQ", "do=retry&sub=ann", "do=retry_all", "do=retry_all&id=YQ"}) {
    EXPECT_EQ(fault_of_press(body), Fault::api_body_invalid) << body;
  }
  EXPECT_EQ(fault_of_press("do=end&do=drop&sub=ann"), Fault::parameter_repeated);
  EXPECT_EQ(fault_of_press("do=end&sub=%zz"), Fault::form_malformed);
}

}  // namespace slo::operators_request_test
