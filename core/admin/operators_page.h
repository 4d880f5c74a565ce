// SPDX-License-Identifier: BSD-2-Clause
// The operators' page as HTML: this host, providers, a user's sessions, what is owed, dead letters.
//
// It works without scripts and loads nothing. Sessions and deliveries go by the fingerprints that the log
// has; a sid stands in no place that people read.
#pragma once

#include "core/admin/operators_view.h"
#include "core/outcome.h"
#include "core/page.h"

namespace slo {

// 200, with or without a store. A strict policy: no script, no resource, no frame, forms to our own host
// alone.
Page operators_page(const OperatorsView& view);

// The same address, asked for as it must not be, or a press that is refused, which changed nothing. 405 names
// GET, HEAD and POST.
Page operators_refusal(const Refusal& refusal);

}  // namespace slo
