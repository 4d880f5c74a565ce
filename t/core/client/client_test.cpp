// SPDX-License-Identifier: BSD-2-Clause
// One client's rules, and clients as JSON.
#include "core/client/client.h"

#include <gtest/gtest.h>

#include "t/harness/builders.h"

namespace slo::client_test {

Client registered(std::string_view metadata, const ClientRules& rules = {}) {
  auto client = read_client(granted(parse_json(metadata)).get(), rules);
  EXPECT_TRUE(client) << client.error().refusal.detail;
  return client ? *std::move(client) : Client{};
}

// What client_json() makes of metadata that was read.
std::string round_trip(std::string_view metadata) {
  return dump_json(client_json(registered(metadata, {.allow_http = true})).get());
}

TEST(Client, redirects_to_exactly_the_registered_uris) {
  const Client client = registered(
      R"({"client_id":"a","post_logout_redirect_uris":["https://a.example.com/out?x=1","app.example:/out"]})");
  EXPECT_TRUE(client.may_redirect_to("https://a.example.com/out?x=1"));
  EXPECT_TRUE(client.may_redirect_to("app.example:/out"));
  for (const auto* near_miss :
       {"https://a.example.com/out", "https://a.example.com/out?x=1&", "https://a.example.com/out?x=1#",
        "https://A.example.com/out?x=1", "https://a.example.com:443/out?x=1",
        "https://a.example.com//out?x=1", "https://a.example.com/out?x=%31", "http://a.example.com/out?x=1",
        "https://a.example.com/./out?x=1", "https://a.example.com.evil.example/out?x=1",
        " https://a.example.com/out?x=1", "app.example:/out/", ""}) {
    EXPECT_FALSE(client.may_redirect_to(near_miss)) << near_miss;
  }
}

TEST(Client, lets_native_clients_choose_the_port_of_their_loopback_redirect) {
  const Client client = registered(
      R"({"client_id":"a","application_type":"native","token_endpoint_auth_method":"none",
          "post_logout_redirect_uris":["http://127.0.0.1/out?x=:1","http://[::1]:8080/out","https://a.example.com/out"]})");
  EXPECT_TRUE(client.may_redirect_to("http://127.0.0.1/out?x=:1"));
  EXPECT_TRUE(client.may_redirect_to("http://127.0.0.1:51004/out?x=:1"));
  EXPECT_TRUE(client.may_redirect_to("http://[::1]:9/out"));
  EXPECT_TRUE(client.may_redirect_to("http://[::1]/out"));
  for (const auto* near_miss :
       {"http://127.0.0.1:51004/out", "http://127.0.0.1:51004/out?x=:2", "http://127.0.0.2:51004/out?x=:1",
        "http://localhost:1/out?x=:1", "http://127.0.0.1:99999/out?x=:1", "http://127.0.0.1:/out?x=:1",
        "https://127.0.0.1:51004/out?x=:1", "http://me@127.0.0.1:51004/out?x=:1",
        "http://127.0.0.1:5@evil.example/out?x=:1", "https://a.example.com:444/out",
        "http://127.0.0.1:80#/out?x=:1", "http://127.0.0.1:80#x/out?x=:1", "http://127.0.0.1:80/out?x=:1#"}) {
    EXPECT_FALSE(client.may_redirect_to(near_miss)) << near_miss;
  }
}

TEST(Client, holds_web_clients_to_the_port_they_registered) {
  const Client client = registered(
      R"({"client_id":"a","post_logout_redirect_uris":["http://127.0.0.1:80/out"]})", {.allow_http = true});
  EXPECT_TRUE(client.may_redirect_to("http://127.0.0.1:80/out"));
  EXPECT_FALSE(client.may_redirect_to("http://127.0.0.1:81/out"));
}

TEST(ClientJson, says_as_little_as_was_registered) {
  EXPECT_EQ(round_trip(R"({"client_id":"a"})"),
            R"({"client_id":"a","client_name":"a","post_logout_redirect_uris":[]})");
}

TEST(ClientJson, gives_back_all_that_was_registered) {
  const std::string metadata =
      R"({"client_id":"a","client_name":"A","token_endpoint_auth_method":"none",)"
      R"("application_type":"native","redirect_uris":["https://a.example.com/cb"],)"
      R"("post_logout_redirect_uris":["app:/out","http://127.0.0.1/out"],)"
      R"("backchannel_logout_uri":"https://a.example.com/?x=1",)"
      R"("backchannel_logout_session_required":true,)"
      R"("frontchannel_logout_uri":"https://a.example.com/front",)"
      R"("frontchannel_logout_session_required":false,)"
      R"("id_token_signed_response_alg":"ES256","id_token_encrypted_response_alg":"RSA-OAEP",)"
      R"("id_token_encrypted_response_enc":"A256GCM",)";
  const std::string ours = R"("logout_token_typ":false,"logout_token_aud":"string"})";
  const std::string jwks = R"("jwks":{"keys":[)" + std::string(test_keys::client_rsa_jwk) + "]},";
  const std::string once = round_trip(metadata + jwks + ours);
  EXPECT_TRUE(once.starts_with(metadata)) << once;
  EXPECT_TRUE(once.ends_with(ours)) << once;
  EXPECT_NE(once.find(R"("kid":"enc-rsa")"), std::string::npos) << once;
  EXPECT_EQ(round_trip(once), once);
}

TEST(ClientJson, never_shows_a_secret) {
  const std::string json = round_trip(
      R"({"client_id":"a","client_secret":"0123456789abcdef0123456789abcdef","id_token_signed_response_alg":"HS256"})");
  EXPECT_EQ(json.find("secret"), std::string::npos) << json;
  EXPECT_EQ(json.find("0123456789abcdef"), std::string::npos) << json;
}

}  // namespace slo::client_test
