// SPDX-License-Identifier: BSD-2-Clause
// What a request to end_session carries between its doors; of end_session_handler.cpp only.
#pragma once

#include <string>

#include "core/op/end_session.h"
#include "ngx_module/delivery/dispatcher.h"
#include "ngx_module/http/ctx.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {

struct EndSessionCtx : RequestCtx {
  std::string query{};
  EndSessionRequest request{};
  slo::CheckedRequest checked{};
  Moment moment{};
  redis::Located located{};
  End end{};
  bool is_repeat = false;  // the same answer has ended it before, and sent out what is owed
  redis::Ended ended{};
  Batch::Waiting batch{};
  bool names_all = false;  // the page is to know all participants
  bool is_told = true;     // the line of what has ended is written, or nothing has
};

}  // namespace slo::ngx
