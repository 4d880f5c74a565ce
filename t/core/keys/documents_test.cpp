// SPDX-License-Identifier: BSD-2-Clause
#include "core/keys/documents.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "core/op/hint.h"
#include "t/core/op/hint_tokens.h"

namespace slo::documents_test {
namespace {

Answer answer_with(std::string body) {
  return {.by_receiver = true,
          .status = 200,
          .is_connected = true,
          .document = {.body = std::move(body), .is_whole = true}};
}

// The text, or why there is none.
std::string text_of(const Answer& answer) {
  const auto text = document_of(answer);
  if (text) return *text;
  EXPECT_EQ(text.error().fault, Fault::document_unusable);
  return text.error().detail;
}

std::string why_no(const std::string& text, bool allow_http = false) {
  Provider provider = a_provider();
  provider.egress.allow_http = allow_http;
  const auto found = read_discovery(provider, text);
  return found ? "none" : found.error().detail;
}

std::string why_no_keys(std::string_view text) {
  const auto keys = read_fetched_keys(text);
  return keys ? "none" : keys.error().detail;
}

std::string with_members(const std::string& members) {
  return R"({"issuer":")" + a_provider().issuer.value + "\"" + members + "}";
}

std::string packed(const std::string& plain) {
  std::string result(compressBound(static_cast<uLong>(plain.size())), '\0');
  auto size = static_cast<uLongf>(result.size());
  compress(reinterpret_cast<Bytef*>(result.data()), &size, reinterpret_cast<const Bytef*>(plain.data()),
           static_cast<uLong>(plain.size()));
  result.resize(size);
  return result;
}

}  // namespace

TEST(DocumentCall, is_a_get_that_wants_json_as_it_is) {
  EXPECT_EQ(document_call("https://op.example/jwks"),
            (Call{.method = "GET",
                  .target = "https://op.example/jwks",
                  .headers = {{"Accept", "application/json"}, {"Accept-Encoding", "identity"}},
                  .max_sample = 0,
                  .max_document = 1'048'576}));
}

TEST(DiscoveryUri, is_the_issuer_without_its_last_slash_and_a_path) {
  EXPECT_EQ(discovery_uri(Issuer{"https://op.example"}),
            "https://op.example/.well-known/openid-configuration");
  EXPECT_EQ(discovery_uri(Issuer{"https://op.example/t/"}),
            "https://op.example/t/.well-known/openid-configuration");
}

TEST(DocumentOf, an_answer_is_its_body) {
  EXPECT_EQ(text_of(answer_with("{}")), "{}");
  Answer answer = answer_with(packed("{\"a\":1}"));
  answer.document.coding = "deflate";
  EXPECT_EQ(text_of(answer), "{\"a\":1}");
}

TEST(DocumentOf, anything_else_is_why_there_is_none) {
  const auto changed = [](auto change) {
    Answer answer = answer_with("{}");
    change(answer);
    return text_of(answer);
  };
  EXPECT_EQ(changed([](Answer& a) { a.status = 302; }), "is answered with 302: redirects are not followed");
  EXPECT_EQ(changed([](Answer& a) { a.status = 500; }), "is answered with 500");
  EXPECT_EQ(changed([](Answer& a) { a.status = 204; }), "is answered with 204");
  EXPECT_EQ(changed([](Answer& a) { a.document.is_too_large = true; }), "has more than 1048576 bytes");
  EXPECT_EQ(changed([](Answer& a) { a.document.is_late = true; }), "was not whole in time");
  EXPECT_EQ(changed([](Answer& a) { a.document.is_whole = false; }), "broke off");
  EXPECT_EQ(changed([](Answer& a) { a.document.body.clear(); }), "is empty");
  EXPECT_EQ(changed([](Answer& a) { a.document.coding = "br"; }),
            "cannot be unpacked: it is broken, too large, or not gzip or deflate");
  EXPECT_EQ(text_of({.status = 502, .sample = "connect() failed (111: Connection refused)"}),
            "connect() failed (111: Connection refused)");
  EXPECT_EQ(text_of({.status = 500}), "cannot be asked for: 500");
}

TEST(DocumentOf, what_is_unpacked_is_no_larger_than_what_is_not) {
  Answer answer = answer_with(packed(std::string(max_document + 1, 'x')));
  answer.document.coding = "gzip";
  EXPECT_EQ(text_of(answer), "cannot be unpacked: it is broken, too large, or not gzip or deflate");
  answer.document.body = packed(std::string(max_document, 'x'));
  EXPECT_EQ(text_of(answer).size(), max_document);
}

TEST(DiscoveryDocument, says_where_the_keys_are_and_where_a_session_ends) {
  const std::string text = with_members(
      R"(,"jwks_uri":"https://op.example/jwks","end_session_endpoint":"https://op.example/end?a=b","x":[1])");
  const auto found = read_discovery(a_provider(), text);
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (Discovery{.jwks_uri = "https://op.example/jwks",
                               .end_session_endpoint = "https://op.example/end?a=b"}));
}

TEST(DiscoveryDocument, need_not_have_an_end_session_endpoint_that_can_be_called) {
  for (const char* more : {"", R"(,"end_session_endpoint":"http://op.example/end")",
                           R"(,"end_session_endpoint":["x"])", R"(,"end_session_endpoint":"not a URI")"}) {
    const auto found = read_discovery(
        a_provider(), with_members(std::string(R"(,"jwks_uri":"https://op.example/k")") + more));
    ASSERT_TRUE(found) << more;
    EXPECT_EQ(*found, (Discovery{.jwks_uri = "https://op.example/k"})) << more;
  }
}

TEST(DiscoveryDocument, is_refused_where_it_is_anothers_or_says_nothing) {
  EXPECT_EQ(why_no("<html>"), "is not JSON");
  EXPECT_EQ(why_no("[]"), "is no JSON object");
  EXPECT_EQ(why_no("{}"), "has no \"issuer\"");
  EXPECT_EQ(why_no(R"({"issuer":"a","issuer":"a"})"), "has a member that stands twice");
  EXPECT_EQ(why_no(std::string(100'000, '[')), "is not JSON");
  EXPECT_EQ(why_no(with_members("")), "has no \"jwks_uri\"");
  EXPECT_EQ(why_no(with_members(R"(,"jwks_uri":17)")), "has no \"jwks_uri\"");
  EXPECT_EQ(why_no(R"({"issuer":"https://elsewhere.example/\n"})"),
            "is another issuer's: \"https://elsewhere.example/?\", not \"" + a_provider().issuer.value + '"');
}

TEST(DiscoveryDocument, sends_nobody_to_http_unless_that_is_allowed) {
  const std::string text = with_members(R"(,"jwks_uri":"http://op.example/jwks")");
  EXPECT_EQ(why_no(text),
            "has a \"jwks_uri\" that must be an https URL, unless \"allow_http\" is on: "
            "\"http://op.example/jwks\"");
  EXPECT_EQ(why_no(text, true), "none");
  EXPECT_NE(why_no(with_members(R"(,"jwks_uri":"file:///etc/passwd")"), true), "none");
}

TEST(FetchedKeys, are_a_set_with_a_key_that_can_be_used) {
  const Json set = published_keys(a_provider());
  const auto keys = read_fetched_keys(dump_json(set.get()));
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->keys().size(), a_provider().signing_keys.size());
  EXPECT_EQ(why_no_keys("<html>"), "is not JSON");
  EXPECT_EQ(why_no_keys("{}"), "is no JWK set");
  EXPECT_EQ(why_no_keys(R"({"keys":[],"keys":[]})"), "has a member that stands twice");
  EXPECT_EQ(why_no_keys(R"({"keys":[{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQ"}]})"),
            "has no key that can be used");
}

TEST(FetchedKeys, verify_hints_beside_our_own) {
  Provider provider = a_provider();
  const std::string hint = a_hint(provider);
  const Json set = published_keys(provider);
  const auto keys = read_fetched_keys(dump_json(set.get()));
  ASSERT_TRUE(keys);
  provider.signing_keys.clear();
  const auto without = verify_hint(provider, hint, std::nullopt, a_moment());
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().fault, Fault::token_key_unknown);
  EXPECT_TRUE(may_heal_with_new_keys(without.error()));
  provider.fetched_keys = &*keys;
  EXPECT_TRUE(verify_hint(provider, hint, std::nullopt, a_moment()));
}

TEST(FetchedKeys, heal_what_they_may_have_caused_alone) {
  EXPECT_TRUE(may_heal_with_new_keys(Refusal{Fault::token_signature_invalid}));
  for (const Fault fault : {Fault::token_expired, Fault::token_malformed, Fault::token_algorithm_refused})
    EXPECT_FALSE(may_heal_with_new_keys(Refusal{fault}));
}

TEST(KeptDocuments, are_read_as_they_were_written) {
  for (const KeptDocuments& kept :
       {KeptDocuments{}, KeptDocuments{.jwks = "{\n}\n"},
        KeptDocuments{.end_session_endpoint = "https://op.example/", .jwks = "{}"}})
    EXPECT_EQ(read_kept(kept_text(kept)), kept);
  EXPECT_EQ(read_kept(""), KeptDocuments{});
}

TEST(KeptDocuments, are_shared_by_who_wants_the_same) {
  Provider one = a_provider();
  Provider other = a_provider();
  EXPECT_EQ(source_name(one), source_name(other));
  other.jwks_uri = "https://op.example/jwks";
  EXPECT_NE(source_name(one), source_name(other));
  one.issuer.value += "/";
  EXPECT_NE(source_name(one), source_name(a_provider()));
}

}  // namespace slo::documents_test
