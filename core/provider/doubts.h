// SPDX-License-Identifier: BSD-2-Clause
// What in a provider's configuration is allowed, and yet hardly meant: for warnings of `nginx -t`.
//
// And what two providers must not share.
#pragma once

#include <string>
#include <vector>

#include "core/provider/provider.h"

namespace slo {

// Sentences that follow `slo_provider "name"`.
std::vector<std::string> doubts_about(const Provider& provider);

// Two providers of one issuer, or of issuers that the store cannot tell apart, would end each other's
// sessions: configuration_invalid with a sentence that follows `slo_provider "name of b"`.
Outcome<void> check_together(const Provider& a, const Provider& b);

}  // namespace slo
