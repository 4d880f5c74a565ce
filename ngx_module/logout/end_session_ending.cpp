// SPDX-License-Identifier: BSD-2-Clause
// RP-initiated logout, once it is decided: ends the session in the store, has everybody told, answers.
#include <algorithm>
#include <iterator>
#include <utility>

#include "core/op/logout_page.h"
#include "core/op/upstream_logout.h"
#include "ngx_module/delivery/deliver_and_wait.h"
#include "ngx_module/delivery/logout_log.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/http/request.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/logout/end_session_ctx.h"
#include "ngx_module/nginx/moment.h"
#include "redis_schema/told.h"

namespace slo::ngx::end_session_job {
namespace {

void with_redeemed(R& r, Outcome<bool> first_time);
void with_looked_again(R& r, Outcome<redis::Located> located);
void end_now(R& r);
void end_here(R& r);
std::string caller_of(const EndSessionCtx& ctx);

void with_ended(R& r, Outcome<std::optional<redis::Ended>> ended);
bool ends_at_op(const R& r, const EndSessionCtx& ctx);
void note_end(R& r);
void ask_upstream(R& r);
void keep_upstream(R& r, const EndSessionCtx& ctx);
void carry_out_vanished(R& r);
void with_all_told_by_op(R& r);
void with_told(R& r, Outcome<std::vector<Told>> told);
void with_participants_told(R& r, const std::vector<Told>& told);
void with_all_done(R& r);

void log_end(R& r, EndSessionCtx& ctx, const std::vector<Told>& told, bool is_gone);

}  // namespace

void carry_out(R& r, const End& end) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  ctx.end = end;
  if (!end.good_once) return end_now(r);
  ask(r,
      redis::redeem(ctx.provider->space, ctx.checked.ticket->nonce, provider_of(ctx).ticket_life,
                    ctx.logout_id),
      with_redeemed);
}

namespace {

void with_redeemed(R& r, Outcome<bool> first_time) {
  if (!first_time) return turn_away(r, first_time.error());
  if (*first_time) return end_now(r);
  const auto& ctx = ctx_of<EndSessionCtx>(r);
  ask(r, redis::locate(ctx.provider->space, SessionQuestion{.key = ctx.end.session}, ctx.end.only_client),
      with_looked_again);
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

// Where the OP tells the clients, its own session ends first: if it does not, they are told by us.
void end_now(R& r) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  const auto& policy = provider_of(ctx).upstream_logout;
  if (!policy.op_notifies || !ends_at_op(r, ctx) || ctx.was_over) return end_here(r);
  ctx.are_told = will_op_tell(provider_of(ctx), ctx.request);
  ask_upstream(r);
  if (ctx.upstream == nullptr) return end_here(r);
  ctx.upstream->when_over([](R& request) {
    auto& its = ctx_of<EndSessionCtx>(request);
    its.are_told = its.upstream->is_done();
    end_here(request);
  });
}

void end_here(R& r) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  const auto& provider = provider_of(ctx);
  const redis::EndTerms terms{.reason = "rp",
                              .are_told = ctx.are_told,
                              .tombstone = provider.tombstone,
                              .retention = provider.retention,
                              .lease = ctx.are_told ? Millis{} : provider.delivery.lease(),
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

// A participation that is gone leaves no tombstone: only the caller that ended it hears of it again. So both
// clicks on one question call themselves alike.
std::string caller_of(const EndSessionCtx& ctx) {
  return ctx.end.only_client && ctx.checked.ticket ? ctx.checked.ticket->nonce : ctx.logout_id;
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
  const bool op_notifies = provider_of(ctx).upstream_logout.op_notifies && ends_at_op(r, ctx);
  if (ctx.upstream == nullptr && (!op_notifies || ctx.was_over)) ask_upstream(r);
  if (ctx.are_told || (already && op_notifies)) return with_all_told_by_op(r);
  ctx.names_all = ctx.ended.in_front || names_applications(provider_of(ctx), ctx.end.post_logout, already);
  if (already) {
    ask(r, redis::told(ctx.provider->space, ctx.ended.ending.session), with_told);
    return keep_upstream(r, ctx);
  }
  ctx.batch = deliver_and_wait(r, *ctx.provider, ctx.ended,
                               {.time = provider_of(ctx).delivery.wait, .for_everyone = ctx.names_all},
                               with_participants_told);
  keep_upstream(r, ctx);
}

void note_end(R& r) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  ctx.is_told = false;
  const bool already = ctx.ended.ending.already;
  note(r, already ? "already_over" : "ended",
       already ? Counter::logouts_already_over : Counter::logouts_ended);
}

// Its session is that of all clients.
bool ends_at_op(const R& r, const EndSessionCtx& ctx) {
  return !provider_of(ctx).upstream_logout.uri.empty() && !ctx.end.only_client && &r == r.main;
}

// A user who ends it twice may do so because it had not worked.
void ask_upstream(R& r) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  const auto& provider = provider_of(ctx);
  if (!ends_at_op(r, ctx) || provider.upstream_logout.by_browser) return;
  UpstreamLogoutAsker asker{.session_cookies = ctx.request.session_cookies,
                            .again = ctx.ended.ending.already};
  std::string form = upstream_logout_form(ctx.request, ctx.checked);
  if (may_ask_upstream(provider, asker, form)) {
    ctx.upstream = &UpstreamLogout::begin(r, provider, std::move(form), std::move(asker));
  } else {
    ctx.op_lives = !asker.again;
  }
}

// A client that leaves would take it along.
void keep_upstream(R& r, const EndSessionCtx& ctx) {
  if (ctx.upstream != nullptr) r.read_event_handler = ngx_http_block_reading;
}

// It vanished between the look-up and the end: nothing is left to end.
void carry_out_vanished(R& r) {
  const auto& ctx = ctx_of<EndSessionCtx>(r);
  const auto& post_logout = ctx.end.post_logout;
  conclude(r, "already_over", Counter::logouts_already_over,
           ctx.end.only_client ? one_client_page(provider_of(ctx), post_logout)
                               : already_out_page(provider_of(ctx), post_logout, Claim::unknown, false));
}

// No frames and no list: what becomes of them, the OP knows.
void with_all_told_by_op(R& r) {
  ctx_of<EndSessionCtx>(r).ended.ending.session.participants.clear();
  with_participants_told(r, {});
}

// Should the store not say, nothing is claimed of those that are told in the background.
// NOLINTNEXTLINE(performance-unnecessary-value-param): ask() hands answers over by value
void with_told(R& r, Outcome<std::vector<Told>> told) {
  with_participants_told(r, told.value_or(std::vector<Told>{}));
}

void with_participants_told(R& r, const std::vector<Told>& told) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  log_end(r, ctx, told, false);
  ctx.told = told;
  if (ctx.upstream != nullptr) return ctx.upstream->when_over(with_all_done);
  if (ends_at_op(r, ctx) && provider_of(ctx).upstream_logout.by_browser) return go_to_op(r);
  with_all_done(r);
}

void with_all_done(R& r) { answer_end(r, ctx_of<EndSessionCtx>(r).end.post_logout); }

}  // namespace

void answer_end(R& r, const PostLogout& post_logout) {
  auto& ctx = ctx_of<EndSessionCtx>(r);
  const Circumstances circumstances{
      .told = ctx.told,
      .claim = ctx.end.claim,
      .already = ctx.ended.ending.already,
      .one_client = ctx.end.only_client.has_value(),
      .goes_to_op = !ctx.way_back.empty(),
      .op_lives = ctx.upstream != nullptr ? !ctx.upstream->is_done() : ctx.op_lives,
      .lacks_applications = ctx.names_all && ctx.ended.ending.lacks_participants,
      .self = ctx.request.self};
  Page page =
      logout_page(provider_of(ctx), ctx.ended.ending.session, post_logout, circumstances, this_moment());
  if (ctx.upstream != nullptr) std::ranges::copy(ctx.upstream->cookies(), std::back_inserter(page.headers));
  if (!ctx.browser.empty())
    page.headers.push_back(browser_cookie_header(provider_of(ctx), ctx.browser, way_back_life));
  respond(r, page);
}

void with_user_gone(R& r, EndSessionCtx& ctx) {
  log_end(r, ctx, ctx.batch.told(), true);
  if (ctx.upstream != nullptr) ctx.upstream->give_up();
}

namespace {

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

}  // namespace
}  // namespace slo::ngx::end_session_job
