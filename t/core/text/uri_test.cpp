// SPDX-License-Identifier: BSD-2-Clause
// URIs come apart as RFC 3986 says, and odd ones do not come in at all.
#include "core/text/uri.h"

#include <gtest/gtest.h>

namespace slo::uri_test {

Uri accepted(std::string_view text) {
  auto uri = read_uri(text);
  EXPECT_TRUE(uri) << text << ": " << uri.error().detail;
  return uri ? *uri : Uri{};
}

std::string refused(std::string_view text) {
  auto uri = read_uri(text);
  EXPECT_FALSE(uri) << text;
  if (uri) return "accepted";
  EXPECT_EQ(uri.error().fault, Fault::uri_malformed);
  return uri.error().detail;
}

TEST(Uri, takes_all_parts_apart) {
  EXPECT_EQ(accepted("HTTPS://me:pw@App.Example.com:8443/A//b/;c?q=1&r=?/#f"), (Uri{.scheme = "https",
                                                                                    .userinfo = "me:pw",
                                                                                    .host = "app.example.com",
                                                                                    .port = 8443,
                                                                                    .path = "/A//b/;c",
                                                                                    .query = "q=1&r=?/",
                                                                                    .fragment = "f"}));
}

TEST(Uri, tells_an_empty_part_from_an_absent_one) {
  EXPECT_EQ(accepted("https://h"), (Uri{.scheme = "https", .host = "h"}));
  EXPECT_EQ(accepted("https://@h/?#"),
            (Uri{.scheme = "https", .userinfo = "", .host = "h", .path = "/", .query = "", .fragment = ""}));
}

TEST(Uri, reads_schemes_without_an_authority) {
  EXPECT_EQ(accepted("app.example:/cb"), (Uri{.scheme = "app.example", .path = "/cb"}));
  EXPECT_EQ(accepted("app.example:/"), (Uri{.scheme = "app.example", .path = "/"}));
  EXPECT_EQ(accepted("urn:a:b"), (Uri{.scheme = "urn", .path = "a:b"}));
  EXPECT_EQ(accepted("app:a//b"), (Uri{.scheme = "app", .path = "a//b"}));
  EXPECT_EQ(accepted("app:///cb"), (Uri{.scheme = "app", .path = "/cb"}));
}

TEST(Uri, keeps_the_brackets_of_an_ipv6_host) {
  const Uri uri = accepted("http://[::1]:8080/");
  EXPECT_EQ(uri, (Uri{.scheme = "http", .host = "[::1]", .port = 8080, .path = "/"}));
  EXPECT_EQ(uri.origin(), "http://[::1]:8080");
}

TEST(Uri, refuses_what_is_not_absolute) {
  for (const auto* text : {"/cb", "//h/cb", "cb", "?x", "#x", "h.example.com/cb"}) {
    EXPECT_EQ(refused(text), "must be absolute, with a scheme such as https:") << text;
  }
  EXPECT_EQ(refused(""), "must not be empty");
}

TEST(Uri, refuses_control_characters_blanks_and_bytes_beyond_ascii) {
  using namespace std::string_literals;
  for (const auto& text : {"https://h/a b"s, "https://h/\r\nX: y"s, "https://h/\t"s, "https://h/\0"s,
                           "https://h/\x7f"s, "https://h/\xc3\xa4"s, " https://h/"s}) {
    EXPECT_EQ(refused(text), "must be printable ASCII without blanks; percent-encode the rest") << text;
  }
}

TEST(Uri, refuses_what_the_grammar_does_not_know) {
  EXPECT_EQ(refused("https://h\\@evil/"), "is not a URI (RFC 3986) at byte 10");
  EXPECT_EQ(refused("https://h/%zz"), "is not a URI (RFC 3986) at byte 12");
  for (const auto* text : {"https://h/\"", "https://h/<b>", "https://u@h@x/", "https://h:80:90/", "1a:b",
                           "https://[::1/", "https://h/{id}", "https://h/#a#b", "https://h:port/"}) {
    EXPECT_TRUE(refused(text).starts_with("is not a URI (RFC 3986) at byte ")) << text;
  }
}

TEST(Uri, refuses_an_http_uri_without_a_host) {
  for (const auto* text : {"https:///x", "https://", "https:/x", "https:x", "http://?x", "https://:80/"}) {
    EXPECT_EQ(refused(text), "must name a host") << text;
  }
}

TEST(Uri, refuses_http_hosts_that_could_smuggle_something_into_a_policy) {
  for (const auto* text : {"https://a;script-src/", "https://a,b/", "https://*.example.com/",
                           "https://a%2eb/", "https://a'b/", "https://[v1.a;b]/", "https://[v1.a]/"}) {
    EXPECT_EQ(refused(text), "must have a host name of letters, digits, '.', '-' and '_'") << text;
  }
}

TEST(Uri, refuses_ports_beyond_the_range) {
  for (const auto* text :
       {"https://h:/", "https://h:0/", "https://h:65536/", "https://h:99999999999/", "app://h:0/"}) {
    EXPECT_EQ(refused(text), "must have a port of 1 to 65535") << text;
  }
  EXPECT_EQ(accepted("https://h:65535/").port, 65535U);
  EXPECT_EQ(accepted("https://h:00443/").origin(), "https://h");
}

TEST(Uri, refuses_more_than_2048_bytes) {
  const std::string longest = "https://h/" + std::string(2048 - 10, 'a');
  EXPECT_EQ(accepted(longest).path.size(), 2039U);
  EXPECT_EQ(refused(longest + 'a'), "must be at most 2048 bytes long");
}

TEST(Uri, knows_the_loopback_interface_and_nothing_that_looks_like_it) {
  for (const auto* text : {"http://localhost", "http://LOCALHOST:1/", "http://127.0.0.1",
                           "http://127.255.0.9:80/x", "http://[::1]/"}) {
    EXPECT_TRUE(accepted(text).is_loopback()) << text;
  }
  for (const auto* text :
       {"http://127.evil.example/", "http://127.0.0.1.example/", "http://127.0.0/", "http://127.0.0.256/",
        "http://127.0.0.1.2/", "http://localhost.example/", "http://128.0.0.1/", "http://[::2]/", "app:/cb",
        "http://127.0.0.1@evil.example/", "http://127.0.0."}) {
    EXPECT_FALSE(accepted(text).is_loopback()) << text;
  }
}

TEST(Uri, knows_ports_authorities_and_origins) {
  EXPECT_EQ(accepted("http://h/").effective_port(), 80U);
  EXPECT_EQ(accepted("https://h/").effective_port(), 443U);
  EXPECT_EQ(accepted("https://h:8443/").effective_port(), 8443U);
  EXPECT_EQ(accepted("app://h/").effective_port(), 0U);
  EXPECT_EQ(accepted("https://me@H:443/").authority(), "h:443");
  EXPECT_EQ(accepted("https://H/x").authority(), "h");
  EXPECT_EQ(accepted("HTTPS://me@H:443/x?y").origin(), "https://h");
  EXPECT_EQ(accepted("http://h:443/").origin(), "http://h:443");
  EXPECT_EQ(accepted("http://h:80").origin(), "http://h");
}

TEST(Uri, adds_parameters_and_keeps_the_registered_query_to_the_byte) {
  const Parameters parameters{{"state", "a b&c"}};
  EXPECT_EQ(with_query("https://h/out", parameters), "https://h/out?state=a%20b%26c");
  EXPECT_EQ(with_query("https://h/out?", parameters), "https://h/out?state=a%20b%26c");
  EXPECT_EQ(with_query("https://h/out?x=%2f+1", parameters), "https://h/out?x=%2f+1&state=a%20b%26c");
  EXPECT_EQ(with_query("https://h/out?x=1&", parameters), "https://h/out?x=1&state=a%20b%26c");
  EXPECT_EQ(with_query("https://h/out?x=?", parameters), "https://h/out?x=?&state=a%20b%26c");
  EXPECT_EQ(with_query("https://h/out?&", parameters), "https://h/out?&state=a%20b%26c");
  EXPECT_EQ(with_query("https://h", parameters), "https://h?state=a%20b%26c");
  EXPECT_EQ(with_query("https://h/f?a", {{"iss", "https://sso"}, {"sid", "1"}}),
            "https://h/f?a&iss=https%3A%2F%2Fsso&sid=1");
}

TEST(Uri, adds_nothing_where_there_is_nothing_to_add) {
  EXPECT_EQ(with_query("https://h/out?", {}), "https://h/out?");
  EXPECT_EQ(with_query("https://h/out", {}), "https://h/out");
}

}  // namespace slo::uri_test
