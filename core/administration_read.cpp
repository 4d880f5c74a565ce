// SPDX-License-Identifier: BSD-2-Clause
// Reads a management request: route, permission, parameters, body, in this order.
#include <algorithm>
#include <array>
#include <charconv>

#include "core/administration.h"
#include "core/text/form.h"

namespace slo {
namespace {

using Segments = std::vector<std::string>;

struct ApiCall {
  const Provider& provider;
  const Segments& segments;
  std::string_view query;
  std::string_view body;
};

std::string in_quotes(std::string_view name) { return '"' + std::string(name) + '"'; }

tl::unexpected<Refusal> wrong_parameter(std::string_view name, std::string_view why) {
  return refuse(Fault::api_parameter_invalid, in_quotes(name).append(" ").append(why));
}
tl::unexpected<Refusal> wrong_body(std::string why) {
  return refuse(Fault::api_body_invalid, std::move(why));
}

struct ApiList {
  unsigned limit = 50;
  std::string cursor{};
};

Outcome<Form> read_api_query(std::string_view query) {
  static constexpr std::array<std::string_view, 5> known{"sub", "client_id", "state", "limit", "cursor"};
  return Form::read(query, known);
}

Outcome<ApiList> read_api_list(const Form& form) {
  ApiList list;
  if (const auto limit = form.find("limit")) {
    const char* end = limit->data() + limit->size();
    const auto [rest, error] = std::from_chars(limit->data(), end, list.limit);
    if (error != std::errc{} || rest != end || list.limit < 1 || list.limit > api_page_limit) {
      return wrong_parameter("limit", "must be 1 to " + std::to_string(api_page_limit));
    }
  }
  list.cursor = form.find("cursor").value_or("");
  if (!list.cursor.empty() && !is_storable(list.cursor)) return wrong_parameter("cursor", "is none of ours");
  return list;
}

// The cursor of a session list is the place in the subject's index where the next page begins.
std::optional<unsigned> read_offset(std::string_view cursor) {
  unsigned offset = 0;
  const char* end = cursor.data() + cursor.size();
  const auto [rest, error] = std::from_chars(cursor.data(), end, offset);
  if (error != std::errc{} || rest != end || offset > 1'000'000) return std::nullopt;
  return offset;
}

Outcome<ApiCommand> list_sessions(const ApiCall& call) {
  const auto form = read_api_query(call.query);
  if (!form) return refuse(form.error());
  if (form->find("client_id"))
    return wrong_parameter("client_id", "cannot select sessions, only \"sub\" can");
  if (form->find("state")) return wrong_parameter("state", "cannot select sessions, only \"sub\" can");
  const auto sub = form->find("sub");
  if (!sub || !is_storable(*sub))
    return wrong_parameter("sub", "is required, 1 to 255 bytes of UTF-8 without control characters");
  auto list = read_api_list(*form);
  if (!list) return refuse(list.error());
  if (!list->cursor.empty() && !read_offset(list->cursor))
    return wrong_parameter("cursor", "is none of ours");
  return api::ListSessions{Subject{*sub}, list->limit, std::move(list->cursor)};
}

Outcome<ApiCommand> list_deliveries(const ApiCall& call) {
  const auto form = read_api_query(call.query);
  if (!form) return refuse(form.error());
  if (form->find("client_id"))
    return wrong_parameter("client_id", "cannot select deliveries, only \"state\" can");
  if (form->find("sub")) return wrong_parameter("sub", "cannot select deliveries, only \"state\" can");
  const std::string state = form->find("state").value_or("pending");
  if (state != "pending" && state != "dead") return wrong_parameter("state", "must be pending or dead");
  auto list = read_api_list(*form);
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

Outcome<ApiCommand> list_clients(const ApiCall&) { return api::ListClients{}; }

Outcome<ApiCommand> show_client(const ApiCall& call) {
  ClientId client{call.segments[1]};
  if (call.provider.find(client) == nullptr)
    return refuse(Fault::api_not_found, "this client is not registered");
  return api::ShowClient{std::move(client)};
}

Outcome<void> read_api_text(const json_t* body, const char* name, std::string& text) {
  if (!has_member(body, name)) return {};
  auto value = string_member(body, name);
  if (!value) return wrong_body(in_quotes(name) + " must be a string");
  text = *std::move(value);
  return {};
}

// Zero and below have meanings of their own in a Participation; from outside they would be mistakes.
Outcome<void> read_api_seconds(const json_t* body, const char* name, long long least, Seconds& seconds) {
  if (!has_member(body, name)) return {};
  const auto value = integer_member(body, name);
  if (!value || *value < least) {
    return wrong_body(in_quotes(name) + " must be a whole number of seconds, at least " +
                      std::to_string(least));
  }
  seconds = Seconds{*value};
  return {};
}

Outcome<void> read_api_flag(const json_t* body, const char* name, bool& flag) {
  if (!has_member(body, name)) return {};
  const json_t* value = json_object_get(body, name);
  if (!json_is_boolean(value)) return wrong_body(in_quotes(name) + " must be true or false");
  flag = json_is_true(value);
  return {};
}

Outcome<Participation> read_participation(const json_t* body) {
  Participation read;
  const std::array<Outcome<void>, 9> steps{read_api_text(body, "client_id", read.client_id),
                                           read_api_text(body, "sid", read.sid),
                                           read_api_text(body, "sub", read.sub),
                                           read_api_text(body, "session_cookie", read.session_cookie),
                                           read_api_text(body, "client_sub", read.client_sub),
                                           read_api_text(body, "client_sid", read.client_sid),
                                           read_api_flag(body, "client_no_sid", read.client_no_sid),
                                           read_api_seconds(body, "absolute", 1, read.absolute),
                                           read_api_seconds(body, "idle", 0, read.idle)};
  for (const auto& step : steps) {
    if (!step) return refuse(step.error());
  }
  if (read.client_id.empty()) return wrong_body("\"client_id\" is required");
  if (read.sub.empty()) return wrong_body("\"sub\" is required");
  return read;
}

Outcome<ApiCommand> register_participation(const ApiCall& call) {
  const auto body = parse_json(call.body);
  if (!body) return wrong_body(body.error().detail);
  if (!json_is_object(body->get())) return wrong_body("the body must be a JSON object");
  const auto participation = read_participation(body->get());
  if (!participation) return refuse(participation.error());
  return learn(call.provider, *participation).map([](Lesson lesson) -> ApiCommand {
    return api::Register{std::move(lesson)};
  });
}

struct ApiRoute {
  std::string_view method;
  std::string_view shape;  // `*` stands for one segment
  Outcome<ApiCommand> (*read)(const ApiCall&);
};
constexpr std::array<ApiRoute, 8> api_routes{{
    {"GET", "sessions", list_sessions},
    {"POST", "sessions", register_participation},
    {"GET", "sessions/*", show_session},
    {"DELETE", "sessions/*", end_session},
    {"DELETE", "sessions/*/clients/*", end_participation},
    {"GET", "deliveries", list_deliveries},
    {"GET", "clients", list_clients},
    {"GET", "clients/*", show_client},
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
    return route.read({provider, *segments, request.query, request.body});
  }
  return refuse(Fault::method_not_allowed, std::move(methods));
}

unsigned offset_of(const api::ListSessions& command) { return read_offset(command.cursor).value_or(0); }

std::string next_cursor(const api::ListSessions& command) {
  return std::to_string(offset_of(command) + command.limit);
}

}  // namespace slo
