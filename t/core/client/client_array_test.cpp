// SPDX-License-Identifier: BSD-2-Clause
// Arrays of clients: what is read, what is refused and where, what is doubtful.
#include "core/client/client_array.h"

#include <gtest/gtest.h>

#include "t/harness/builders.h"

namespace slo::client_array_test {

Refusal refused(std::string_view text) {
  auto read = read_clients(text, {});
  EXPECT_FALSE(read);
  return read ? Refusal{Fault::internal} : read.error();
}

TEST(ClientArray, is_read_in_its_order) {
  const auto read = granted(read_clients(R"([{"client_id":"b"},{"client_id":"a","client_name":"Ay"}])", {}));
  ASSERT_EQ(read.clients.size(), 2U);
  EXPECT_EQ(read.clients[0]->name, "b");
  EXPECT_EQ(read.clients[1]->name, "Ay");
  EXPECT_FALSE(read.has_secrets);
  EXPECT_TRUE(granted(read_clients("[]", {})).clients.empty());
}

TEST(ClientArray, has_secrets_where_one_of_its_clients_has_one_however_it_is_written) {
  const auto has = [](std::string_view text) { return granted(read_clients(text, {})).has_secrets; };
  EXPECT_TRUE(has(R"([{"client_id":"a"},{"client_id":"b","client_secret":"x"}])"));
  EXPECT_TRUE(has(R"([{"client_id":"a","client\u005fsecret":"x"}])"));
  EXPECT_FALSE(has(R"([{"client_id":"a","client_name":"client_secret"}])"));
}

TEST(ClientArray, is_refused_with_the_place_of_the_member_that_is_wrong) {
  EXPECT_EQ(refused("[\n  {\"client_id\": \"a\"},\n  {\"client_id\": \"b\",\n   "
                    "\"post_logout_redirect_uris\": \"x\"}\n]"),
            (Refusal{Fault::client_metadata_invalid,
                     "4:4: \"post_logout_redirect_uris\" must be an array of strings"}));
  EXPECT_EQ(refused("[{\"client_id\":\"a\",\n\"post_logout_redirect_uris\":[\"javascript:x\"]}]"),
            (Refusal{Fault::redirect_uri_invalid,
                     "2:1: \"post_logout_redirect_uris\" \"javascript:x\" must not have the "
                     "scheme \"javascript\""}));
}

TEST(ClientArray, is_refused_with_the_place_of_an_object_that_lacks_its_name) {
  EXPECT_EQ(refused("[\n {\"client_name\":\"a\"}]"),
            (Refusal{Fault::client_metadata_invalid, "2:2: \"client_id\" is missing"}));
  EXPECT_EQ(refused("[\n 7]"),
            (Refusal{Fault::client_metadata_invalid, "2:2: a client must be a JSON object"}));
}

TEST(ClientArray, is_refused_where_a_name_stands_twice) {
  EXPECT_EQ(refused("[{\"client_id\":\"a\"},\n{\"client_id\":\"a\"}]"),
            (Refusal{Fault::client_metadata_invalid, "2:2: \"client_id\" \"a\" stands twice"}));
}

TEST(ClientArray, is_refused_where_there_is_no_array) {
  EXPECT_EQ(refused(R"({"client_id":"a"})"),
            (Refusal{Fault::client_metadata_invalid, "1:1: must be a JSON array of clients"}));
  EXPECT_EQ(refused("[").fault, Fault::json_malformed);
  EXPECT_EQ(refused("[{\"client_id\":\"a\",\"client_id\":\"b\"}]").fault, Fault::json_malformed);
}

TEST(ClientArray, tells_the_first_twenty_of_very_many_doubts_and_counts_the_rest) {
  std::string text = "[";
  for (int i = 0; i < 25; ++i)
    text += std::string(i > 0 ? "," : "") + R"({"client_id":")" + std::to_string(i) +
            R"(", "redirect_uri": "x"})";
  const auto all = granted(read_clients(text + "]", {})).doubts;
  ASSERT_EQ(all.size(), 21U);
  EXPECT_EQ(all.front(), "1:20: \"redirect_uri\" is unknown and ignored, did you mean \"redirect_uris\"?");
  EXPECT_EQ(all.back(), " 5 more of its members look wrong");
}

}  // namespace slo::client_array_test
