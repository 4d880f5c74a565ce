// SPDX-License-Identifier: BSD-2-Clause
// What a mark covers ends in the store as well, so that its clients and applications are told.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "core/outcome.h"
#include "core/rp/mark.h"
#include "ngx_module/http/ctx.h"
#include "ngx_module/nginx/ngx.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {

struct Cascaded {
  unsigned sessions = 0;  // that this call ended
  // Of a mark of a sid: its session as the store has it, by whomever it was ended; what it owed is handed on.
  std::optional<redis::Ended> session{};
};

using OnCascaded = std::function<void(Outcome<Cascaded>)>;

// Ends, one after the other, the session of a sid, its own or a client's; or all of a subject that live and
// began in the mark's second or before. What they owe is handed on, or queued in the store where this worker
// has no room; each has its line, and `ctx` a logout_id. May be repeated: what is over stays so and owes
// nothing anew. A failure leaves the rest to whoever tries again. Until `next` nobody who leaves ends the
// request. REQUIRES: as for ask(); the mark is in the store, and here.
void end_marked(ngx_http_request_t& r, RequestCtx& ctx, const Mark& mark, std::string_view reason,
                OnCascaded next);

}  // namespace slo::ngx
