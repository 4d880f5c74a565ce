// SPDX-License-Identifier: BSD-2-Clause
// The logout call of an application: with the cookies that it was opened with, CSRF tokens filled in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/app/bound_cookie.h"
#include "core/delivery/call.h"
#include "core/delivery/delivery.h"

namespace slo {

// nullopt where no cookie of it is remembered: it was never opened, there is nothing to do, and that counts
// as delivered. delivery_client_gone: it is not configured here, or has no logout URL any more;
// delivery_uri_refused; delivery_cookie_unreadable: a cookie was remembered without its value, or that was
// sealed with another secret; delivery_cookie_refused: no request may carry such a value.
Outcome<std::optional<Call>> application_call(const Provider& provider, const Delivery& delivery,
                                              const std::vector<BoundCookie>& cookies);

// The names of the cookies that `text`, of a body or a header, stands for: of `$cookie_NAME`,
// `${cookie_NAME}`.
std::vector<std::string> cookies_named_in(std::string_view text);

}  // namespace slo
