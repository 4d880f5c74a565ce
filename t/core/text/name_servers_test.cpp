// SPDX-License-Identifier: BSD-2-Clause
#include "core/text/name_servers.h"

#include <gtest/gtest.h>

namespace slo::name_servers_test {

using Servers = std::vector<std::string>;

TEST(NameServers, are_those_of_a_resolv_conf_in_its_order) {
  EXPECT_EQ(name_servers_in(
                "# made by hand\nsearch internal\nnameserver 192.0.2.1\n\nnameserver\t2001:db8::1 # main\r\n"
                "options edns0\n nameserver 192.0.2.2"),
            (Servers{"192.0.2.1", "[2001:db8::1]", "192.0.2.2"}));
}

TEST(NameServers, are_not_found_where_none_stand) {
  for (const char* text :
       {"", "\n", "nameserver", "nameserver \n", "nameservers 192.0.2.1\n", "; nameserver 192.0.2.1"}) {
    EXPECT_EQ(name_servers_in(text), Servers{}) << text;
  }
}

}  // namespace slo::name_servers_test
