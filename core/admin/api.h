// SPDX-License-Identifier: BSD-2-Clause
// The management API: JSON in → command, result → JSON out. Errors are RFC 9457 problem documents.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/app/bound_cookie.h"
#include "core/delivery/delivery.h"
#include "core/outcome.h"
#include "core/page.h"
#include "core/participation/participation.h"
#include "core/provider/provider.h"
#include "core/session.h"

namespace slo {

namespace api {
struct Register {
  Registration registration{};
};
struct ShowSession {
  SessionKey key{};
};
struct ListSessions {
  Subject sub{};
  unsigned limit = 50;
  std::string cursor{};
};
struct EndSession {
  SessionKey key{};
};
struct EndParticipation {
  SessionKey key{};
  ClientId client{};
};
struct ListDeliveries {
  DeliveryState state{};
  unsigned limit = 50;
  std::string cursor{};
};
struct RetryDelivery {
  std::string id{};
};
// All dead letters of a client, those from `cursor` on.
struct RetryDeliveriesOf {
  ClientId client{};
  std::string cursor{};
};
struct DropDelivery {
  std::string id{};
};
// The live sessions among the subject's next ones, of those that began until the first page was asked for.
struct EndSessionsOf {
  Subject sub{};
  unsigned offset = 0;
  std::optional<TimeS> begun_by{};  // nullopt: this is the first page
};
struct ListClients {
  unsigned limit = 50;
  std::optional<ClientId> after{};  // the last one of the page before
};
struct ShowClient {
  ClientId client{};
};
}  // namespace api
using ApiCommand =
    std::variant<api::Register, api::ShowSession, api::ListSessions, api::EndSession, api::EndParticipation,
                 api::ListDeliveries, api::RetryDelivery, api::RetryDeliveriesOf, api::DropDelivery,
                 api::EndSessionsOf, api::ListClients, api::ShowClient>;

inline constexpr unsigned max_api_page = 200;  // most entries on one page of a list
inline constexpr unsigned ends_at_once = 50;   // sessions that one request of EndSessionsOf looks at

struct ApiRequest {
  std::string_view method{};
  std::string_view path{};   // what follows {api}/{provider}, percent-encoded, as on the wire
  std::string_view query{};  // without '?'
  std::string_view body{};
  std::string_view content_type{};              // header fields, empty if absent
  std::string_view sec_fetch_site{};            //
  std::string_view origin{};                    //
  std::string_view host{};                      //
  std::span<const std::string> server_names{};  // without wildcards and regular expressions
  bool may_write = false;
};

// HEAD reads like GET. api_not_found (an unknown client of ShowClient as well), method_not_allowed (its
// detail lists the methods, as Allow does), what check_api_write() refuses, api_body_invalid,
// api_parameter_invalid, and what learn() refuses. A list filter that is not served is refused: an ignored
// one would list what was not asked for.
Outcome<ApiCommand> read_api_command(const Provider& provider, const ApiRequest& request);

// May this request change something? api_read_only; api_cross_site_write: a browser sends it on behalf of
// another site's page; api_content_type_unsupported: a page anywhere could have made a browser send it
// unasked. Only JSON needs the browser's permission first; DELETE needs it anyhow, so that it needs a type
// for its body alone.
Outcome<void> check_api_write(const ApiRequest& request);
// The same of a form of our own page: browsers say where it comes from, and who does not is refused.
Outcome<void> check_form_write(const ApiRequest& request);

// The cursor of a session list is opaque to callers; read_api_command() has checked it.
unsigned offset_of(const api::ListSessions& command);
std::string next_cursor(const api::ListSessions& command);

// Members are named as in the specifications; times are whole seconds since the epoch. All pages are
// no-store.
Page registered_page(const Provider& provider, const Registration& registration,
                     Registered result);  // 201, 200, 409
// Applications that take part stand apart from clients, by their names; `cookies`: what the session remembers
// of them.
Page session_page(const Provider& provider, const Session& session,
                  const std::vector<RememberedCookie>& cookies = {});
// `cookies` of each session, in their order; of those beyond it nothing is said.
Page sessions_page(const Provider& provider, const std::vector<Session>& sessions, std::string_view next,
                   const std::vector<std::vector<RememberedCookie>>& cookies = {});
// What will be notified; `incomplete` where the store could not name them all.
Page ending_page(const Provider& provider, const Ending& ending, std::string_view logout_id);
// Of a session that is registered nowhere: whoever knows it by this sid refuses it, or did `already`.
Page marked_page(const SessionKey& sid, bool already, std::string_view logout_id);
Page participation_page(const Provider& provider, const ClientId& client, std::string_view logout_id);
// `ended` by this request; with `next` there may be more: 202.
Page ends_page(const std::vector<SessionKey>& ended, std::string_view logout_id, std::string_view next);
std::string next_cursor(const api::EndSessionsOf& command);  // REQUIRES: begun_by
// Ids of deliveries are written as base64url, for paths and for readers.
Page retried_page(const Provider& provider, const Delivery& delivery, TimeMs due);
// So many of this client's were retried; with `next` there may be more: 202.
Page retries_page(const Provider& provider, const ClientId& client, std::size_t retried,
                  std::string_view next);
Page dropped_page(const Provider& provider, const Delivery& delivery);
Page deliveries_page(const Provider& provider, const std::vector<ListedDelivery>& deliveries,
                     std::string_view next);
// By id, from the provider's ordered index: what a page costs does not grow with the number of clients.
Page clients_page(const Provider& provider, const api::ListClients& command);
Page client_page(const Client& client);
// application/problem+json: type, title, status, detail, and `code`, the fault's stable name. The refusal's
// own detail is shown for the api_* faults alone, which are written for the caller; 405 carries Allow, 503
// Retry-After.
Page problem_page(const Refusal& refusal);
// Its `detail`, one sentence: `The request body is not valid: "sub" is required.`
std::string problem_detail(const Refusal& refusal);

// What the log says of a command that changes something: `DELETE session, session #4qk2pa7x`. Names of
// clients stand there, sids and subjects as fingerprints only. nullopt for what only reads.
std::optional<std::string> audit_line(const ApiCommand& command);

}  // namespace slo
