// SPDX-License-Identifier: BSD-2-Clause
// The name servers that a resolv.conf (5) names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slo {

// As nginx's "resolver" takes them: addresses of IPv6 in brackets. Whether they are addresses is not checked.
std::vector<std::string> name_servers_in(std::string_view resolv_conf);

}  // namespace slo
