// SPDX-License-Identifier: BSD-2-Clause
// Outcome<T>: a value, or the Refusal that stopped us. The only way this code reports failure.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "core/fault.h"

namespace slo {

template <class T>
using Outcome = tl::expected<T, Refusal>;

inline tl::unexpected<Refusal> refuse(Fault fault, std::string detail = {}) {
  return tl::unexpected<Refusal>(Refusal{fault, std::move(detail)});
}

inline tl::unexpected<Refusal> refuse(Refusal refusal) { return tl::unexpected<Refusal>(std::move(refusal)); }

}  // namespace slo
