// SPDX-License-Identifier: BSD-2-Clause
// RP-initiated logout: reads, asks the store, has core decide, answers.
//
// What it decides to end, end_session_ending.cpp ends. Each function ends in exactly one of respond or ask;
// what they decide with is in core.
#include <algorithm>
#include <utility>
#include <variant>

#include "core/op/end_session.h"
#include "core/op/logout_page.h"
#include "core/op/upstream_logout.h"
#include "core/provider/encrypted_token.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/http/body.h"
#include "ngx_module/http/hiding.h"
#include "ngx_module/http/parting.h"
#include "ngx_module/http/request.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/logout/end_session_ctx.h"
#include "ngx_module/logout/end_session_request.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/op/directives.h"
#include "ngx_module/op/jobs.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {
namespace end_session_job {
namespace {

void with_wrong_method(R& r);
void with_wrong_type(R& r);
void with_body(R& r, Outcome<std::string> body);
bool is_opened_elsewhere(const EndSessionCtx& ctx);
void open_hint_elsewhere(R& r);
void with_opened_hint(R& r, Outcome<std::string> hint);

bool waits_for_keys(R& r, const Refusal& why);
void with_located(R& r, Outcome<redis::Located> located);
void with_found(R& r, Outcome<Found> found);
void decide_with(R& r, const Found& found);

std::string_view way_in(const EndSessionCtx& ctx);

}  // namespace
}  // namespace end_session_job

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

namespace end_session_job {
namespace {

void with_wrong_method(R& r) { turn_away(r, Refusal{Fault::method_not_allowed, "GET, POST"}); }

void with_wrong_type(R& r) { turn_away(r, Refusal{Fault::content_type_unsupported}); }

void with_body(R& r, Outcome<std::string> body) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  if (!body) return turn_away(r, body.error());
  auto request = end_session_request(r, provider_of(ctx), r.method == NGX_HTTP_POST ? *body : ctx.query);
  if (!request) return turn_away(r, request.error());
  ctx.request = std::move(*request);
  if (!way_back_of(provider_of(ctx), ctx.request).empty()) return come_back(r);
  if (is_opened_elsewhere(ctx)) return open_hint_elsewhere(r);
  with_request(r);
}

bool is_opened_elsewhere(const EndSessionCtx& ctx) {
  const auto& hint = ctx.request.id_token_hint;
  return ctx.provider->threads != nullptr && !ctx.request.ticket && hint && jose::is_encrypted(*hint);
}

// Garbage makes a private key work as a hint does: elsewhere than in the event loop, and only so many at a
// time.
void open_hint_elsewhere(R& r) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  const std::string& hint = *ctx.request.id_token_hint;
  if (auto worth_it = check_encrypted(provider_of(ctx), hint); !worth_it)
    return turn_away(r, worth_it.error());
  HintDecryption& decryption = op_jobs()->decryption;
  if (!decryption.has_room()) return turn_away(r, Refusal{Fault::hint_queue_full});
  PendingAsk& pending = hold_request(r);
  decryption.open(*ctx.provider, hint, pool_new<HintDecryption::PendingReply>(r.pool),
                  [&r, &pending](Outcome<std::string> opened) {
                    go_on(r, pending, [&] { with_opened_hint(r, std::move(opened)); });
                  });
}

void with_opened_hint(R& r, Outcome<std::string> hint) {
  if (!hint) return turn_away(r, hint.error());
  auto& request = ctx_of<EndSessionCtx>(r).request;
  request.id_token_hint = *std::move(hint);
  request.is_hint_opened = true;
  with_request(r);
}

}  // namespace

void with_request(R& r) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  key_fetcher()->take_newest(*ctx.provider);
  auto checked = slo::check_request(provider_of(ctx), ctx.request, ctx.moment);
  if (!checked && waits_for_keys(r, checked.error())) return;
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

namespace {

// The OP may have just begun to use a key: the request is judged anew when its keys have been fetched.
bool waits_for_keys(R& r, const Refusal& why) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  const auto time = key_wait_left(ctx.keys_until);
  if (time <= Millis{0} || !key_fetcher()->may_help(*ctx.provider, why)) return false;
  PendingAsk& pending = hold_request(r);
  key_fetcher()->wait(*ctx.provider, time, ctx.keys,
                      [&r, &pending] { go_on(r, pending, [&r] { with_request(r); }); });
  return true;
}

void with_located(R& r, Outcome<redis::Located> located) {
  if (!located) return turn_away(r, located.error());
  if (located->is_complete()) return decide_with(r, located->found);
  ask(r, redis::load(ctx_of<EndSessionCtx>(r).provider->space, *located), with_found);
}

void with_found(R& r, Outcome<Found> found) {
  if (!found) return turn_away(r, found.error());
  decide_with(r, *found);
}

bool is_over(const Found& found, const SessionKey& key) {
  const auto has_ended = [&key](const Session& session) { return session.key == key && !session.is_live(); };
  return (found.by_sid && has_ended(*found.by_sid)) || (found.by_key && has_ended(*found.by_key)) ||
         std::ranges::any_of(found.by_cookie, has_ended, &FoundByCookie::session);
}

void decide_with(R& r, const Found& found) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  const Decision decision = decide(provider_of(ctx), ctx.checked, found, ctx.moment);
  if (const auto* end = std::get_if<End>(&decision)) ctx.was_over = is_over(found, end->session);
  std::visit([&r](const auto& decided) { carry_out(r, decided); }, decision);
}

}  // namespace

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

void turn_away(R& r, const Refusal& refusal) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  ctx.fault = refusal.fault;
  report(r.connection->log, for_log(r, refusal), provider_of(ctx).name);
  const bool our_fault = describe(refusal.fault).status >= 500;
  conclude(r, "refused", our_fault ? Counter::logouts_failed : Counter::logouts_refused,
           refusal_page(refusal, ctx.request.wants_json, way_in(ctx), ctx.logout_id));
}

namespace {

// Where a new logout without a hint can be begun; where hints are required, nowhere.
std::string_view way_in(const EndSessionCtx& ctx) {
  return provider_of(ctx).hint.required ? std::string_view{} : std::string_view(ctx.request.self);
}

}  // namespace

void conclude(R& r, std::string_view result, Counter counter, const Page& page) {
  note(r, result, counter);
  respond(r, page);
}

void note(R& r, std::string_view result, Counter counter) {
  ctx_of<RequestCtx>(r).result = result;
  count(counter);
}

}  // namespace end_session_job
}  // namespace slo::ngx
