// SPDX-License-Identifier: BSD-2-Clause
// slo_api, the management API: finds the provider in the path, asks the store, writes JSON.
//
// What a command means and how a result looks is core/admin/api.h's; here are only its doors.
#include <algorithm>
#include <utility>
#include <vector>

#include "core/admin/api.h"
#include "core/provider/application.h"
#include "ngx_module/admin/api_ctx.h"
#include "ngx_module/admin/audit.h"
#include "ngx_module/admin/conf.h"
#include "ngx_module/admin/directives.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/http/body.h"
#include "ngx_module/http/hiding.h"
#include "ngx_module/http/parting.h"
#include "ngx_module/http/request.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/zone.h"
#include "redis_schema/bound_cookies.h"

namespace slo::ngx {
namespace api_job {

void with_body(R& r, Outcome<std::string> body);

namespace {

struct Address {
  std::string_view provider{};
  std::string_view rest{};  // with its leading slash, or empty
};

Address address_of(std::string_view path, std::string_view prefix);
bool is_logout(const ApiCommand& command);
std::span<const std::string> own_names(const R& r);

void carry_out(R& r, const api::ShowSession& command);
void with_session(R& r, Outcome<std::optional<Session>> session);
void with_remembered(R& r, Outcome<std::vector<RememberedCookie>> cookies);
void carry_out(R& r, const api::ListSessions& command);
void with_keys(R& r, Outcome<std::vector<SessionKey>> keys);
void with_sessions(R& r, Outcome<std::vector<std::optional<Session>>> loaded);

void carry_out(R& r, const api::ListDeliveries& command);
void with_ids(R& r, Outcome<redis::DeliveryIds> ids);
void with_listed(R& r, Outcome<std::vector<ListedDelivery>> listed);
void carry_out(R& r, const api::ListClients& command);
void carry_out(R& r, const api::ShowClient& command);

void with_caller_gone(R& r, ApiCtx& ctx);
void audit(R& r, ApiCtx& ctx, int status);

}  // namespace
}  // namespace api_job

ngx_int_t handle_api(ngx_http_request_t& r) {
  auto& ctx = open_ctx<api_job::ApiCtx>(r);
  ctx.path = raw_path(r);
  ctx.query = query_of(r);
  at_parting<api_job::with_caller_gone>(r, ctx);
  hide_request(r, api_job::prefix_of(r));
  return read_body(r, api_job::with_body);
}

namespace api_job {

// The front door
// --------------------------------------------------------------------------------------------------

void with_body(R& r, Outcome<std::string> body) {
  auto& ctx = ctx_at(r);
  if (!body) return turn_away(r, body.error());
  // nginx has decoded the path of a rewrite, a redirect or a subrequest: a %2F in a value would part it
  // there.
  if (&r != r.main || !ctx.path.starts_with(prefix_of(r))) {
    return turn_away(
        r, {Fault::api_not_found,
            "the API answers the path that a client sends, no rewrite, redirect or subrequest of nginx"});
  }
  const Address address = address_of(ctx.path, prefix_of(r));
  if (address.provider.empty() && address.rest.empty()) {
    ctx.visit = std::make_unique<PageVisit>();
    return answer_operator(r, *body);
  }
  ctx.provider = named_provider(r, address.provider);
  if (ctx.provider == nullptr)
    return turn_away(r, Refusal{Fault::api_not_found, "no such slo_provider in the path"});
  ApiRequest request = api_request_of(r);
  request.path = address.rest;
  request.query = ctx.query;
  request.body = *body;
  auto command = read_api_command(provider_of(r), request);
  if (!command) return turn_away(r, command.error());
  ctx.command = std::move(*command);
  carry_out_command(r);
}

void carry_out_command(R& r) {
  std::visit([&r](const auto& what) { carry_out(r, what); }, *ctx_at(r).command);
}

std::string_view prefix_of(const R& r) {
  return view(
      static_cast<const ngx_http_core_loc_conf_t*>(ngx_http_get_module_loc_conf((&r), ngx_http_core_module))
          ->name);
}

const ProviderConf* named_provider(const R& r, std::string_view name) {
  for (const auto& conf : main_conf(r).providers) {
    if (conf.provider.name == name) return &conf;
  }
  return nullptr;
}

ApiRequest api_request_of(const R& r) {
  return {.method = view(r.method_name),
          .content_type = find_header(r, "content-type"),
          .sec_fetch_site = find_header(r, "sec-fetch-site"),
          .origin = find_header(r, "origin"),
          .host = find_header(r, "host"),
          .server_names = own_names(r),
          .may_write = admin_loc_conf(r).api_write};
}

namespace {

bool is_logout(const ApiCommand& command) {
  return std::holds_alternative<api::EndSession>(command) ||
         std::holds_alternative<api::EndParticipation>(command) ||
         std::holds_alternative<api::EndSessionsOf>(command);
}

Address address_of(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return {};
  path.remove_prefix(prefix.size());
  if (path.starts_with('/')) path.remove_prefix(1);
  const std::size_t slash = path.find('/');
  return {path.substr(0, slash), slash == std::string_view::npos ? std::string_view{} : path.substr(slash)};
}

std::span<const std::string> own_names(const R& r) {
  const auto& known = admin_main_conf(r).own_names;
  const auto found = known.find(
      static_cast<const ngx_http_core_srv_conf_t*>(ngx_http_get_module_srv_conf((&r), ngx_http_core_module)));
  return found == known.end() ? std::span<const std::string>{} : found->second;
}

// Look up
// -------------------------------------------------------------------------------------------------------

void carry_out(R& r, const api::ShowSession& command) {
  ask(r, redis::find_session(space_of(r), command.key), with_session);
}

void with_session(R& r, Outcome<std::optional<Session>> session) {
  if (!session) return turn_away(r, session.error());
  if (!*session) return turn_away(r, Refusal{Fault::session_unknown});
  const Session& found = ctx_at(r).session.emplace(std::move(**session));
  const auto is_app = [](const Participant& participant) { return is_application(participant.client); };
  if (std::ranges::none_of(found.participants, is_app))
    return with_remembered(r, std::vector<RememberedCookie>{});
  ask(r, redis::remembered_cookies(space_of(r), found.key), with_remembered);
}

void with_remembered(R& r, Outcome<std::vector<RememberedCookie>> cookies) {
  if (!cookies) return turn_away(r, cookies.error());
  conclude(r, session_page(provider_of(r), *ctx_at(r).session, *cookies));
}

void carry_out(R& r, const api::ListSessions& command) {
  ask(r, redis::sessions_of(space_of(r), command.sub, offset_of(command), command.limit), with_keys);
}

void with_keys(R& r, Outcome<std::vector<SessionKey>> keys) {
  if (!keys) return turn_away(r, keys.error());
  const auto& command = std::get<api::ListSessions>(*ctx_at(r).command);
  if (keys->size() == command.limit) ctx_at(r).next = next_cursor(command);
  if (keys->empty()) return conclude(r, sessions_page(provider_of(r), {}, ""));
  ask(r, redis::load_sessions(space_of(r), *keys), with_sessions);
}

void with_sessions(R& r, Outcome<std::vector<std::optional<Session>>> loaded) {
  if (!loaded) return turn_away(r, loaded.error());
  std::vector<Session> sessions;
  for (auto& session : *loaded) {
    if (session) sessions.push_back(std::move(*session));
  }
  conclude(r, sessions_page(provider_of(r), sessions, ctx_at(r).next));
}

// Deliveries and clients
// ------------------------------------------------------------------------------------------

void carry_out(R& r, const api::ListDeliveries& command) {
  auto listing = redis::list_ids(space_of(r), command.state, command.limit, command.cursor);
  if (!listing) return turn_away(r, listing.error());
  ask(r, std::move(*listing), with_ids);
}

void with_ids(R& r, Outcome<redis::DeliveryIds> ids) {
  if (!ids) return turn_away(r, ids.error());
  ctx_at(r).ids = std::move(*ids);
  if (ctx_at(r).ids.places.empty()) return conclude(r, deliveries_page(provider_of(r), {}, ""));
  const auto state = std::get<api::ListDeliveries>(*ctx_at(r).command).state;
  ask(r, redis::load_listed(space_of(r), state, ctx_at(r).ids), with_listed);
}

void with_listed(R& r, Outcome<std::vector<ListedDelivery>> listed) {
  if (!listed) return turn_away(r, listed.error());
  conclude(r, deliveries_page(provider_of(r), *listed, ctx_at(r).ids.next));
}

void carry_out(R& r, const api::ListClients& command) { conclude(r, clients_page(provider_of(r), command)); }

void carry_out(R& r, const api::ShowClient& command) {
  const ClientRef client = provider_of(r).find(command.client);
  if (client == nullptr) return turn_away(r, Refusal{Fault::client_unknown});
  conclude(r, client_page(*client));
}

}  // namespace

// The end
// -----------------------------------------------------------------------------------------------------------

void turn_away(R& r, const Refusal& refusal) {
  const auto& ctx = ctx_at(r);
  if (ctx.command && is_logout(*ctx.command) && describe(refusal.fault).status >= 500)
    count(Counter::logouts_failed);
  report(r.connection->log, for_log(r, refusal), ctx.provider == nullptr ? "" : ctx.provider->provider.name);
  fail(r, refusal);
}

void fail(R& r, const Refusal& refusal) {
  ctx_at(r).fault = refusal.fault;
  conclude(r, problem_page(refusal));
}

void conclude(R& r, const Page& page) {
  audit(r, ctx_at(r), page.status);
  const auto& visit = ctx_at(r).visit;
  respond(r, visit && visit->press ? back_to_page(r, page.status) : page);
}

namespace {

// What was asked for may be done by now, or may yet be: Redis has heard of it.
void with_caller_gone(R& r, ApiCtx& ctx) {
  const bool is_still_ours = find_ctx(r) == &ctx;                      // and not its post_action's
  const ngx_uint_t status = is_still_ours ? r.headers_out.status : 0;  // 500 after an exception
  audit(r, ctx, status != 0 ? static_cast<int>(status) : NGX_HTTP_CLIENT_CLOSED_REQUEST);
}

void audit(R& r, ApiCtx& ctx, int status) {
  if (!ctx.command || std::exchange(ctx.is_audited, true)) return;
  log_audit(r, *ctx.command,
            {.status = status, .logout_id = ctx.logout_id, .provider = ctx.provider->provider.name});
}

}  // namespace
}  // namespace api_job
}  // namespace slo::ngx
