// SPDX-License-Identifier: BSD-2-Clause
// Who may write through the management API, and what a page of another site may not make a browser send.
#include <gtest/gtest.h>

#include "core/admin/api.h"
#include "t/harness/builders.h"

namespace slo::administration_guard_test {
namespace {

constexpr std::string_view login = R"({"client_id":"app-a","sid":"s","sub":"alice"})";

const std::vector<std::string> own_names{"", "api.example", "slo.internal"};

// What a program sends.
const ApiRequest registration{.method = "POST",
                              .path = "/sessions",
                              .body = login,
                              .content_type = "application/json",
                              .host = "api.example:9145",
                              .server_names = own_names,
                              .may_write = true};
const ApiRequest ending{.method = "DELETE",
                        .path = "/sessions/s",
                        .host = "api.example:9145",
                        .server_names = own_names,
                        .may_write = true};

std::optional<Fault> fault_of(const ApiRequest& request) {
  const auto outcome = read_api_command(a_provider(), request);
  return outcome ? std::nullopt : std::optional(outcome.error().fault);
}
std::optional<Fault> fault_of_type(std::string_view type) {
  ApiRequest request = registration;
  request.content_type = type;
  return fault_of(request);
}
std::optional<Fault> fault_from(std::string_view origin, std::string_view site, ApiRequest request = ending) {
  request.origin = origin;
  request.sec_fetch_site = site;
  return fault_of(request);
}

}  // namespace

TEST(ApiWrite, of_a_program_passes) {
  EXPECT_EQ(fault_of(registration), std::nullopt);
  EXPECT_EQ(fault_of(ending), std::nullopt);
}

TEST(ApiWrite, needs_a_body_of_type_json) {
  for (const std::string_view type :
       {"application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8",
        "application/json ;x=y", " application/json"}) {
    EXPECT_EQ(fault_of_type(type), std::nullopt) << type;
  }
  for (const std::string_view type :
       {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "application/jsonp", "application/json, text/plain", "text/plain; application/json", ";", " "}) {
    EXPECT_EQ(fault_of_type(type), Fault::api_content_type_unsupported) << type;
  }
}

TEST(ApiWrite, needs_no_type_where_it_deletes_without_a_body) {
  ApiRequest request = ending;
  request.body = "{}";
  EXPECT_EQ(fault_of(request), Fault::api_content_type_unsupported);
  request.content_type = "application/json";
  EXPECT_EQ(fault_of(request), std::nullopt);
}

TEST(ApiWrite, is_refused_where_a_page_of_another_site_sends_it) {
  for (const std::string_view site : {"cross-site", "same-site", "unheard-of"}) {
    EXPECT_EQ(fault_from("", site), Fault::api_cross_site_write) << site;
    EXPECT_EQ(fault_from("", site, registration), Fault::api_cross_site_write) << site;
  }
  for (const std::string_view origin :
       {"https://evil.example", "http://api.example", "http://api.example:9146", "null",
        "http://api.example:9145.evil.example", "api.example:9145", "file://"}) {
    EXPECT_EQ(fault_from(origin, ""), Fault::api_cross_site_write) << origin;
    EXPECT_EQ(fault_from(origin, "", registration), Fault::api_cross_site_write) << origin;
  }
}

TEST(ApiWrite, passes_from_a_page_of_its_own_host) {
  EXPECT_EQ(fault_from("http://api.example:9145", ""), std::nullopt);
  EXPECT_EQ(fault_from("https://API.example:9145", ""), std::nullopt) << "TLS may end in front of nginx";
  EXPECT_EQ(fault_from("", "none"), std::nullopt);
  EXPECT_EQ(fault_from("https://front.example", "same-origin"), std::nullopt)
      << "a proxy in front may have changed Host, the browser knows";
}

// DNS rebinding: a name of the attacker's leads to the API, and his page is of the API's own origin then.
// Over plain http browsers do not say who sends.
TEST(ApiWrite, is_refused_where_a_page_calls_the_api_by_a_name_that_is_not_its_own) {
  const auto fault_at = [](std::string_view host, std::string_view site = "") {
    ApiRequest request = ending;
    request.host = host;
    const std::string origin = "http://" + std::string(host);
    return fault_from(origin, site, request);
  };
  for (const std::string_view host :
       {"evil.example:9145", "evil.example", "api.example.evil.example", "x.api.example",
        "localhost.evil.example", "127.0.0.1.evil.example", "notlocalhost", "1.evil", ""}) {
    EXPECT_EQ(fault_at(host), Fault::api_cross_site_write) << host;
  }
  for (const std::string_view host : {"api.example", "SLO.internal:80", "127.0.0.1:9145", "[::1]:9145",
                                      "[2001:db8::1]", "10.0.0.1", "localhost:9145", "slo.localhost"}) {
    EXPECT_EQ(fault_at(host), std::nullopt) << host;
  }
  EXPECT_EQ(fault_at("proxied.example", "same-origin"), std::nullopt) << "a browser says so of https only";
  ApiRequest program = ending;
  program.host = "any.example";
  EXPECT_EQ(fault_of(program), std::nullopt) << "programs send no Origin";
}

TEST(ApiWrite, is_refused_as_read_only_before_anything_is_said_about_it) {
  ApiRequest request = registration;
  request.may_write = false;
  request.content_type = "text/plain";
  request.sec_fetch_site = "cross-site";
  EXPECT_EQ(fault_of(request), Fault::api_read_only);
}

TEST(ApiRead, minds_neither_type_nor_site) {
  EXPECT_EQ(fault_of({.method = "GET", .path = "/sessions/s", .sec_fetch_site = "cross-site"}), std::nullopt);
}

TEST(FormWrite, needs_a_browser_that_says_that_it_is_our_own_page) {
  const auto fault_with = [](std::string_view origin, std::string_view site) -> std::optional<Fault> {
    ApiRequest request = ending;
    request.content_type = "application/x-www-form-urlencoded";
    request.origin = origin;
    request.sec_fetch_site = site;
    const auto outcome = check_form_write(request);
    return outcome ? std::nullopt : std::optional(outcome.error().fault);
  };
  EXPECT_EQ(fault_with("https://api.example:9145", "same-origin"), std::nullopt);
  EXPECT_EQ(fault_with("http://api.example:9145", ""), std::nullopt);
  EXPECT_EQ(fault_with("", "same-origin"), std::nullopt);
  for (const auto& [origin, site] : {std::pair{"", ""},
                                     {"null", ""},
                                     {"https://evil.example", ""},
                                     {"https://api.example:9145", "same-site"},
                                     {"", "cross-site"}}) {
    EXPECT_EQ(fault_with(origin, site), Fault::api_cross_site_write) << origin << site;
  }
}

TEST(FormWrite, needs_a_form_and_the_right_to_write) {
  ApiRequest request = ending;
  request.sec_fetch_site = "same-origin";
  request.content_type = "application/json";
  EXPECT_EQ(check_form_write(request).error().fault, Fault::content_type_unsupported);
  request.content_type = "application/x-www-form-urlencoded; charset=UTF-8";
  EXPECT_TRUE(check_form_write(request));
  request.may_write = false;
  EXPECT_EQ(check_form_write(request).error().fault, Fault::api_read_only);
}

}  // namespace slo::administration_guard_test
