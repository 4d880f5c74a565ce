// SPDX-License-Identifier: BSD-2-Clause
// RP-initiated logout: reads, asks the store, ends the session there, has everybody told, answers.
//
// Each function ends in exactly one of respond or ask; what they decide with is in core.
#include <utility>

#include "core/op/end_session.h"
#include "core/op/hint.h"
#include "core/op/logout_page.h"
#include "ngx_module/delivery/deliver_and_wait.h"
#include "ngx_module/delivery/logout_log.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/http/body.h"
#include "ngx_module/http/hiding.h"
#include "ngx_module/http/parting.h"
#include "ngx_module/http/request.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/op/directives.h"
#include "ngx_module/op/end_session_ctx.h"
#include "ngx_module/op/end_session_request.h"
#include "ngx_module/op/jobs.h"
#include "redis_schema/told.h"

namespace slo::ngx {
namespace {
namespace end_session_job {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;

const Provider& provider_of(const EndSessionCtx& ctx) { return ctx.provider->provider; }

void note(R& r, std::string_view result, Counter counter) {
  ctx_of<RequestCtx>(r).result = result;
  count(counter);
}

void conclude(R& r, std::string_view result, Counter counter, const Page& page) {
  note(r, result, counter);
  respond(r, page);
}

// Where a new logout without a hint can be begun; where hints are required, nowhere.
std::string_view way_in(const EndSessionCtx& ctx) {
  return provider_of(ctx).hint.required ? std::string_view{} : std::string_view(ctx.request.self);
}

void turn_away(R& r, const Refusal& refusal) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  ctx.fault = refusal.fault;
  report(r.connection->log, refusal, provider_of(ctx).name);
  const bool our_fault = describe(refusal.fault).status >= 500;
  conclude(r, "refused", our_fault ? Counter::logouts_failed : Counter::logouts_refused,
           refusal_page(refusal, ctx.request.wants_json, way_in(ctx), ctx.logout_id));
}

// What has ended is a fact whether its user waits or leaves: it is counted at once, and its line is written
// when it is known who was told, at the latest as the request goes.
void log_end(R& r, EndSessionCtx& ctx, const std::vector<Told>& told, bool is_gone) {
  if (std::exchange(ctx.is_told, true)) return;
  std::string_view what = ctx.end.only_client ? "left" : "ended";
  if (ctx.ended.ending.already) what = "already_over";
  log_logout(
      r.connection->log, provider_of(ctx), ctx.ended, told,
      {.what = what, .reason = "rp", .logout_id = ctx.logout_id, .took = time_taken(r), .is_gone = is_gone});
}

void with_user_gone(R& r, EndSessionCtx& ctx) { log_end(r, ctx, ctx.batch.told(), true); }

void note_end(R& r) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  ctx.is_told = false;
  const bool already = ctx.ended.ending.already;
  note(r, already ? "already_over" : "ended",
       already ? Counter::logouts_already_over : Counter::logouts_ended);
}

void with_participants_told(R& r, const std::vector<Told>& told) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  log_end(r, ctx, told, false);
  const Circumstances circumstances{
      .told = told,
      .claim = ctx.end.claim,
      .already = ctx.ended.ending.already,
      .one_client = ctx.end.only_client.has_value(),
      .lacks_applications = ctx.names_all && ctx.ended.ending.lacks_participants,
      .self = ctx.request.self};
  respond(r, logout_page(provider_of(ctx), ctx.ended.ending.session, ctx.end.post_logout, circumstances,
                         this_moment()));
}

// Should the store not say, nothing is claimed of those that are told in the background.
// NOLINTNEXTLINE(performance-unnecessary-value-param): ask() hands answers over by value
void with_told(R& r, Outcome<std::vector<Told>> told) {
  with_participants_told(r, told.value_or(std::vector<Told>{}));
}

// It vanished between the look-up and the end: nothing is left to end.
void carry_out_vanished(R& r) {
  const auto& ctx = ctx_of<EndSessionCtx>(r);
  const auto& post_logout = ctx.end.post_logout;
  conclude(r, "already_over", Counter::logouts_already_over,
           ctx.end.only_client ? one_client_page(provider_of(ctx), post_logout)
                               : already_out_page(provider_of(ctx), post_logout, Claim::unknown, false));
}

void with_ended(R& r, Outcome<std::optional<redis::Ended>> ended) {
  if (!ended) return turn_away(r, ended.error());
  auto& ctx = ctx_of<EndSessionCtx>(r);
  if (!*ended) return carry_out_vanished(r);
  ctx.ended = std::move(**ended);
  if (ctx.is_repeat) {
    ctx.ended.ending.already = true;
    ctx.ended.owed = {};
  }
  note_end(r);
  const bool already = ctx.ended.ending.already;
  ctx.names_all = ctx.ended.in_front || names_applications(provider_of(ctx), ctx.end.post_logout, already);
  if (already) return ask(r, redis::told(ctx.provider->space, ctx.ended.ending.session), with_told);
  ctx.batch = deliver_and_wait(r, *ctx.provider, ctx.ended,
                               {.time = provider_of(ctx).delivery.wait, .for_everyone = ctx.names_all},
                               with_participants_told);
}

// A participation that is gone leaves no tombstone: only the caller that ended it hears of it again. So both
// clicks on one question call themselves alike.
std::string caller_of(const EndSessionCtx& ctx) {
  return ctx.end.only_client && ctx.checked.ticket ? ctx.checked.ticket->nonce : ctx.logout_id;
}

void end_now(R& r) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  const auto& provider = provider_of(ctx);
  const redis::EndTerms terms{.reason = "rp",
                              .tombstone = provider.tombstone,
                              .lease = provider.delivery.lease(),
                              .caller = caller_of(ctx)};
  const auto& space = ctx.provider->space;
  if (ctx.end.only_client) {
    ask(r, redis::end_participation(space, ctx.end.session, *ctx.end.only_client, terms), with_ended);
  } else {
    ask(r, redis::end_session(space, ctx.end.session, terms), with_ended);
  }
  // From here on the end may be a fact in Redis: the request must live to see it and hand the deliveries on.
  r.read_event_handler = ngx_http_block_reading;
}

void carry_out(R& r, const AskUser& question) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  if (question.ticket.again) {
    ctx.fault = question.ticket.again;
    report(r.connection->log, Refusal{*ctx.fault}, provider_of(ctx).name);
  }
  conclude(r, "asked", Counter::logouts_asked,
           question_page(provider_of(ctx), question.ticket, ctx.request.self, ctx.request.browser_cookies,
                         ctx.moment));
}

void with_looked_again(R& r, Outcome<redis::Located> located) {
  if (!located) return turn_away(r, located.error());
  auto& ctx = ctx_of<EndSessionCtx>(r);
  const Again again = decide_again(provider_of(ctx), ctx.checked, ctx.end, located->found.by_key, ctx.moment);
  if (const auto* question = std::get_if<AskUser>(&again)) return carry_out(r, *question);
  ctx.end = std::get<End>(again);
  ctx.is_repeat = true;
  end_now(r);
}

void with_redeemed(R& r, Outcome<bool> first_time) {
  if (!first_time) return turn_away(r, first_time.error());
  if (*first_time) return end_now(r);
  const auto& ctx = ctx_of<EndSessionCtx>(r);
  ask(r, redis::locate(ctx.provider->space, SessionQuestion{.key = ctx.end.session}, ctx.end.only_client),
      with_looked_again);
}

void carry_out(R& r, const End& end) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  ctx.end = end;
  if (!end.good_once) return end_now(r);
  ask(r,
      redis::redeem(ctx.provider->space, ctx.checked.ticket->nonce, provider_of(ctx).ticket_life,
                    ctx.logout_id),
      with_redeemed);
}

void carry_out(R& r, const AlreadyOver& over) {
  const bool is_unknown = over.claim == Claim::unknown || over.claim == Claim::forgotten;
  conclude(r, is_unknown ? "unknown" : "already_over",
           is_unknown ? Counter::logouts_unknown : Counter::logouts_already_over,
           already_out_page(provider_of(ctx_of<EndSessionCtx>(r)), over.post_logout, over.claim,
                            over.expires_cookies));
}

void carry_out(R& r, const Stay&) {
  conclude(r, "stayed", Counter::logouts_stayed, stayed_page(provider_of(ctx_of<EndSessionCtx>(r))));
}

void decide_with(R& r, const Found& found) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  const Decision decision = decide(provider_of(ctx), ctx.checked, found, ctx.moment);
  std::visit([&r](const auto& decided) { carry_out(r, decided); }, decision);
}

void with_found(R& r, Outcome<Found> found) {
  if (!found) return turn_away(r, found.error());
  decide_with(r, *found);
}

void with_located(R& r, Outcome<redis::Located> located) {
  if (!located) return turn_away(r, located.error());
  if (located->is_complete()) return decide_with(r, located->found);
  ask(r, redis::load(ctx_of<EndSessionCtx>(r).provider->space, *located), with_found);
}

void with_request(R& r) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  auto checked = slo::check_request(provider_of(ctx), ctx.request, ctx.moment);
  if (!checked) return turn_away(r, checked.error());
  ctx.checked = std::move(*checked);
  if (const auto& dropped = ctx.checked.dropped_hint) {
    report(r.connection->log, *dropped, provider_of(ctx).name);
  }
  ctx.redirect = ctx.checked.ticket ? ctx.checked.ticket->post_logout.uri : ctx.checked.redirect.value_or("");
  if (ctx.checked.question == SessionQuestion{}) return decide_with(r, Found{});
  std::optional<ClientId> about;
  if (ctx.checked.client != nullptr) about = ctx.checked.client->id;
  ask(r, redis::locate(ctx.provider->space, ctx.checked.question, about), with_located);
}

void with_opened_hint(R& r, Outcome<std::string> hint) {
  if (!hint) return turn_away(r, hint.error());
  ctx_of<EndSessionCtx>(r).request.id_token_hint = *std::move(hint);
  with_request(r);
}

// Garbage makes a private key work as a hint does: elsewhere than in the event loop, and only so many at a
// time.
void open_hint_elsewhere(R& r) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  const std::string& hint = *ctx.request.id_token_hint;
  if (auto worth_it = check_encrypted_hint(provider_of(ctx), hint); !worth_it)
    return turn_away(r, worth_it.error());
  HintDecryption& decryption = op_jobs()->decryption;
  if (!decryption.has_room()) return turn_away(r, Refusal{Fault::hint_queue_full});
  PendingAsk& pending = hold_request(r);
  decryption.open(*ctx.provider, hint, pool_new<HintDecryption::PendingReply>(r.pool),
                  [&r, &pending](Outcome<std::string> opened) {
                    go_on(r, pending, [&] { with_opened_hint(r, std::move(opened)); });
                  });
}

bool is_opened_elsewhere(const EndSessionCtx& ctx) {
  const auto& hint = ctx.request.id_token_hint;
  return ctx.provider->threads != nullptr && !ctx.request.ticket && hint && jose::is_encrypted(*hint);
}

void with_body(R& r, Outcome<std::string> body) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  if (!body) return turn_away(r, body.error());
  auto request = end_session_request(r, provider_of(ctx), r.method == NGX_HTTP_POST ? *body : ctx.query);
  if (!request) return turn_away(r, request.error());
  ctx.request = std::move(*request);
  if (is_opened_elsewhere(ctx)) return open_hint_elsewhere(r);
  with_request(r);
}

void with_wrong_method(R& r) { turn_away(r, Refusal{Fault::method_not_allowed}); }
void with_wrong_type(R& r) { turn_away(r, Refusal{Fault::content_type_unsupported}); }

}  // namespace end_session_job
}  // namespace

ngx_int_t handle_end_session(ngx_http_request_t& r) {
  auto& ctx = open_ctx<EndSessionCtx>(r);
  ctx.provider = loc_conf(r).provider;
  ctx.moment = this_moment();
  ctx.logout_id = nonce(ctx.moment, 3);
  ctx.request.wants_json = prefers_json(r);
  ctx.request.self = raw_path(r);
  ctx.query = query_of(r);
  at_parting<end_session_job::with_user_gone>(r, ctx);
  hide_request(r, shown_of(r));
  if (r.method != NGX_HTTP_GET && r.method != NGX_HTTP_POST)
    return drop_body(r, end_session_job::with_wrong_method);
  if (r.method == NGX_HTTP_POST && !is_form(r)) return drop_body(r, end_session_job::with_wrong_type);
  return read_body(r, end_session_job::with_body);
}

}  // namespace slo::ngx
