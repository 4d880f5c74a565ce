// SPDX-License-Identifier: BSD-2-Clause
// Clients find our logout and our keys in the OP's documents, and all else as it was.
#include "core/op/publishing.h"

#include <gtest/gtest.h>

#include "core/text/json.h"
#include "t/harness/builders.h"

namespace slo::publishing_test {
namespace {

constexpr std::string_view ours =
    R"("end_session_endpoint":"https://sso.example.com/logout?realm=\"a\"","backchannel_logout_supported":true,)"
    R"("backchannel_logout_session_supported":true,"frontchannel_logout_supported":true,)"
    R"("frontchannel_logout_session_supported":true)";

Provider a_telling_provider() {
  Provider provider = a_provider();
  provider.end_session_endpoint = R"(https://sso.example.com/logout?realm="a")";
  return provider;
}

// The document, or why it passes as it is.
std::string published(const Provider& provider, std::string_view body) {
  const auto seen = publish(provider, {.back_channel = true}, {.body = body});
  if (!seen) return std::string(describe(seen.error().fault).name) + ": " + seen.error().detail;
  return seen->document + (seen->doubt.empty() ? "" : " ! " + seen->doubt);
}

std::string jwk_of(const jose::Key& key, std::string_view kid) {
  Json jwk = key.public_jwk();
  json_object_set_new(jwk.get(), "kid", make_string(kid).release());
  json_object_set_new(jwk.get(), "use", make_string("sig").release());
  return dump_json(jwk.get());
}

jose::Key another_p256() {
  return granted(jose::Key::from_jwk(granted(parse_json(test_keys::client_p256_jwk)).get()));
}

std::string as_set(const std::string& keys) { return "{\"keys\":[" + keys + "]}"; }

}  // namespace

TEST(PassingDocument, gets_our_members_behind_its_own) {
  EXPECT_EQ(published(a_telling_provider(), R"({"issuer":"https://sso.example.com","n":1.10})"),
            R"({"issuer":"https://sso.example.com","n":1.10,)" + std::string(ours) + "}");
}

TEST(PassingDocument, says_what_is_not_done_here_too) {
  const auto seen =
      publish(a_telling_provider(), {.back_channel = false},
              {.body = R"({"issuer":"https://sso.example.com","backchannel_logout_supported":true})"});
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->document,
            R"({"issuer":"https://sso.example.com","backchannel_logout_supported":false,)"
            R"("end_session_endpoint":"https://sso.example.com/logout?realm=\"a\"",)"
            R"("backchannel_logout_session_supported":false,"frontchannel_logout_supported":true,)"
            R"("frontchannel_logout_session_supported":true})");
}

TEST(PassingDocument, passes_as_it_is_where_it_is_none_of_ours) {
  const Provider provider = a_telling_provider();
  const std::string foreign = "response_foreign: its \"issuer\" is not \"https://sso.example.com\"";
  EXPECT_EQ(published(provider, R"({"issuer":"https://sso.example.com/"})"), foreign);
  EXPECT_EQ(published(provider, R"({"issuer":null,"keys":[]})"), foreign);
  for (const char* body :
       {"[]", "1", R"({"a":1})", R"({"keys":{}})", R"([{"issuer":"https://sso.example.com"}])"}) {
    EXPECT_EQ(published(provider, body),
              "response_malformed: it is neither a discovery document nor a key set")
        << body;
  }
  EXPECT_EQ(published(provider, R"({"issuer":"https://sso.example.com","issuer":1})").substr(0, 37),
            "response_malformed: it is not JSON, 1");
  EXPECT_EQ(published(provider, std::string(max_published + 1, ' ')), "response_too_large: ");
}

TEST(PassingDocument, is_unpacked) {
  const auto seen = publish(a_telling_provider(), {}, {.body = "{}", .is_packed = true});
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error(),
            (Refusal{Fault::response_malformed, "its Content-Encoding is not gzip or deflate"}));
}

TEST(PassingKeys, get_those_of_ours_that_they_lack) {
  Provider provider = a_telling_provider();
  provider.shown_keys.push_back(a_key(test_keys::p256));
  const std::string rsa = dump_json(provider.signing_keys[0].public_jwk().get());
  const std::string ec = dump_json(provider.shown_keys[0].public_jwk().get());
  EXPECT_EQ(published(provider, as_set("")), as_set(rsa + "," + ec));
  EXPECT_EQ(published(provider, as_set(rsa)), as_set(rsa + "," + ec));
  EXPECT_EQ(published(provider, as_set(ec + "," + rsa)), as_set(ec + "," + rsa));
  const std::string by_another_name = jwk_of(provider.signing_keys[0], "theirs");
  EXPECT_EQ(published(provider, as_set(by_another_name)), as_set(by_another_name + "," + rsa + "," + ec));
}

TEST(PassingKeys, keep_the_key_that_the_op_has_under_a_kid_of_ours) {
  Provider provider = a_telling_provider();
  provider.signing_keys[0].set_kid("one");
  provider.shown_keys.push_back(a_key(test_keys::p256));
  provider.shown_keys[0].set_kid("two");
  const std::string foreign = jwk_of(another_p256(), "two");
  const std::string mine = dump_json(provider.signing_keys[0].public_jwk().get());
  EXPECT_EQ(
      published(provider, as_set(foreign)),
      as_set(foreign + "," + mine) +
          " ! the OP has another key under the kid \"two\": ours is left out, and clients will refuse our "
          "logout tokens");
  // Of another kind it is found by its type (RFC 7517, section 4.5).
  const std::string of_another_kind = jwk_of(another_p256(), "one");
  provider.shown_keys.clear();
  EXPECT_EQ(published(provider, as_set(of_another_kind)), as_set(of_another_kind + "," + mine));
}

TEST(OwnDiscovery, tells_where_a_logout_begins) {
  const Provider provider = a_telling_provider();
  EXPECT_EQ(discovery_document(provider, {.back_channel = true}, ""),
            R"({"issuer":"https://sso.example.com",)" + std::string(ours) + "}");
  EXPECT_EQ(discovery_document(provider, {.back_channel = true}, "https://sso.example.com/jwks"),
            R"({"issuer":"https://sso.example.com",)" + std::string(ours) +
                R"(,"jwks_uri":"https://sso.example.com/jwks"})");
}

TEST(AddressAtIssuer, is_a_path_at_its_host) {
  EXPECT_EQ(address_at_issuer(Issuer{"https://op.example/realms/a"}, "/logout"), "https://op.example/logout");
  EXPECT_EQ(address_at_issuer(Issuer{"https://op.example:8443"}, "/a b/ü%?#~$&'()*+,;=:@"),
            "https://op.example:8443/a%20b/%C3%BC%25%3F%23~$&'()*+,;=:@");
}

TEST(Etag, is_of_the_bytes_and_is_compared_weakly) {
  const std::string etag = etag_of("a document");
  EXPECT_EQ(etag, R"("DR2lE4wDX_t6hIz6EIqQGy")");
  EXPECT_NE(etag_of("a document "), etag);
  for (const std::string& names :
       {etag, "W/" + etag, "\"a\", " + etag, "\t" + etag + " ,\"b\"", std::string(" * ")}) {
    EXPECT_TRUE(names_etag(names, etag)) << names;
  }
  for (const std::string& names :
       {std::string(), std::string("\"a\""), etag.substr(1), "w/" + etag, std::string(",,")}) {
    EXPECT_FALSE(names_etag(names, etag)) << names;
  }
}

}  // namespace slo::publishing_test
