// SPDX-License-Identifier: BSD-2-Clause
// The management API: JSON in → command, result → JSON out. Errors are RFC 9457 problem documents.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/delivery.h"
#include "core/learning.h"
#include "core/outcome.h"
#include "core/page.h"
#include "core/provider.h"
#include "core/session.h"

namespace slo {

enum class DeliveryState : std::uint8_t { pending, dead };

struct ListedDelivery {
  Delivery delivery{};
  DeliveryState state = DeliveryState::pending;
  TimeMs due{};         // next attempt, or end of the lease; time of death for a dead letter
  std::string error{};  // of the last attempt
};

namespace api {
struct Register {
  Lesson lesson{};
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
struct ListClients {};
struct ShowClient {
  ClientId client{};
};
}  // namespace api
using ApiCommand =
    std::variant<api::Register, api::ShowSession, api::ListSessions, api::EndSession, api::EndParticipation,
                 api::ListDeliveries, api::ListClients, api::ShowClient>;

inline constexpr unsigned api_page_limit = 200;  // most entries on one page of a list

struct ApiRequest {
  std::string_view method{};
  std::string_view path{};   // what follows {api}/{provider}, percent-encoded, as on the wire
  std::string_view query{};  // without '?'
  std::string_view body{};
  std::string_view content_type{};    // header fields, empty if absent
  std::string_view sec_fetch_site{};  //
  std::string_view origin{};          //
  std::string_view host{};            //
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

// The cursor of a session list is opaque to callers; read_api_command() has checked it.
unsigned offset_of(const api::ListSessions& command);
std::string next_cursor(const api::ListSessions& command);

// Members are named as in the specifications; times are whole seconds since the epoch. All pages are
// no-store.
Page registered_page(const Provider& provider, const Lesson& lesson, Registered result);  // 201, 200, 409
Page session_page(const Provider& provider, const Session& session);
Page sessions_page(const Provider& provider, const std::vector<Session>& sessions, std::string_view next);
Page ending_page(const Provider& provider, const Ending& ending);  // what will be notified
Page participation_page(const Provider& provider, const ClientId& client);
Page deliveries_page(const std::vector<ListedDelivery>& deliveries, std::string_view next);
Page clients_page(const Provider& provider);
Page client_page(const Client& client);
// application/problem+json: type, title, status, detail, and `code`, the fault's stable name. The refusal's
// own detail is shown for the api_* faults alone, which are written for the caller; 405 carries Allow, 503
// Retry-After.
Page problem_page(const Refusal& refusal);

}  // namespace slo
