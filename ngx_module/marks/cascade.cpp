// SPDX-License-Identifier: BSD-2-Clause
// Ends the sessions that a mark covers, step by step, on behalf of the request that brought it.
#include "ngx_module/marks/cascade.h"

#include <string>
#include <utility>
#include <vector>

#include "ngx_module/delivery/dispatcher.h"
#include "ngx_module/delivery/logout_log.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {
namespace cascade {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;

constexpr unsigned looked_at_once = 16;  // sessions of a user: so many redis::load() gives back

struct Cascade {
  R& r;
  const ProviderConf& provider;
  Mark mark;
  std::string_view reason;
  std::string logout_id;
  OnCascaded next;
  Cascaded done{};
  unsigned offset = 0;             // of a sub: where its next sessions begin
  std::vector<SessionKey> keys{};  // of a sub: to be ended, the last one first
};

// In the order in which they are called.
void end_by_key(Cascade& on);
void end_by_alias(Cascade& on);
void with_session(Cascade& on, Outcome<std::optional<redis::Ended>> ended);

void look_at_next(Cascade& on);
void with_keys(Cascade& on, Outcome<std::vector<SessionKey>> keys);
void with_sessions(Cascade& on, Outcome<Found> found);
void end_next(Cascade& on);

void conclude(Cascade& on);
void fail(Cascade& on, const Refusal& why);

// Whoever goes away: what has ended must be handed on.
template <class T, class Next>
void ask_for(Cascade& on, redis::Exchange<T> exchange, Next next) {
  ask<T>(on.r, std::move(exchange),
         [&on, next = std::move(next)](Outcome<T> answer) { next(on, std::move(answer)); });
  on.r.read_event_handler = ngx_http_block_reading;
}

template <class Next>
void end_one(Cascade& on, const SessionKey& key, Next next) {
  const Provider& provider = on.provider.provider;
  const bool is_ours = dispatcher()->has_room(on.provider);
  const redis::EndTerms terms{.reason = on.reason,
                              .tombstone = provider.tombstone,
                              .retention = provider.retention,
                              .lease = is_ours ? provider.delivery.lease() : Millis(0),
                              .caller = on.logout_id};
  ask_for(on, redis::end_session(on.provider.space, key, terms), std::move(next));
}

void hand_on(Cascade& on, redis::Ended& ended) {
  if (ended.ending.already) return;
  ++on.done.sessions;
  log_logout(on.r.connection->log, on.provider.provider, ended,
             {.what = "ended", .reason = on.reason, .logout_id = on.logout_id, .took = time_taken(on.r)});
  dispatcher()->send(on.provider, std::exchange(ended.owed, {}));
}

// Of a sid
// --------------------------------------------------------------------------------------------------------

void end_by_key(Cascade& on) {
  end_one(on, SessionKey{on.mark.value}, [](Cascade& same, Outcome<std::optional<redis::Ended>> ended) {
    if (ended && !*ended) return end_by_alias(same);
    with_session(same, std::move(ended));
  });
}

// It may be a client's own.
void end_by_alias(Cascade& on) {
  ask_for(on, redis::locate(on.provider.space, {.sid = Sid{on.mark.value}}, std::nullopt),
          [](Cascade& same, const Outcome<redis::Located>& located) {
            if (!located) return fail(same, located.error());
            if (!located->sid) return conclude(same);
            end_one(same, *located->sid, with_session);
          });
}

void with_session(Cascade& on, Outcome<std::optional<redis::Ended>> ended) {
  if (!ended) return fail(on, ended.error());
  if (*ended) hand_on(on, **ended);
  on.done.session = *std::move(ended);
  conclude(on);
}

// Of a subject
// --------------------------------------------------------------------------------------------------------

void look_at_next(Cascade& on) {
  ask_for(on, redis::sessions_of(on.provider.space, Subject{on.mark.value}, on.offset, looked_at_once),
          with_keys);
  on.offset += looked_at_once;
}

void with_keys(Cascade& on, Outcome<std::vector<SessionKey>> keys) {
  if (!keys) return fail(on, keys.error());
  if (keys->empty()) return conclude(on);
  ask_for(on, redis::load(on.provider.space, {.subject = *std::move(keys)}), with_sessions);
}

// A login that came after the mark lives.
void with_sessions(Cascade& on, Outcome<Found> found) {
  if (!found) return fail(on, found.error());
  for (const Session& session : found->by_subject) {
    if (session.created <= on.mark.at) on.keys.push_back(session.key);
  }
  end_next(on);
}

void end_next(Cascade& on) {
  if (on.keys.empty()) return look_at_next(on);
  const SessionKey key = std::move(on.keys.back());
  on.keys.pop_back();
  end_one(on, key, [](Cascade& same, Outcome<std::optional<redis::Ended>> ended) {
    if (!ended) return fail(same, ended.error());
    if (*ended) hand_on(same, **ended);
    end_next(same);
  });
}

// The end
// --------------------------------------------------------------------------------------------------------

void conclude(Cascade& on) { on.next(std::move(on.done)); }
void fail(Cascade& on, const Refusal& why) { on.next(refuse(why)); }

}  // namespace cascade
}  // namespace

void end_marked(ngx_http_request_t& r, RequestCtx& ctx, const Mark& mark, std::string_view reason,
                OnCascaded next) {
  if (ctx.logout_id.empty()) ctx.logout_id = nonce(this_moment(), 3);
  auto& on = pool_new<cascade::Cascade>(r.pool, cascade::Cascade{.r = r,
                                                                 .provider = *ctx.provider,
                                                                 .mark = mark,
                                                                 .reason = reason,
                                                                 .logout_id = ctx.logout_id,
                                                                 .next = std::move(next)});
  if (mark.of == Mark::Of::sid) return cascade::end_by_key(on);
  cascade::look_at_next(on);
}

}  // namespace slo::ngx
