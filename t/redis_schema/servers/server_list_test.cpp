// SPDX-License-Identifier: BSD-2-Clause
// Several servers in one URL: what stands behind them, and how they are shown.
#include "redis_schema/servers/server_list.h"

#include <gtest/gtest.h>

namespace slo::redis::server_list_test {

constexpr ServerKind kind{"server", "servers", 1234};

TEST(ServerList, ends_at_the_first_slash) {
  const std::string text = "u@A,[::1]:7/rest/more";
  EXPECT_EQ(read_server_list(text, kind),
            (ServerList{.userinfo = "u", .servers = {{"a", 1234}, {"::1", 7}}, .path = "rest/more"}));
}

TEST(ServerList, says_what_it_lacks_in_the_words_of_its_kind) {
  EXPECT_EQ(read_server_list("", kind).error(), (Refusal{Fault::configuration_invalid, "names no server"}));
  EXPECT_EQ(read_server_list("a:b", kind).error(),
            (Refusal{Fault::configuration_invalid,
                     "must name each server as host or host:port, with a port of 1 to 65535, and a comma "
                     "between two"}));
}

TEST(ServerList, is_shown_with_commas) {
  EXPECT_EQ(shown({{"a", 1}, {"::1", 2}}), "a:1,[::1]:2");
  EXPECT_EQ(shown({}), "");
}

}  // namespace slo::redis::server_list_test
