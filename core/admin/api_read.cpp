// SPDX-License-Identifier: BSD-2-Clause
// Reads a management request: route, permission, parameters, body, in this order.
#include <algorithm>
#include <array>
#include <charconv>

#include "core/admin/api.h"
#include "core/admin/api_body.h"
#include "core/admin/api_cursor.h"
#include "core/text/base64url.h"
#include "core/text/form.h"

namespace slo {
namespace {

using Segments = std::vector<std::string>;

struct ApiCall {
  const Provider& provider;
  const Segments& segments;
  const Form& form;
  std::string_view body;
};

std::string in_quotes(std::string_view name) { return '"' + std::string(name) + '"'; }

tl::unexpected<Refusal> wrong_parameter(std::string_view name, std::string_view why) {
  return refuse(Fault::api_parameter_invalid, in_quotes(name).append(" ").append(why));
}

struct ApiList {
  unsigned limit = 50;
  std::string cursor{};
};

// What may stand in the query of a request. Of a list, `what` it lists and its one filter, `selector`.
struct ApiQuery {
  std::string_view what{};
  std::string_view selector{};
  std::string_view cursor{};
  std::string_view limit{};
};
constexpr ApiQuery nothing_asked{};
constexpr ApiQuery cursor_only{.cursor = "cursor"};
constexpr ApiQuery list_of(std::string_view what, std::string_view selector) {
  return {.what = what, .selector = selector, .cursor = "cursor", .limit = "limit"};
}
constexpr std::array<std::string_view, 5> api_parameters{"sub", "client_id", "state", "limit", "cursor"};

Outcome<void> check_parameter(const ApiQuery& query, std::string_view name) {
  const std::array<std::string_view, 3> served{query.limit, query.cursor, query.selector};
  if (!name.empty() && std::ranges::find(served, name) != served.end()) return {};
  if (query.what.empty() || std::ranges::find(api_parameters, name) == api_parameters.end())
    return refuse(Fault::api_parameter_invalid, unknown_name("parameter", name, served));
  std::string why = "cannot select " + std::string(query.what);
  if (!query.selector.empty()) why += ", only " + in_quotes(query.selector) + " can";
  return wrong_parameter(name, why);
}

// What is not served is refused: who asks for more than is done must not believe it was.
Outcome<Form> read_api_query(const ApiQuery& query, std::string_view encoded) {
  for (std::string_view rest = encoded; !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.empty()) continue;
    const auto name = decode_component(pair.substr(0, pair.find('=')));
    if (!name) return refuse(Fault::form_malformed);
    if (auto known = check_parameter(query, *name); !known) return refuse(known.error());
  }
  return Form::read(encoded, api_parameters);
}

Outcome<ApiList> read_api_list(const Form& form) {
  ApiList list;
  if (const auto limit = form.find("limit")) {
    const char* end = limit->data() + limit->size();
    const auto [rest, error] = std::from_chars(limit->data(), end, list.limit);
    if (error != std::errc{} || rest != end || list.limit < 1 || list.limit > max_api_page) {
      return wrong_parameter("limit", "must be 1 to " + std::to_string(max_api_page));
    }
  }
  list.cursor = form.find("cursor").value_or("");
  if (!list.cursor.empty() && !is_storable(list.cursor)) return wrong_parameter("cursor", "is none of ours");
  return list;
}

Outcome<ApiCommand> list_sessions(const ApiCall& call) {
  const auto sub = call.form.find("sub");
  if (!sub || !is_storable(*sub))
    return wrong_parameter("sub", "is required, 1 to 255 bytes of UTF-8 without control characters");
  auto list = read_api_list(call.form);
  if (!list) return refuse(list.error());
  if (!list->cursor.empty() && !read_offset(list->cursor))
    return wrong_parameter("cursor", "is none of ours");
  return api::ListSessions{Subject{*sub}, list->limit, std::move(list->cursor)};
}

Outcome<ApiCommand> list_deliveries(const ApiCall& call) {
  const std::string state = call.form.find("state").value_or("pending");
  if (state != "pending" && state != "dead") return wrong_parameter("state", "must be pending or dead");
  auto list = read_api_list(call.form);
  if (!list) return refuse(list.error());
  return api::ListDeliveries{state == "dead" ? DeliveryState::dead : DeliveryState::pending, list->limit,
                             std::move(list->cursor)};
}

Outcome<SessionKey> read_session_key(const ApiCall& call) {
  const std::string& sid = call.segments[1];
  if (!is_storable(sid))
    return wrong_parameter("sid", "must be 1 to 255 bytes of UTF-8 without control characters");
  return SessionKey{sid};
}

Outcome<ApiCommand> show_session(const ApiCall& call) {
  return read_session_key(call).map(
      [](SessionKey key) -> ApiCommand { return api::ShowSession{std::move(key)}; });
}

Outcome<ApiCommand> end_session(const ApiCall& call) {
  return read_session_key(call).map(
      [](SessionKey key) -> ApiCommand { return api::EndSession{std::move(key)}; });
}

// The client may be registered no more: its participation can be ended all the same.
Outcome<ApiCommand> end_participation(const ApiCall& call) {
  return read_session_key(call).map([&](SessionKey key) -> ApiCommand {
    return api::EndParticipation{std::move(key), ClientId{call.segments[3]}};
  });
}

// By its name: its id may be a digest of that.
Outcome<ApiCommand> end_applications_part(const ApiCall& call) {
  return read_session_key(call).map([&](SessionKey key) -> ApiCommand {
    return api::EndParticipation{std::move(key), application_id(call.segments[3])};
  });
}

// Ids are base64url on the wire; only those of deliveries hold a separator inside, which the store checks.
Outcome<std::string> read_delivery_id(const ApiCall& call) {
  auto id = from_base64url(call.segments[1]);
  if (!id || id->empty()) return refuse(Fault::api_not_found, "this is no id of a delivery");
  return *std::move(id);
}

Outcome<ApiCommand> retry_delivery(const ApiCall& call) {
  return read_delivery_id(call).map(
      [](std::string id) -> ApiCommand { return api::RetryDelivery{std::move(id)}; });
}

// The client may be registered no more: its dead letters say so again.
Outcome<ApiCommand> retry_deliveries_of(const ApiCall& call) {
  return api::RetryDeliveriesOf{ClientId{call.segments[1]}, call.form.find("cursor").value_or("")};
}

Outcome<ApiCommand> retry_calls_of(const ApiCall& call) {
  return api::RetryDeliveriesOf{application_id(call.segments[1]), call.form.find("cursor").value_or("")};
}

Outcome<ApiCommand> drop_delivery(const ApiCall& call) {
  return read_delivery_id(call).map(
      [](std::string id) -> ApiCommand { return api::DropDelivery{std::move(id)}; });
}

Outcome<ApiCommand> end_sessions_of(const ApiCall& call) {
  const std::string& sub = call.segments[1];
  if (!is_storable(sub))
    return wrong_parameter("sub", "must be 1 to 255 bytes of UTF-8 without control characters");
  api::EndSessionsOf command{.sub = Subject{sub}};
  const auto cursor = call.form.find("cursor");
  if (cursor && !read_place(*cursor, command)) return wrong_parameter("cursor", "is none of ours");
  return command;
}

Outcome<ApiCommand> list_clients(const ApiCall& call) {
  const auto list = read_api_list(call.form);
  if (!list) return refuse(list.error());
  api::ListClients command{.limit = list->limit};
  if (list->cursor.empty()) return command;
  auto after = from_base64url(list->cursor);
  if (!after || after->empty()) return wrong_parameter("cursor", "is none of ours");
  command.after = ClientId{*std::move(after)};
  return command;
}

Outcome<ApiCommand> show_client(const ApiCall& call) {
  ClientId client{call.segments[1]};
  if (call.provider.find(client) == nullptr)
    return refuse(Fault::api_not_found, "this client is not registered");
  return api::ShowClient{std::move(client)};
}

Outcome<ApiCommand> register_participation(const ApiCall& call) {
  const auto participation = read_participation(call.body);
  if (!participation) return refuse(participation.error());
  return read_registration(call.provider, *participation).map([](Registration registration) -> ApiCommand {
    return api::Register{std::move(registration)};
  });
}

struct ApiRoute {
  std::string_view method;
  std::string_view shape;  // `*` stands for one segment
  Outcome<ApiCommand> (*read)(const ApiCall&);
  ApiQuery query = nothing_asked;
};
constexpr std::array<ApiRoute, 14> api_routes{{
    {"GET", "sessions", list_sessions, list_of("sessions", "sub")},
    {"POST", "sessions", register_participation},
    {"GET", "sessions/*", show_session},
    {"DELETE", "sessions/*", end_session},
    {"DELETE", "sessions/*/clients/*", end_participation},
    {"DELETE", "sessions/*/applications/*", end_applications_part},
    {"DELETE", "users/*/sessions", end_sessions_of, cursor_only},
    {"GET", "deliveries", list_deliveries, list_of("deliveries", "state")},
    {"DELETE", "deliveries/*", drop_delivery},
    {"POST", "deliveries/*/retry", retry_delivery},
    {"GET", "clients", list_clients, list_of("clients", "")},
    {"GET", "clients/*", show_client},
    {"POST", "clients/*/retry", retry_deliveries_of, cursor_only},
    {"POST", "applications/*/retry", retry_calls_of, cursor_only},
}};

// Decoded after splitting: a sid may hold an encoded slash.
std::optional<Segments> split_api_path(std::string_view path) {
  Segments segments;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    auto segment = decode_component(path.substr(0, path.find('/')));
    if (!segment || segment->empty()) return std::nullopt;
    segments.push_back(*std::move(segment));
    path.remove_prefix(std::min(path.find('/'), path.size()));
  }
  return path.empty() ? std::optional(std::move(segments)) : std::nullopt;
}

bool has_shape(const Segments& segments, std::string_view shape) {
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::size_t end = shape.find('/');
    const std::string_view part = shape.substr(0, end);
    if (part != "*" && part != segments[i]) return false;
    const bool was_last = end == std::string_view::npos;
    if (was_last) return i + 1 == segments.size();
    shape.remove_prefix(end + 1);
  }
  return false;
}

std::string methods_of(const Segments& segments) {
  std::string methods;
  for (const ApiRoute& route : api_routes) {
    if (!has_shape(segments, route.shape)) continue;
    if (!methods.empty()) methods += ", ";
    methods += route.method == "GET" ? "GET, HEAD" : route.method;
  }
  return methods;
}

}  // namespace

Outcome<ApiCommand> read_api_command(const Provider& provider, const ApiRequest& request) {
  const auto segments = split_api_path(request.path);
  if (!segments) return refuse(Fault::api_not_found);
  std::string methods = methods_of(*segments);
  if (methods.empty()) return refuse(Fault::api_not_found);

  const std::string_view wanted = request.method == "HEAD" ? "GET" : request.method;
  for (const ApiRoute& route : api_routes) {
    if (route.method != wanted || !has_shape(*segments, route.shape)) continue;
    if (wanted != "GET") {
      if (const auto may = check_api_write(request); !may) return refuse(may.error());
    }
    const auto form = read_api_query(route.query, request.query);
    if (!form) return refuse(form.error());
    return route.read({provider, *segments, *form, request.body});
  }
  return refuse(Fault::method_not_allowed, std::move(methods));
}

}  // namespace slo
