// SPDX-License-Identifier: BSD-2-Clause
// slo_api, the management API: finds the provider in the path, asks the store, writes JSON.
//
// What a command means and how a result looks is administration.h's; here are only its doors.
#include "core/administration.h"
#include "ngx_module/ask.h"
#include "ngx_module/await.h"
#include "ngx_module/body.h"
#include "ngx_module/handlers.h"
#include "ngx_module/hiding.h"
#include "ngx_module/report.h"
#include "ngx_module/request.h"
#include "ngx_module/respond.h"
#include "ngx_module/visit.h"
#include "ngx_module/worker.h"
#include "ngx_module/zone.h"
#include "redis_schema/deliveries.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {
namespace {
namespace api_job {  // names of this file alone, in unity builds too

struct ApiVisit : Visit {
  std::string path{};
  std::string query{};
  std::optional<ApiCommand> command{};
  redis::DeliveryIds ids{};
  redis::Ended ended{};
  Courier::BatchSeat batch{};
  std::string next{};
};

using R = ngx_http_request_t;

ApiVisit& visit_at(R& r) { return visit_of<ApiVisit>(r); }
const redis::Space& space_of(R& r) { return visit_at(r).provider->space; }
const Provider& provider_of(R& r) { return visit_at(r).provider->provider; }

void turn_away(R& r, const Refusal& refusal) {
  auto& visit = visit_at(r);
  visit.fault = refusal.fault;
  report(r.connection->log, refusal, visit.provider == nullptr ? "" : visit.provider->provider.name);
  respond(r, problem_page(refusal));
}

// Register
// ------------------------------------------------------------------------------------------------------

void with_registered(R& r, Outcome<Registered> result) {
  if (!result) {
    count(Counter::registrations_failed);
    return turn_away(r, result.error());
  }
  count(Counter::registrations);
  respond(r, registered_page(provider_of(r), std::get<api::Register>(*visit_at(r).command).lesson, *result));
}

void with_key(R& r, Outcome<std::optional<SessionKey>> key) {
  if (!key) return turn_away(r, key.error());
  auto& lesson = std::get<api::Register>(*visit_at(r).command).lesson;
  lesson.key = *key ? **key : redis::mint_key(*lesson.cookie);
  ask(r, redis::remember(space_of(r), lesson), with_registered);
}

void carry_out(R& r, const api::Register& command) {
  if (!command.lesson.key.value.empty())
    return ask(r, redis::remember(space_of(r), command.lesson), with_registered);
  ask(r, redis::session_of_cookie(space_of(r), *command.lesson.cookie), with_key);
}

// Look up
// -------------------------------------------------------------------------------------------------------

void with_session(R& r, Outcome<std::optional<Session>> session) {
  if (!session) return turn_away(r, session.error());
  if (!*session) return turn_away(r, Refusal{Fault::session_unknown});
  respond(r, session_page(provider_of(r), **session));
}

void carry_out(R& r, const api::ShowSession& command) {
  ask(r, redis::find_session(space_of(r), command.key), with_session);
}

void with_sessions(R& r, Outcome<std::vector<std::optional<Session>>> loaded) {
  if (!loaded) return turn_away(r, loaded.error());
  std::vector<Session> sessions;
  for (auto& session : *loaded) {
    if (session) sessions.push_back(std::move(*session));
  }
  respond(r, sessions_page(provider_of(r), sessions, visit_at(r).next));
}

void with_keys(R& r, Outcome<std::vector<SessionKey>> keys) {
  if (!keys) return turn_away(r, keys.error());
  const auto& command = std::get<api::ListSessions>(*visit_at(r).command);
  if (keys->size() == command.limit) visit_at(r).next = next_cursor(command);
  if (keys->empty()) return respond(r, sessions_page(provider_of(r), {}, ""));
  ask(r, redis::load_sessions(space_of(r), *keys), with_sessions);
}

void carry_out(R& r, const api::ListSessions& command) {
  ask(r, redis::sessions_of(space_of(r), command.sub, offset_of(command), command.limit), with_keys);
}

// End
// -----------------------------------------------------------------------------------------------------------

redis::EndTerms terms_of(const Provider& provider) {
  return {.reason = "admin",
          .tombstone = provider.tombstone,
          .lease = lease_of(provider.delivery),
          .caller = nonce(this_moment(), 0)};
}

void with_everyone_met(R& r, const std::vector<Told>&) {
  auto& visit = visit_at(r);
  if (const auto* command = std::get_if<api::EndParticipation>(&*visit.command)) {
    return respond(r, participation_page(provider_of(r), command->client));
  }
  respond(r, ending_page(provider_of(r), visit.ended.ending));
}

void with_ended(R& r, Outcome<std::optional<redis::Ended>> ended) {
  if (!ended) return turn_away(r, ended.error());
  if (!*ended) return turn_away(r, Refusal{Fault::session_unknown});
  auto& visit = visit_at(r);
  visit.ended = std::move(**ended);
  visit.batch = await(r, *visit.provider, visit.ended, {.for_everyone = true}, with_everyone_met);
}

void carry_out(R& r, const api::EndSession& command) {
  ask(r, redis::end_session(space_of(r), command.key, terms_of(provider_of(r))), with_ended);
  r.read_event_handler = ngx_http_block_reading;  // the deliveries must be handed on, whoever goes away
}

void carry_out(R& r, const api::EndParticipation& command) {
  ask(r, redis::end_participation(space_of(r), command.key, command.client, terms_of(provider_of(r))),
      with_ended);
  r.read_event_handler = ngx_http_block_reading;
}

// Deliveries and clients
// ------------------------------------------------------------------------------------------

void with_listed(R& r, Outcome<std::vector<ListedDelivery>> listed) {
  if (!listed) return turn_away(r, listed.error());
  respond(r, deliveries_page(*listed, visit_at(r).ids.next));
}

void with_ids(R& r, Outcome<redis::DeliveryIds> ids) {
  if (!ids) return turn_away(r, ids.error());
  visit_at(r).ids = std::move(*ids);
  if (visit_at(r).ids.places.empty()) return respond(r, deliveries_page({}, ""));
  const auto state = std::get<api::ListDeliveries>(*visit_at(r).command).state;
  ask(r, redis::load_listed(space_of(r), state, visit_at(r).ids), with_listed);
}

void carry_out(R& r, const api::ListDeliveries& command) {
  auto listing = redis::list_ids(space_of(r), command.state, command.limit, command.cursor);
  if (!listing) return turn_away(r, listing.error());
  ask(r, std::move(*listing), with_ids);
}

void carry_out(R& r, const api::ListClients&) { respond(r, clients_page(provider_of(r))); }

void carry_out(R& r, const api::ShowClient& command) {
  const Client* client = provider_of(r).find(command.client);
  if (client == nullptr) return turn_away(r, Refusal{Fault::client_unknown});
  respond(r, client_page(*client));
}

// The front door
// --------------------------------------------------------------------------------------------------

struct Address {
  std::string_view provider{};
  std::string_view rest{};  // with its leading slash, or empty
};

std::string_view prefix_of(const R& r) {
  return view(
      static_cast<const ngx_http_core_loc_conf_t*>(ngx_http_get_module_loc_conf((&r), ngx_http_core_module))
          ->name);
}

Address address_of(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return {};
  path.remove_prefix(prefix.size());
  if (path.starts_with('/')) path.remove_prefix(1);
  const std::size_t slash = path.find('/');
  return {path.substr(0, slash), slash == std::string_view::npos ? std::string_view{} : path.substr(slash)};
}

const ProviderConf* named_provider(const R& r, std::string_view name) {
  for (const auto& conf : main_conf(r).providers) {
    if (conf.provider.name == name) return &conf;
  }
  return nullptr;
}

void with_body(R& r, Outcome<std::string> body) {
  auto& visit = visit_at(r);
  if (!body) return turn_away(r, body.error());
  const Address address = address_of(visit.path, prefix_of(r));
  visit.provider = named_provider(r, address.provider);
  if (visit.provider == nullptr)
    return turn_away(r, Refusal{Fault::api_not_found, "no such slo_provider in the path"});
  auto command = read_api_command(provider_of(r), {.method = view(r.method_name),
                                                   .path = address.rest,
                                                   .query = visit.query,
                                                   .body = *body,
                                                   .content_type = find_header(r, "content-type"),
                                                   .sec_fetch_site = find_header(r, "sec-fetch-site"),
                                                   .origin = find_header(r, "origin"),
                                                   .host = find_header(r, "host"),
                                                   .may_write = loc_conf(r).api_write});
  if (!command) return turn_away(r, command.error());
  visit.command = std::move(*command);
  std::visit([&r](const auto& what) { carry_out(r, what); }, *visit.command);
}

}  // namespace api_job
}  // namespace

ngx_int_t handle_api(ngx_http_request_t& r) {
  auto& visit = open_visit<api_job::ApiVisit>(r);
  visit.path = raw_path(r);
  visit.query = query_of(r);
  hide_request(r, api_job::prefix_of(r));
  return read_body(r, api_job::with_body);
}

}  // namespace slo::ngx
