// SPDX-License-Identifier: BSD-2-Clause
// What the dispatcher tells the operator: one line per outcome, without a secret in it.
#pragma once

#include <string>
#include <string_view>

#include "core/delivery/delivery.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// `provider "main", client "app-a", session #4qk2, logout 9h3…`; of an application `application "…"` for the
// client.
std::string delivery_label(const Provider& provider, const Delivery& delivery);

// Why it is not a Delivered.
std::string reason_of(const Verdict& verdict);

// delivered, to be tried again: info; given up: error, since a logout is lost, ten a minute at most
// and then a number.
void log_verdict(ngx_log_t* log, const Provider& provider, const Delivery& delivery, const Verdict& verdict);

// Dead letters were dropped to make room for others: error, bounded. They cannot be sent again.
void log_forgotten(ngx_log_t* log, const Provider& provider);

// A receiver stopped answering (warn), or answers again (notice): one line per change.
void log_receiver(ngx_log_t* log, const Provider& provider, std::string_view receiver, bool works,
                  std::string_view why);

// The location of slo_deliver itself, or an application's own, is wrong: error, at most one line a minute and
// worker.
void log_wrong_delivery_location(ngx_log_t* log, const Provider& provider, const Delivery& delivery,
                                 const Answer& answer);

// A delivery is concluded without a call: info.
void log_nothing_to_tell(ngx_log_t* log, const Provider& provider, const Delivery& delivery);

// A receiver answered 400 to a token that is signed with a key which `jwks` does not hold: error, at most one
// line a minute and worker. Nothing if the key stands there.
void log_unpublished_key(ngx_log_t* log, const Provider& provider, const Delivery& delivery);

}  // namespace slo::ngx
