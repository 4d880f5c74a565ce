// SPDX-License-Identifier: BSD-2-Clause
// slo_api, what changes something: registers, ends, retries and drops.
#include <utility>

#include "ngx_module/admin/api_ctx.h"
#include "ngx_module/delivery/deliver_and_wait.h"
#include "ngx_module/delivery/logout_log.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/http/register_participation.h"
#include "ngx_module/marks/cascade.h"
#include "ngx_module/nginx/moment.h"
#include "redis_schema/marks.h"

namespace slo::ngx::api_job {
namespace {

void with_registered(R& r, Outcome<Registered> registered);

api::EndSessionsOf& users_sessions(R& r) { return std::get<api::EndSessionsOf>(*ctx_at(r).command); }
redis::EndTerms terms_of(R& r);
void with_ended(R& r, Outcome<std::optional<redis::Ended>> ended);
void log_end(R& r, const redis::Ended& ended, std::string_view what);
void with_participants(R& r, const std::vector<Told>&);
void mark_unknown(R& r);
void with_unknown_marked(R& r, Outcome<redis::MarkAnswer> marked);
void with_cascade(R& r, Outcome<Cascaded> cascaded);

void with_user_marked(R& r, Outcome<redis::MarkAnswer> marked);
void with_keys_to_end(R& r, Outcome<std::vector<SessionKey>> keys);
void end_next(R& r);
void end_if_begun_by_then(R& r, Outcome<std::optional<Session>> session);
void with_one_ended(R& r, Outcome<std::optional<redis::Ended>> ended);

void with_dead_letter(R& r, Outcome<std::vector<ListedDelivery>> found);
void keep(R& r, Delivery delivery);
void with_retried(R& r, Outcome<bool> found);

void with_dead_or_pending(R& r, Outcome<std::vector<ListedDelivery>> found);
void with_pending(R& r, Outcome<std::vector<ListedDelivery>> found);
void with_dropped(R& r, Outcome<bool> found);
Refusal no_such_delivery();

}  // namespace

// Register
// ------------------------------------------------------------------------------------------------------

void carry_out(R& r, const api::Register& command) {
  register_participation(
      *ctx_at(r).provider, command.registration,
      {.done = [&r](Outcome<Registered> registered) { with_registered(r, std::move(registered)); },
       .r = &r,
       .key = &std::get<api::Register>(*ctx_at(r).command).registration.key});
}

namespace {

void with_registered(R& r, Outcome<Registered> registered) {
  if (!registered) return fail(r, registered.error());
  conclude(r, registered_page(provider_of(r), std::get<api::Register>(*ctx_at(r).command).registration,
                              *registered));
}

}  // namespace

// End
// -----------------------------------------------------------------------------------------------------------

void carry_out(R& r, const api::EndSession& command) {
  ask(r, redis::end_session(space_of(r), command.key, terms_of(r)), with_ended);
  r.read_event_handler = ngx_http_block_reading;  // the deliveries must be handed on, whoever goes away
}

void carry_out(R& r, const api::EndParticipation& command) {
  ask(r, redis::end_participation(space_of(r), command.key, command.client, terms_of(r)), with_ended);
  r.read_event_handler = ngx_http_block_reading;
}

namespace {

// What this request ends, it ends under one logout id.
redis::EndTerms terms_of(R& r) {
  auto& ctx = ctx_at(r);
  if (ctx.logout_id.empty()) ctx.logout_id = nonce(this_moment(), 3);
  const Provider& provider = provider_of(r);
  return {.reason = "admin",
          .tombstone = provider.tombstone,
          .retention = provider.retention,
          .lease = provider.delivery.lease(),
          .caller = ctx.logout_id};
}

void with_ended(R& r, Outcome<std::optional<redis::Ended>> ended) {
  if (!ended) return turn_away(r, ended.error());
  auto& ctx = ctx_at(r);
  const bool is_of_one_client = std::holds_alternative<api::EndParticipation>(*ctx.command);
  if (!*ended && !is_of_one_client) return mark_unknown(r);
  if (!*ended) return turn_away(r, Refusal{Fault::session_unknown});
  ctx.ended = std::move(**ended);
  log_end(r, ctx.ended, is_of_one_client ? "left" : "ended");
  ctx.batch = deliver_and_wait(r, *ctx.provider, ctx.ended, {.for_everyone = true}, with_participants);
}

void log_end(R& r, const redis::Ended& ended, std::string_view what) {
  log_logout(r.connection->log, provider_of(r), ended,
             {.what = ended.ending.already ? "already_over" : what,
              .reason = "admin",
              .logout_id = ctx_at(r).logout_id,
              .took = time_taken(r)});
}

void with_participants(R& r, const std::vector<Told>&) {
  auto& ctx = ctx_at(r);
  if (const auto* command = std::get_if<api::EndParticipation>(&*ctx.command)) {
    return conclude(r, participation_page(provider_of(r), command->client, ctx.logout_id));
  }
  conclude(r, ending_page(provider_of(r), ctx.ended.ending, ctx.logout_id));
}

// Applications may know a session that is registered nowhere, or one by its client's own sid.
void mark_unknown(R& r) {
  const auto& command = std::get<api::EndSession>(*ctx_at(r).command);
  const Mark mark{.value = command.key.value, .at = this_moment().seconds()};
  ask(r, redis::put_mark(space_of(r), mark, {.retention = provider_of(r).retention}), with_unknown_marked);
}

void with_unknown_marked(R& r, Outcome<redis::MarkAnswer> marked) {
  if (!marked) return turn_away(r, marked.error());
  auto& ctx = ctx_at(r);
  ctx.is_marked_before = marked->marked != redis::Marked::now;
  if (!marked->is_in_store) return with_cascade(r, Cascaded{});
  const Mark mark{.value = std::get<api::EndSession>(*ctx.command).key.value, .at = this_moment().seconds()};
  end_marked(r, ctx, mark, "admin",
             [&r](Outcome<Cascaded> cascaded) { with_cascade(r, std::move(cascaded)); });
}

void with_cascade(R& r, Outcome<Cascaded> cascaded) {
  if (!cascaded) return turn_away(r, cascaded.error());
  auto& ctx = ctx_at(r);
  if (!cascaded->session) {
    const auto& command = std::get<api::EndSession>(*ctx.command);
    return conclude(r, marked_page(command.key, ctx.is_marked_before, ctx.logout_id));
  }
  ctx.ended = *std::move(cascaded->session);
  ctx.batch = deliver_and_wait(r, *ctx.provider, ctx.ended, {.for_everyone = true}, with_participants);
}

}  // namespace

// Guards refuse whatever of this user began until now, be it registered here or not; the pages that follow
// end what began before the first one.
void carry_out(R& r, const api::EndSessionsOf& command) {
  if (command.begun_by) return with_user_marked(r, redis::MarkAnswer{redis::Marked::before});
  const Mark mark{.of = Mark::Of::sub, .value = command.sub.value, .at = this_moment().seconds()};
  users_sessions(r).begun_by = mark.at;
  ask(r, redis::put_mark(space_of(r), mark, {.retention = provider_of(r).retention}), with_user_marked);
}

namespace {

void with_user_marked(R& r, Outcome<redis::MarkAnswer> marked) {
  if (!marked) return turn_away(r, marked.error());
  const auto& command = users_sessions(r);
  ask(r, redis::sessions_of(space_of(r), command.sub, command.offset, ends_at_once), with_keys_to_end);
}

void with_keys_to_end(R& r, Outcome<std::vector<SessionKey>> keys) {
  if (!keys) return turn_away(r, keys.error());
  auto& ctx = ctx_at(r);
  if (keys->size() == ends_at_once) ctx.next = next_cursor(users_sessions(r));
  ctx.keys = std::move(*keys);
  ctx.logout_id = terms_of(r).caller;
  end_next(r);
}

// One after the other: the sessions of one user need not hurry, and nobody else waits behind them.
void end_next(R& r) {
  auto& ctx = ctx_at(r);
  if (ctx.keys.empty() && ctx.visit && !std::exchange(ctx.next, {}).empty()) {
    users_sessions(r).offset += ends_at_once;  // nobody is there to ask for the next ones
    return with_user_marked(r, redis::MarkAnswer{redis::Marked::before});
  }
  if (ctx.keys.empty()) return conclude(r, ends_page(ctx.gone, ctx.logout_id, ctx.next));
  const SessionKey key = std::move(ctx.keys.back());
  ctx.keys.pop_back();
  ask(r, redis::find_session(space_of(r), key), end_if_begun_by_then);
  r.read_event_handler = ngx_http_block_reading;
}

void end_if_begun_by_then(R& r, Outcome<std::optional<Session>> session) {
  if (!session) return turn_away(r, session.error());
  if (!*session || (*session)->created > *users_sessions(r).begun_by) return end_next(r);
  ask(r, redis::end_session(space_of(r), (*session)->key, terms_of(r)), with_one_ended);
  r.read_event_handler = ngx_http_block_reading;
}

void with_one_ended(R& r, Outcome<std::optional<redis::Ended>> ended) {
  if (!ended) return turn_away(r, ended.error());
  auto& ctx = ctx_at(r);
  if (*ended && !(*ended)->ending.already) {
    log_end(r, **ended, "ended");
    ctx.gone.push_back((*ended)->ending.session.key);
    dispatcher()->send(*ctx.provider, std::move((*ended)->owed));
  }
  end_next(r);
}

}  // namespace

// Deliveries
// ------------------------------------------------------------------------------------------

// A delivery is looked up before it is touched: its logout id is for the log and for the answer.
void carry_out(R& r, const api::RetryDelivery& command) {
  if (!redis::is_delivery_id(command.id)) return turn_away(r, no_such_delivery());
  ask(r, redis::load_listed(space_of(r), DeliveryState::dead, redis::only(command.id)), with_dead_letter);
}

void carry_out(R& r, const api::DropDelivery& command) {
  if (!redis::is_delivery_id(command.id)) return turn_away(r, no_such_delivery());
  ask(r, redis::load_listed(space_of(r), DeliveryState::dead, redis::only(command.id)), with_dead_or_pending);
}

namespace {

void with_dead_letter(R& r, Outcome<std::vector<ListedDelivery>> found) {
  if (!found) return turn_away(r, found.error());
  if (found->empty()) return turn_away(r, {Fault::api_not_found, "no such dead letter"});
  keep(r, std::move(found->front().delivery));
  ask(r, redis::redrive(space_of(r), ctx_at(r).delivery->id, nonce(this_moment(), 0)), with_retried);
}

void keep(R& r, Delivery delivery) {
  ctx_at(r).logout_id = delivery.logout_id;
  ctx_at(r).delivery = std::move(delivery);
}

void with_retried(R& r, Outcome<bool> found) {
  if (!found) return turn_away(r, found.error());
  if (!*found) return turn_away(r, no_such_delivery());
  conclude(r, retried_page(provider_of(r), *ctx_at(r).delivery, this_moment().now));
}

void with_dead_or_pending(R& r, Outcome<std::vector<ListedDelivery>> found) {
  if (!found || !found->empty()) return with_pending(r, std::move(found));
  const auto& command = std::get<api::DropDelivery>(*ctx_at(r).command);
  ask(r, redis::load_listed(space_of(r), DeliveryState::pending, redis::only(command.id)), with_pending);
}

void with_pending(R& r, Outcome<std::vector<ListedDelivery>> found) {
  if (!found) return turn_away(r, found.error());
  if (found->empty()) return turn_away(r, no_such_delivery());
  keep(r, std::move(found->front().delivery));
  ask(r, redis::drop(space_of(r), ctx_at(r).delivery->id, nonce(this_moment(), 0)), with_dropped);
}

void with_dropped(R& r, Outcome<bool> found) {
  if (!found) return turn_away(r, found.error());
  if (!*found) return turn_away(r, no_such_delivery());
  conclude(r, dropped_page(provider_of(r), *ctx_at(r).delivery));
}

Refusal no_such_delivery() { return {Fault::api_not_found, "no such delivery"}; }

}  // namespace
}  // namespace slo::ngx::api_job
