// SPDX-License-Identifier: BSD-2-Clause
// Which URIs a client may register for browsers and for logouts. RPI 3.1, FCL 2, BCL 2.2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/client/client.h"
#include "core/client/metadata.h"

namespace slo::metadata {

// What `client` must already know: confidential, native; for the front channel its redirect_uris as well.
Done check_redirect_uri(std::string_view uri);
Done check_post_logout_uri(std::string_view uri, const Client& client, const ClientRules& rules);
Done check_frontchannel_uri(std::string_view uri, const Client& client, const ClientRules& rules);
// The URI as it will be posted to: with a path, otherwise to the byte as registered.
Read<std::string> read_backchannel_uri(std::string_view uri, const Client& client, const ClientRules& rules);

}  // namespace slo::metadata
