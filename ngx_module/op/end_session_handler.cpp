// SPDX-License-Identifier: BSD-2-Clause
// Job 1, RP-initiated logout: reads, asks the store, ends the session there, has everybody told, answers the
// browser.
//
// Each function ends in exactly one of respond or ask; what they decide with is in core.
#include <utility>

#include "core/op/end_session.h"
#include "core/op/hint.h"
#include "core/op/logout_page.h"
#include "ngx_module/base/handlers.h"
#include "ngx_module/base/worker.h"
#include "ngx_module/delivery/deliver_and_wait.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/http/body.h"
#include "ngx_module/http/hiding.h"
#include "ngx_module/http/parting.h"
#include "ngx_module/http/request.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/op/end_session_ctx.h"
#include "ngx_module/op/logout_log.h"
#include "redis_schema/told.h"

namespace slo::ngx {
namespace {
namespace end_session_job {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;

const Provider& provider_of(const EndSessionVisit& visit) { return visit.provider->provider; }

void note(R& r, std::string_view result, Counter counter) {
  visit_of<Visit>(r).result = result;
  count(counter);
}

void conclude(R& r, std::string_view result, Counter counter, const Page& page) {
  note(r, result, counter);
  respond(r, page);
}

// Where a new logout without a hint can be begun; where hints are required, nowhere.
std::string_view way_in(const EndSessionVisit& visit) {
  return provider_of(visit).hint.required ? std::string_view{} : std::string_view(visit.request.self);
}

void turn_away(R& r, const Refusal& refusal) {
  auto& visit = visit_of<EndSessionVisit>(r);
  visit.fault = refusal.fault;
  report(r.connection->log, refusal, provider_of(visit).name);
  const bool our_fault = describe(refusal.fault).status >= 500;
  conclude(r, "refused", our_fault ? Counter::logouts_failed : Counter::logouts_refused,
           refusal_page(refusal, visit.request.wants_json, way_in(visit), visit.logout_id));
}

// What has ended is a fact whether its user waits or leaves: it is counted at once, and its line is written
// when it is known who was told, at the latest as the request goes.
void log_end(R& r, EndSessionVisit& visit, const std::vector<Told>& told, bool is_gone) {
  if (std::exchange(visit.is_told, true)) return;
  std::string_view what = visit.end.only_client ? "left" : "ended";
  if (visit.ended.ending.already) what = "already_over";
  log_logout(r.connection->log, provider_of(visit), visit.ended, told,
             {.what = what,
              .reason = "rp",
              .logout_id = visit.logout_id,
              .took = time_taken(r),
              .is_gone = is_gone,
              .is_many = visit.is_many && (is_gone || visit.ended.ending.session.participants.empty())});
}

void with_user_gone(R& r, EndSessionVisit& visit) { log_end(r, visit, visit.batch.told(), true); }

void note_end(R& r) {
  auto& visit = visit_of<EndSessionVisit>(r);
  visit.is_told = false;
  const bool already = visit.ended.ending.already;
  note(r, already ? "already_over" : "ended",
       already ? Counter::logouts_already_over : Counter::logouts_ended);
}

void with_participants_told(R& r, const std::vector<Told>& told) {
  auto& visit = visit_of<EndSessionVisit>(r);
  log_end(r, visit, told, false);
  const Circumstances circumstances{.told = told,
                                    .claim = visit.end.claim,
                                    .already = visit.ended.ending.already,
                                    .one_client = visit.end.only_client.has_value(),
                                    .self = visit.request.self};
  respond(r, logout_page(provider_of(visit), visit.ended.ending.session, visit.end.onward, circumstances,
                         this_moment()));
}

// Should the store not say, nothing is claimed of those that are told in the background.
// NOLINTNEXTLINE(performance-unnecessary-value-param): ask() hands answers over by value
void with_told(R& r, Outcome<std::vector<Told>> told) {
  with_participants_told(r, told.value_or(std::vector<Told>{}));
}

// It vanished between the look-up and the end: nothing is left to end.
void carry_out_vanished(R& r) {
  const auto& visit = visit_of<EndSessionVisit>(r);
  const auto& onward = visit.end.onward;
  conclude(r, "already_over", Counter::logouts_already_over,
           visit.end.only_client ? one_client_page(provider_of(visit), onward)
                                 : already_out_page(provider_of(visit), onward, Claim::unknown, false));
}

void with_ended(R& r, Outcome<std::optional<redis::Ended>> ended) {
  if (!ended) return turn_away(r, ended.error());
  auto& visit = visit_of<EndSessionVisit>(r);
  if (!*ended) return carry_out_vanished(r);
  visit.ended = std::move(**ended);
  if (visit.is_repeat) {
    visit.ended.ending.already = true;
    visit.ended.owed = {};
  }
  note_end(r);
  const bool already = visit.ended.ending.already;
  if (already) return ask(r, redis::told(visit.provider->space, visit.ended.ending.session), with_told);
  visit.is_many = !visit.ended.owed.bundles.empty();
  const bool names_all =
      visit.ended.in_front || names_applications(provider_of(visit), visit.end.onward, already);
  visit.batch =
      await(r, *visit.provider, visit.ended,
            {.time = provider_of(visit).delivery.wait, .for_everyone = names_all}, with_participants_told);
}

// A participation that is gone leaves no tombstone: only the caller that ended it hears of it again. So both
// clicks on one question call themselves alike.
std::string caller_of(const EndSessionVisit& visit) {
  return visit.end.only_client && visit.asked.ticket ? visit.asked.ticket->nonce : visit.logout_id;
}

void end_now(R& r) {
  auto& visit = visit_of<EndSessionVisit>(r);
  const auto& provider = provider_of(visit);
  const redis::EndTerms terms{.reason = "rp",
                              .tombstone = provider.tombstone,
                              .lease = provider.delivery.lease(),
                              .caller = caller_of(visit)};
  const auto& space = visit.provider->space;
  if (visit.end.only_client) {
    ask(r, redis::end_participation(space, visit.end.session, *visit.end.only_client, terms), with_ended);
  } else {
    ask(r, redis::end_session(space, visit.end.session, terms), with_ended);
  }
  // From here on the end may be a fact in Redis: the request must live to see it and hand the deliveries on.
  r.read_event_handler = ngx_http_block_reading;
}

void carry_out(R& r, const AskUser& question) {
  auto& visit = visit_of<EndSessionVisit>(r);
  if (question.ticket.again) {
    visit.fault = question.ticket.again;
    report(r.connection->log, Refusal{*visit.fault}, provider_of(visit).name);
  }
  conclude(r, "asked", Counter::logouts_asked,
           question_page(provider_of(visit), question.ticket, visit.request.self,
                         visit.request.browser_cookies, visit.moment));
}

void with_looked_again(R& r, Outcome<redis::Located> located) {
  if (!located) return turn_away(r, located.error());
  auto& visit = visit_of<EndSessionVisit>(r);
  const Again again =
      decide_again(provider_of(visit), visit.asked, visit.end, located->found.by_key, visit.moment);
  if (const auto* question = std::get_if<AskUser>(&again)) return carry_out(r, *question);
  visit.end = std::get<End>(again);
  visit.is_repeat = true;
  end_now(r);
}

void with_redeemed(R& r, Outcome<bool> first_time) {
  if (!first_time) return turn_away(r, first_time.error());
  if (*first_time) return end_now(r);
  const auto& visit = visit_of<EndSessionVisit>(r);
  ask(r,
      redis::locate(visit.provider->space, SessionQuestion{.key = visit.end.session}, visit.end.only_client),
      with_looked_again);
}

void carry_out(R& r, const End& end) {
  auto& visit = visit_of<EndSessionVisit>(r);
  visit.end = end;
  if (!end.good_once) return end_now(r);
  ask(r,
      redis::redeem(visit.provider->space, visit.asked.ticket->nonce, provider_of(visit).ticket_life,
                    visit.logout_id),
      with_redeemed);
}

void carry_out(R& r, const AlreadyOver& over) {
  const bool is_unknown = over.claim == Claim::unknown || over.claim == Claim::forgotten;
  conclude(r, is_unknown ? "unknown" : "already_over",
           is_unknown ? Counter::logouts_unknown : Counter::logouts_already_over,
           already_out_page(provider_of(visit_of<EndSessionVisit>(r)), over.onward, over.claim,
                            over.expires_cookies));
}

void carry_out(R& r, const Stay&) {
  conclude(r, "stayed", Counter::logouts_stayed, stayed_page(provider_of(visit_of<EndSessionVisit>(r))));
}

void decide_with(R& r, const Found& found) {
  auto& visit = visit_of<EndSessionVisit>(r);
  const Decision decision = decide(provider_of(visit), visit.asked, found, visit.moment);
  std::visit([&r](const auto& decided) { carry_out(r, decided); }, decision);
}

void with_found(R& r, Outcome<Found> found) {
  if (!found) return turn_away(r, found.error());
  decide_with(r, *found);
}

void with_located(R& r, Outcome<redis::Located> located) {
  if (!located) return turn_away(r, located.error());
  if (located->is_complete()) return decide_with(r, located->found);
  ask(r, redis::load(visit_of<EndSessionVisit>(r).provider->space, *located), with_found);
}

void with_request(R& r) {
  auto& visit = visit_of<EndSessionVisit>(r);
  auto asked = slo::ask(provider_of(visit), visit.request, visit.moment);
  if (!asked) return turn_away(r, asked.error());
  visit.asked = std::move(*asked);
  if (const auto& dropped = visit.asked.dropped_hint) {
    report(r.connection->log, *dropped, provider_of(visit).name);
  }
  visit.redirect = visit.asked.ticket ? visit.asked.ticket->onward.uri : visit.asked.redirect.value_or("");
  if (visit.asked.question == SessionQuestion{}) return decide_with(r, Found{});
  std::optional<ClientId> about;
  if (visit.asked.client != nullptr) about = visit.asked.client->id;
  ask(r, redis::locate(visit.provider->space, visit.asked.question, about), with_located);
}

void with_opened_hint(R& r, Outcome<std::string> hint) {
  if (!hint) return turn_away(r, hint.error());
  visit_of<EndSessionVisit>(r).request.id_token_hint = *std::move(hint);
  with_request(r);
}

// Garbage makes a private key work as a hint does: elsewhere than in the event loop, and only so many at a
// time.
void open_hint_elsewhere(R& r) {
  auto& visit = visit_of<EndSessionVisit>(r);
  const std::string& hint = *visit.request.id_token_hint;
  if (auto worth_it = check_encrypted_hint(provider_of(visit), hint); !worth_it)
    return turn_away(r, worth_it.error());
  Opening& opening = worker()->opening;
  if (!opening.has_room()) return turn_away(r, Refusal{Fault::hint_queue_full});
  ngx::Asked& asked = sit_down(r);
  opening.open(*visit.provider, hint, pool_new<Opening::Seat>(r.pool),
               [&r, &asked](Outcome<std::string> opened) {
                 go_on(r, asked, [&] { with_opened_hint(r, std::move(opened)); });
               });
}

bool is_opened_elsewhere(const EndSessionVisit& visit) {
  const auto& hint = visit.request.id_token_hint;
  return visit.provider->threads != nullptr && !visit.request.ticket && hint && jose::is_encrypted(*hint);
}

void with_body(R& r, Outcome<std::string> body) {
  auto& visit = visit_of<EndSessionVisit>(r);
  if (!body) return turn_away(r, body.error());
  auto request = end_session_request(r, provider_of(visit), r.method == NGX_HTTP_POST ? *body : visit.query);
  if (!request) return turn_away(r, request.error());
  visit.request = std::move(*request);
  if (is_opened_elsewhere(visit)) return open_hint_elsewhere(r);
  with_request(r);
}

void with_wrong_method(R& r) { turn_away(r, Refusal{Fault::method_not_allowed}); }
void with_wrong_type(R& r) { turn_away(r, Refusal{Fault::content_type_unsupported}); }

}  // namespace end_session_job
}  // namespace

ngx_int_t handle_end_session(ngx_http_request_t& r) {
  auto& visit = open_visit<EndSessionVisit>(r);
  visit.provider = loc_conf(r).provider;
  visit.moment = this_moment();
  visit.logout_id = nonce(visit.moment, 3);
  visit.request.wants_json = prefers_json(r);
  visit.request.self = raw_path(r);
  visit.query = query_of(r);
  at_parting<end_session_job::with_user_gone>(r, visit);
  hide_request(r, shown_of(r));
  if (r.method != NGX_HTTP_GET && r.method != NGX_HTTP_POST)
    return drop_body(r, end_session_job::with_wrong_method);
  if (r.method == NGX_HTTP_POST && !is_form(r)) return drop_body(r, end_session_job::with_wrong_type);
  return read_body(r, end_session_job::with_body);
}

}  // namespace slo::ngx
