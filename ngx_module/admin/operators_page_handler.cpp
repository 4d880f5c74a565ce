// SPDX-License-Identifier: BSD-2-Clause
// The operators' page at the path of slo_api itself: read, shown, and its buttons pressed.
//
// What it says is core/admin/operators_page's. A press goes on as the same call of the API.
#include <utility>

#include "core/admin/operators_page.h"
#include "core/pages/page_frame.h"
#include "ngx_module/admin/api_ctx.h"
#include "ngx_module/admin/audit.h"
#include "ngx_module/admin/conf.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/http/request.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/report.h"

namespace slo::ngx::api_job {
namespace {

using Deliveries = Outcome<PageList<ListedDelivery>>;
using Sessions = Outcome<PageList<Session>>;

PageVisit& visit_at(R& r) { return *ctx_at(r).visit; }
PagePlace place_of_page(R& r);
std::string reader_of(R& r);
void send_away(R& r, const Refusal& refusal);

void show_page(R& r);
void with_status(R& r);
void with_dead(R& r, Deliveries dead);
void with_owed(R& r, Deliveries owed);
void with_page_sessions(R& r, Sessions sessions);
void list_deliveries(R& r, DeliveryState state, const std::string& from, void (*next)(R&, Deliveries));
void list_sessions(R& r, const PageQuery& query, void (*next)(R&, Sessions));
void show_all(R& r);

void press(R& r, const std::string& body);
void with_redeemed(R& r, Outcome<bool> redeemed);
PageNotice notice_of(R& r, int status);

}  // namespace

// The front door
// -----------------------------------------------------------------------------------------------------

void answer_operator(R& r, const std::string& body) {
  visit_at(r).reader = reader_of(r);
  const std::string_view method = view(r.method_name);
  if (method == "POST") return press(r, body);
  if (method == "GET" || method == "HEAD") return show_page(r);
  send_away(r, Refusal{Fault::method_not_allowed, "GET, HEAD, POST"});
}

namespace {

PagePlace place_of_page(R& r) {
  return {.host = find_header(r, "host"), .location = prefix_of(r), .reader = visit_at(r).reader};
}

std::string reader_of(R& r) {
  const Caller caller = verified_caller(r);
  return std::string(caller.user).append(1, '\n').append(caller.certificate);
}

void send_away(R& r, const Refusal& refusal) {
  auto& ctx = ctx_at(r);
  ctx.fault = refusal.fault;
  report(r.connection->log, for_log(r, refusal), ctx.provider == nullptr ? "" : ctx.provider->provider.name);
  respond(r, operators_refusal(refusal));
}

// Show
// ---------------------------------------------------------------------------------------------------------------

void show_page(R& r) {
  auto& ctx = ctx_at(r);
  auto query = read_page_query(ctx.query);
  if (!query) return send_away(r, query.error());
  const auto& providers = main_conf(r).providers;
  if (!query->provider.empty()) {
    ctx.provider = named_provider(r, query->provider);
    if (ctx.provider == nullptr)
      return send_away(r, Refusal{Fault::api_not_found, "no such slo_provider in the address"});
  } else if (!providers.empty()) {
    ctx.provider = &providers.front();
  }
  visit_at(r).view.query = *std::move(query);
  read_status(r, visit_at(r).reading, with_status);
}

void with_status(R& r) {
  OperatorsView& view = visit_at(r).view;
  view.status = std::move(visit_at(r).reading.report);
  if (is_store_away(view.status) || ctx_at(r).provider == nullptr) return show_all(r);
  list_deliveries(r, DeliveryState::dead, view.query.dead, with_dead);
}

void with_dead(R& r, Deliveries dead) {
  OperatorsView& view = visit_at(r).view;
  view.dead = std::move(dead);
  list_deliveries(r, DeliveryState::pending, view.query.owed, with_owed);
}

void with_owed(R& r, Deliveries owed) {
  OperatorsView& view = visit_at(r).view;
  view.owed = std::move(owed);
  if (!view.query.sub) return show_all(r);
  list_sessions(r, view.query, with_page_sessions);
}

void with_page_sessions(R& r, Sessions sessions) {
  visit_at(r).view.sessions = std::move(sessions);
  show_all(r);
}

void list_deliveries(R& r, DeliveryState state, const std::string& from, void (*next)(R&, Deliveries)) {
  auto listing = redis::list_ids(space_of(r), state, page_deliveries, from);
  if (!listing) return next(r, refuse(listing.error()));
  ask<redis::DeliveryIds>(r, *std::move(listing), [&r, state, next](Outcome<redis::DeliveryIds> ids) {
    if (!ids) return next(r, refuse(ids.error()));
    if (ids->places.empty()) return next(r, PageList<ListedDelivery>{});
    ask<std::vector<ListedDelivery>>(
        r, redis::load_listed(space_of(r), state, *ids),
        [&r, next, where = ids->next](Outcome<std::vector<ListedDelivery>> listed) {
          if (!listed) return next(r, refuse(listed.error()));
          next(r, PageList<ListedDelivery>{std::move(*listed), where});
        });
  });
}

void list_sessions(R& r, const PageQuery& query, void (*next)(R&, Sessions)) {
  const api::ListSessions command{.sub = *query.sub, .limit = page_sessions, .cursor = query.sessions};
  auto keys = redis::sessions_of(space_of(r), command.sub, offset_of(command), command.limit);
  ask<std::vector<SessionKey>>(
      r, std::move(keys), [&r, next, after = next_cursor(command)](Outcome<std::vector<SessionKey>> found) {
        if (!found) return next(r, refuse(found.error()));
        if (found->empty()) return next(r, PageList<Session>{});
        const std::string where = found->size() == page_sessions ? after : "";
        ask<std::vector<std::optional<Session>>>(
            r, redis::load_sessions(space_of(r), *found),
            [&r, next, where](Outcome<std::vector<std::optional<Session>>> loaded) {
              if (!loaded) return next(r, refuse(loaded.error()));
              PageList<Session> list{.next = where};
              for (auto& session : *loaded) {
                if (session) list.entries.push_back(std::move(*session));
              }
              next(r, std::move(list));
            });
      });
}

void show_all(R& r) {
  const ProviderConf* provider = ctx_at(r).provider;
  OperatorsView& view = visit_at(r).view;
  const Moment moment = this_moment();
  view.now = moment.now;
  view.may_write = admin_loc_conf(r).api_write;
  if (provider != nullptr) {
    view.provider = &provider->provider;
    view.notice = read_page_notice(*view.provider, place_of_page(r), view.query.notice, moment.seconds());
    if (view.may_write) view.ticket = make_page_ticket(*view.provider, place_of_page(r), moment);
  }
  respond(r, operators_page(view));
}

// Press
// --------------------------------------------------------------------------------------------------------------

void press(R& r, const std::string& body) {
  auto& ctx = ctx_at(r);
  if (const auto may = check_form_write(api_request_of(r)); !may) return send_away(r, may.error());
  auto pressed = read_page_press(body);
  if (!pressed) return send_away(r, pressed.error());
  ctx.provider = named_provider(r, pressed->provider);
  if (ctx.provider == nullptr)
    return send_away(r, Refusal{Fault::api_not_found, "no such slo_provider in the form"});
  const auto nonce_of =
      open_page_ticket(provider_of(r), place_of_page(r), pressed->ticket, this_moment().seconds());
  if (!nonce_of) return send_away(r, nonce_of.error());
  visit_at(r).press = *std::move(pressed);
  ask(r, redis::redeem(space_of(r), *nonce_of, page_ticket_life, nonce(this_moment(), 0)), with_redeemed);
}

void with_redeemed(R& r, Outcome<bool> redeemed) {
  auto& ctx = ctx_at(r);
  if (redeemed && !*redeemed) return send_away(r, Refusal{Fault::api_ticket_used});
  ctx.command = visit_at(r).press->command;
  if (!redeemed) return turn_away(r, redeemed.error());
  carry_out_command(r);
}

PageNotice notice_of(R& r, int status) {
  const auto& ctx = ctx_at(r);
  if (status >= 300 || !ctx.command) return {.what = PageNotice::What::refused, .fault = ctx.fault};
  if (std::holds_alternative<api::EndSessionsOf>(*ctx.command))
    return {.what = PageNotice::What::ended, .count = ctx.gone.size()};
  if (const auto* all = std::get_if<api::RetryDeliveriesOf>(&*ctx.command))
    return {.what = PageNotice::What::all_retried,
            .client = all->client.value,
            .count = ctx.retried.size(),
            .more = !ctx.next.empty()};
  const bool is_retry = std::holds_alternative<api::RetryDelivery>(*ctx.command);
  return {.what = is_retry ? PageNotice::What::retried : PageNotice::What::dropped,
          .client = ctx.delivery ? ctx.delivery->client.value : ""};
}

}  // namespace

Page back_to_page(R& r, int status) {
  PageQuery there{.provider = provider_of(r).name};
  if (const auto* end = std::get_if<api::EndSessionsOf>(&visit_at(r).press->command)) there.sub = end->sub;
  there.notice =
      write_page_notice(provider_of(r), place_of_page(r), notice_of(r, status), this_moment().seconds());
  return see_other(page_link(there));
}

}  // namespace slo::ngx::api_job
