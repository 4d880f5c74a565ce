// SPDX-License-Identifier: BSD-2-Clause
// What a request to end_session carries between its doors; of end_session_*.cpp only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/op/end_session.h"
#include "core/page.h"
#include "ngx_module/delivery/dispatcher.h"
#include "ngx_module/http/ctx.h"
#include "ngx_module/keys/key_fetcher.h"
#include "ngx_module/logout/upstream_logout.h"
#include "ngx_module/nginx/zone.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {

struct EndSessionCtx : RequestCtx {
  std::string query{};
  EndSessionRequest request{};
  slo::CheckedRequest checked{};
  Moment moment{};
  std::optional<ngx_msec_t> keys_until{};  // it waits for the OP's keys at most so long
  KeyFetcher::Waiting keys{};
  redis::Located located{};
  End end{};
  bool was_over = false;   // the session, when it was looked up
  bool are_told = false;   // the clients, by the OP
  bool is_repeat = false;  // the same answer has ended it before, and sent out what is owed
  redis::Ended ended{};
  Batch::Waiting batch{};
  bool names_all = false;  // the page is to know all participants
  std::vector<Told> told{};
  UpstreamLogout* upstream = nullptr;  // the OP's own logout, if one was asked for
  bool op_lives = false;               // it could not be asked
  std::string browser{};               // the value of the cookie that the return is known by
  std::string way_back{};              // the key of the browser's return from the OP
  bool is_told = true;                 // the line of what has ended is written, or nothing has
};

namespace end_session_job {  // names of these files alone, in unity builds too

using R = ngx_http_request_t;

inline const Provider& provider_of(const EndSessionCtx& ctx) { return ctx.provider->provider; }

// What core may decide.
void carry_out(R& r, const AskUser& question);
void carry_out(R& r, const AlreadyOver& over);
void carry_out(R& r, const Stay& stay);
void carry_out(R& r, const End& end);  // and all that follows: end_session_ending.cpp

void with_request(R& r);  // the request is read: check, find, decide
// The OP's own logout by the browser: end_session_round_trip.cpp.
void go_to_op(R& r);   // everybody here has been told
void come_back(R& r);  // by its looks; what is no return of ours is a request like any other
void answer_end(R& r, const PostLogout& post_logout);

void turn_away(R& r, const Refusal& refusal);
void conclude(R& r, std::string_view result, Counter counter, const Page& page);
void note(R& r, std::string_view result, Counter counter);
void with_user_gone(R& r, EndSessionCtx& ctx);

}  // namespace end_session_job
}  // namespace slo::ngx
