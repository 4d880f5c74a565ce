// SPDX-License-Identifier: BSD-2-Clause
// What a delivery location may make of a sealed call, and what it may not.
#include "core/delivery/carried_request.h"

#include <gtest/gtest.h>

namespace slo::carried_request_test {

const Call sealed{.target = "https://App.example:8443/logout", .body = "logout_token=abc"};

std::string wrong_with(std::string_view line, std::string_view headers, std::string_view body,
                       std::string_view connected_to = "app.example") {
  const std::string request =
      std::string(line) + " /logout HTTP/1.1\r\n" + std::string(headers) + "\r\n\r\n" + std::string(body);
  return wrong_with_carried(request, sealed, connected_to);
}

std::string wrong_with_headers(std::string_view headers, std::string_view connected_to = "app.example") {
  return wrong_with("POST", headers, sealed.body, connected_to);
}

constexpr std::string_view form = "Content-Length: 16\r\nContent-Type: application/x-www-form-urlencoded";

TEST(Carried, is_right_as_nginx_writes_it) {
  EXPECT_EQ(wrong_with_headers("Host: app.example:8443\r\nConnection: close\r\n" + std::string(form)), "");
  EXPECT_EQ(wrong_with_headers("content-length: 16\r\nHOST: APP.example\r\nX-More: 1\r\n"
                               "content-TYPE: application/x-www-form-urlencoded"),
            "");
}

TEST(Carried, may_name_the_host_of_the_uri_or_the_one_that_is_connected_to) {
  EXPECT_EQ(wrong_with_headers("Host: 10.0.0.7:8080\r\n" + std::string(form), "10.0.0.7"), "");
  EXPECT_EQ(wrong_with_headers("Host: app.example\r\n" + std::string(form), "10.0.0.7"), "");
  EXPECT_EQ(wrong_with_headers("Host: anything\r\n" + std::string(form), ""), "");
  EXPECT_EQ(wrong_with_headers("Host: op.example\r\n" + std::string(form), "10.0.0.7"),
            "sends \"Host: op.example\" to another host (see \"proxy_set_header\")");
  EXPECT_EQ(wrong_with_headers(form), "sends \"Host: \" to another host (see \"proxy_set_header\")");
}

TEST(Carried, is_the_posted_form_that_was_sealed) {
  const std::string headers = "Host: app.example\r\n" + std::string(form);
  EXPECT_EQ(wrong_with("GET", headers, sealed.body), "sends no POST (see \"proxy_method\")");
  for (auto body : {"", "logout_token=ab", "logout_token=abcd", "LOGOUT_TOKEN=abc"}) {
    EXPECT_EQ(wrong_with("POST", headers, body),
              "sends another body (see \"proxy_pass_request_body\", \"proxy_set_body\")");
  }
  EXPECT_EQ(wrong_with_headers("Host: app.example\r\nContent-Type: application/x-www-form-urlencoded"),
            "sends no Content-Length of its body (see \"proxy_set_header\")");
  EXPECT_EQ(wrong_with_headers("Host: app.example\r\nContent-Length: 16\r\nContent-Type: text/plain"),
            "does not send the body as a form (see \"proxy_pass_request_headers\", \"proxy_set_header\")");
  EXPECT_EQ(wrong_with_headers("Host: app.example\r\nContent-Length: 16"),
            "does not send the body as a form (see \"proxy_pass_request_headers\", \"proxy_set_header\")");
}

TEST(Carried, is_http) {
  for (auto bytes : {"", "\x01\x01", "POST / HTTP/1.1\r\n"}) {
    EXPECT_EQ(wrong_with_carried(bytes, sealed, ""), "sends no HTTP request (it needs \"proxy_pass\")");
  }
}

TEST(Carried, is_whatever_call_was_meant) {
  const Call get{.method = "GET", .target = "https://app.example/logout?sid=1"};
  EXPECT_EQ(wrong_with_carried("GET /logout?sid=1 HTTP/1.1\r\nHost: app.example\r\n\r\n", get, ""), "");
  EXPECT_EQ(wrong_with_carried("POST /logout HTTP/1.1\r\nHost: app.example\r\n\r\n", get, ""),
            "sends no GET (see \"proxy_method\")");
  const Call soap{.target = "https://app.example/slo",
                  .type = "text/xml; charset=utf-8",
                  .headers = {{"SOAPAction", "\"logout\""}},
                  .body = "<x/>"};
  const std::string head = "POST /slo HTTP/1.1\r\nHost: app.example\r\nContent-Length: 4\r\n";
  EXPECT_EQ(
      wrong_with_carried(head + "Content-Type: text/xml; charset=utf-8\r\nSOAPAction: \"logout\"\r\n\r\n<x/>",
                         soap, ""),
      "");
  EXPECT_EQ(wrong_with_carried(head + "Content-Type: text/xml; charset=utf-8\r\n\r\n<x/>", soap, ""),
            "does not send SOAPAction (see \"proxy_pass_request_headers\", \"proxy_set_header\")");
  EXPECT_EQ(wrong_with_carried(head + "SOAPAction: \"logout\"\r\n\r\n<x/>", soap, ""),
            "does not send the body as text/xml; charset=utf-8 (see \"proxy_pass_request_headers\", "
            "\"proxy_set_header\")");
}

}  // namespace slo::carried_request_test
