// SPDX-License-Identifier: BSD-2-Clause
// Is what the delivery location is about to send the call that was sealed?
//
// The location is an operator's, and much of what nginx lets one write for a whole server changes the
// requests of every proxy in it: another method, another body, no headers, a Host of one's own. A receiver
// would refuse such a call, or a wrong one would get the token, and neither is a receiver's fault.
#pragma once

#include <string>
#include <string_view>

#include "core/delivery/delivery.h"

namespace slo {

// What is wrong with `request`, all bytes of it, in words for an operator, with the directive to look at;
// empty: nothing. `connected_to`: the host that nginx connects to, which may stand in Host as well as the
// call's; empty: any may.
std::string wrong_with_carried(std::string_view request, const Call& call, std::string_view connected_to);

}  // namespace slo
