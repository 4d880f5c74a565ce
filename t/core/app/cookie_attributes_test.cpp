// SPDX-License-Identifier: BSD-2-Clause
// Attributes are read as browsers read them, survive the store, and expire the very cookie that they set.
#include "core/app/cookie_attributes.h"

#include <gtest/gtest.h>

namespace slo::cookie_attributes_test {

constexpr TimeS now{Seconds{1'800'000'000}};
constexpr std::string_view gone = "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";

AnswerCookie read(std::string_view header, std::string_view path = "/app/login") {
  return read_answer_cookie(header, path, now).value_or(AnswerCookie{.name = "ignored"});
}
std::string path_of(std::string_view header, std::string_view request_path) {
  return read(header, request_path).attributes.path;
}

TEST(AnswerCookie, is_read_with_all_its_attributes) {
  EXPECT_EQ(read("s=a=b; Path=/app; Domain=.Example.COM; Secure; HttpOnly; SameSite=none; Partitioned; "
                 "Max-Age=60; Priority=High"),
            (AnswerCookie{.name = "s",
                          .value = "a=b",
                          .attributes = {.path = "/app",
                                         .domain = "example.com",
                                         .same_site = "None",
                                         .is_secure = true,
                                         .is_http_only = true,
                                         .is_partitioned = true}}));
  EXPECT_EQ(
      read("s=1"),
      (AnswerCookie{.name = "s", .value = "1", .attributes = {.path = "/app"}, .has_default_path = true}));
  EXPECT_EQ(read(" s =\t\"1\" ;path = /x ;SECURE"),
            (AnswerCookie{.name = "s", .value = "\"1\"", .attributes = {.path = "/x", .is_secure = true}}));
}

TEST(AnswerCookie, has_what_the_last_attribute_of_a_name_says) {
  EXPECT_EQ(path_of("s=1; Path=/a; Path=/b", "/c/d"), "/b");
  EXPECT_EQ(path_of("s=1; Path=/a; Path=b", "/c/d"), "/c");
  EXPECT_EQ(read("s=1; Domain=a.example; Domain=").attributes.domain, "");
  EXPECT_EQ(read("s=1; SameSite=Lax; SameSite=Strict").attributes.same_site, "Strict");
  EXPECT_EQ(read("s=1; SameSite=Lax; SameSite=anything").attributes.same_site, "");
}

TEST(AnswerCookie, has_a_domain_without_what_stands_in_front_of_it) {
  for (const char* header : {"s=1; Domain=a.example", "s=1; Domain=.A.example", "s=1; Domain=.. . a.example"})
    EXPECT_EQ(read(header).attributes.domain, "a.example") << header;
  EXPECT_EQ(read("s=1; Domain= . ").attributes.domain, "");
}

TEST(AnswerCookie, has_the_folder_of_the_request_for_a_path_where_it_names_none) {
  for (const auto& [request, path] : {std::pair{"/app/login", "/app"},
                                      {"/app/login/", "/app/login"},
                                      {"/login", "/"},
                                      {"/", "/"},
                                      {"", "/"},
                                      {"*", "/"},
                                      {"/a/b?c=/d/e", "/a"}}) {
    EXPECT_EQ(path_of("s=1", request), path) << request;
    EXPECT_EQ(path_of("s=1; Path=app", request), path) << request;
  }
}

TEST(AnswerCookie, has_no_path_where_no_set_cookie_could_name_it) {
  EXPECT_EQ(path_of("s=1", "/app;jsessionid=1/login"), "");
  EXPECT_EQ(path_of("s=1", "/a\r\nb/login"), "");
}

TEST(AnswerCookie, is_expired_by_its_age_or_date_or_for_want_of_a_value) {
  for (const char* header : {"s=", "s=1; Max-Age=0", "s=1; max-age=-1; Expires=Fri, 01 Jan 2100 00:00:00 GMT",
                             "s=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}) {
    EXPECT_TRUE(read(header).is_expired) << header;
  }
  for (const char* header :
       {"s=1", "s=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "s=1; Max-Age=x"})
    EXPECT_FALSE(read(header).is_expired) << header;
}

TEST(AnswerCookie, is_ignored_where_browsers_ignore_it_or_it_has_no_name) {
  for (const std::string& header :
       {std::string("s"), std::string("=1"), std::string(), std::string("s=a\x01"),
        std::string("s=1; Path=/\r\nX: y"), std::string("s=1\0", 4), "s=" + std::string(4096, 'a')}) {
    EXPECT_EQ(read_answer_cookie(header, "/", now), std::nullopt) << header;
  }
  EXPECT_EQ(path_of("s=1; Path=/" + std::string(1024, 'a'), "/app/x"), "/app");
}

TEST(Attributes, come_back_from_the_store_as_they_went) {
  for (const CookieAttributes& attributes :
       {CookieAttributes{}, CookieAttributes{.path = "/a b"}, CookieAttributes{.domain = "a.example"},
        CookieAttributes{.path = "/", .domain = "b", .same_site = "Lax", .is_http_only = true},
        CookieAttributes{.same_site = "Strict", .is_secure = true},
        CookieAttributes{.path = "/app", .same_site = "None", .is_secure = true, .is_partitioned = true}}) {
    EXPECT_EQ(read_attributes(write_attributes(attributes)), attributes);
  }
  EXPECT_EQ(write_attributes({.path = "/app",
                              .domain = "a.example",
                              .same_site = "None",
                              .is_secure = true,
                              .is_http_only = true,
                              .is_partitioned = true}),
            "/app;a.example;SHPn");
}

TEST(Attributes, are_not_read_from_other_text) {
  for (const char* text : {"", "/", "/;", "/;;x", "/;;HS", "/;;SS", "/;;nl", "/;;;", "/\x1f;;S"})
    EXPECT_EQ(read_attributes(text), std::nullopt) << text;
}

TEST(Attributes, are_written_without_what_could_not_be_read_back) {
  EXPECT_EQ(write_attributes({.path = "/a;b", .domain = "a\x1f", .same_site = "Some"}), ";;");
}

TEST(ExpireCookie, names_the_attributes_that_the_cookie_was_set_with) {
  EXPECT_EQ(expire_cookie("s", {}), "s=" + std::string(gone));
  EXPECT_EQ(expire_cookie("s", {.path = "/app",
                                .domain = "example.com",
                                .same_site = "None",
                                .is_secure = true,
                                .is_http_only = true,
                                .is_partitioned = true}),
            "s=; Path=/app; Domain=example.com" + std::string(gone) +
                "; HttpOnly; Secure; SameSite=None; Partitioned");
}

TEST(ExpireCookie, obeys_what_the_name_wants) {
  const CookieAttributes set{.path = "/app", .domain = "example.com"};
  EXPECT_EQ(expire_cookie("__Host-s", set), "__Host-s=; Path=/" + std::string(gone) + "; Secure");
  EXPECT_EQ(expire_cookie("__hOST-s", {}), "__hOST-s=; Path=/" + std::string(gone) + "; Secure");
  EXPECT_EQ(expire_cookie("__Secure-s", set),
            "__Secure-s=; Path=/app; Domain=example.com" + std::string(gone) + "; Secure");
  EXPECT_EQ(expire_cookie("__Http-s", {}), "__Http-s=" + std::string(gone) + "; HttpOnly; Secure");
  EXPECT_EQ(expire_cookie("__Host-Http-s", {}),
            "__Host-Http-s=; Path=/" + std::string(gone) + "; HttpOnly; Secure");
}

TEST(ExpireCookie, is_secure_where_it_is_partitioned) {
  EXPECT_EQ(expire_cookie("s", {.path = "/", .is_partitioned = true}),
            "s=; Path=/" + std::string(gone) + "; Secure; Partitioned");
}

TEST(ExpireCookie, carries_nothing_that_could_end_the_header) {
  for (const char* name : {"", "a=b", "a;b", "a\r\nb", " a"}) EXPECT_EQ(expire_cookie(name, {}), "");
  EXPECT_EQ(expire_cookie("s", {.path = "/a\r\nX: y", .domain = "a;Path=/", .same_site = "x;y"}),
            "s=" + std::string(gone));
}

}  // namespace slo::cookie_attributes_test
