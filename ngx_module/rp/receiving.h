// SPDX-License-Identifier: BSD-2-Clause
// A logout that came in is recorded, for all hosts and here, ends what the store has of it, and has its line.
#pragma once

#include <string>
#include <string_view>

#include "core/moment.h"
#include "core/outcome.h"
#include "core/rp/mark.h"
#include "ngx_module/http/ctx.h"
#include "ngx_module/marks/cascade.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

struct Reception {
  std::string_view channel{};  // backchannel, frontchannel, button
  Mark mark{};
  std::string jti{};  // of a logout token
  Seconds jti_life{};
  std::string_view reason = "op";  // why its sessions end
};

using WithReceived = void (*)(ngx_http_request_t&, Outcome<Cascaded>);

// Marked first, in the store for all hosts and on this one, so that no worker here lets the session pass any
// more; then what the store has of it ends; then it is counted, has its line, `ctx` its result, and `next` is
// called. A failure is `next`'s to tell. Each step may be repeated: who completed the one before may have
// been another host, or its answer was lost. marks_full: other hosts may refuse the session, this one does
// not, and the log hears of it. REQUIRES: as for ask(); ctx.provider is the sender.
void receive_logout(ngx_http_request_t& r, RequestCtx& ctx, Reception reception, WithReceived next);

}  // namespace slo::ngx
