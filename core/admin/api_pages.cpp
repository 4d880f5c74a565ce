// SPDX-License-Identifier: BSD-2-Clause
// Writes the answers of the management API: sessions, deliveries and clients as JSON.
#include <algorithm>

#include "core/admin/api.h"
#include "core/text/base64url.h"
#include "core/text/json.h"

namespace slo {
namespace {

void api_put(json_t* object, const char* name, Json value) {
  json_object_set_new(object, name, value.release());
}
void api_put_text(json_t* object, const char* name, std::string_view text) {
  api_put(object, name, make_string(text));
}
void api_put_integer(json_t* object, const char* name, long long value) {
  api_put(object, name, Json{json_integer(value)});
}
void api_put_flag(json_t* object, const char* name, bool value) {
  api_put(object, name, Json{json_boolean(value)});
}
void api_put_time(json_t* object, const char* name, TimeS time) {
  api_put_integer(object, name, time.time_since_epoch().count());
}
void api_put_time(json_t* object, const char* name, TimeMs time) {
  api_put_time(object, name, std::chrono::floor<Seconds>(time));
}

Page api_page(int status, std::string_view content_type, const Json& body) {
  return {.status = status,
          .content_type = std::string(content_type),
          .headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}},
          .body = dump_json(body.get())};
}
Page api_page(const Json& body, int status = 200) { return api_page(status, "application/json", body); }

Json channels_json(const Channels& channels) {
  Json names{json_array()};
  const auto add = [&](bool is_set, std::string_view name) {
    if (is_set) json_array_append_new(names.get(), make_string(name).release());
  };
  add(channels.back, "backchannel");
  add(channels.front, "frontchannel");
  add(channels.legacy, "legacy");
  add(channels.saml, "saml");
  return names;
}

Json participant_json(const Session& session, const Participant& participant) {
  Json object{json_object()};
  api_put_text(object.get(), "client_id", participant.client.value);
  api_put_text(object.get(), "sub", sub_of(session, participant).value);
  if (const auto sid = sid_of(session, participant)) api_put_text(object.get(), "sid", sid->value);
  api_put_time(object.get(), "joined", session.created + participant.joined);
  api_put(object.get(), "channels", channels_json(participant.channels));
  return object;
}

// `client_id`, or an application's name.
void api_put_party(json_t* object, const Provider& provider, const ClientId& id) {
  if (!is_application(id)) return api_put_text(object, "client_id", id.value);
  api_put_text(object, "application", application_name(provider, id));
}

using Remembered = std::vector<RememberedCookie>;

Json cookie_names(const Remembered& cookies, const ClientId& application) {
  Json names{json_array()};
  for (const auto& cookie : cookies) {
    if (cookie.application != application) continue;
    json_array_append_new(names.get(), make_string(cookie.name).release());
  }
  return names;
}

Json applications_json(const Provider& provider, const Session& session, const Remembered* cookies) {
  Json applications{json_array()};
  for (const auto& participant : session.participants) {
    if (!is_application(participant.client)) continue;
    Json object{json_object()};
    api_put_text(object.get(), "name", application_name(provider, participant.client));
    api_put_time(object.get(), "joined", session.created + participant.joined);
    if (cookies != nullptr) api_put(object.get(), "cookies", cookie_names(*cookies, participant.client));
    json_array_append_new(applications.get(), object.release());
  }
  return applications;
}

Json participants_json(const Session& session) {
  Json participants{json_array()};
  for (const auto& participant : session.participants) {
    if (is_application(participant.client)) continue;
    json_array_append_new(participants.get(), participant_json(session, participant).release());
  }
  return participants;
}

Json session_json(const Provider& provider, const Session& session, const Remembered* cookies) {
  Json object{json_object()};
  api_put_text(object.get(), "sid", session.key.value);
  api_put_text(object.get(), "sub", session.sub.value);
  api_put_text(object.get(), "state", session.is_live() ? "live" : "ended");
  api_put_time(object.get(), "created", session.created);
  api_put_time(object.get(), "last_seen", session.created + session.last_seen);
  api_put_time(object.get(), "expires", session.created + session.absolute);
  if (session.idle.count() > 0) api_put_integer(object.get(), "idle", session.idle.count());
  if (session.ended) {
    api_put_time(object.get(), "ended", session.created + *session.ended);
    api_put_text(object.get(), "reason", session.reason);
    if (!session.logout_id.empty()) api_put_text(object.get(), "logout_id", session.logout_id);
  }
  api_put(object.get(), "participants", participants_json(session));
  Json applications = applications_json(provider, session, cookies);
  if (json_array_size(applications.get()) > 0) api_put(object.get(), "applications", std::move(applications));
  return object;
}

Json delivery_json(const Provider& provider, const ListedDelivery& listed) {
  const Delivery& delivery = listed.delivery;
  Json object{json_object()};
  api_put_text(object.get(), "id", base64url(delivery.id));
  api_put_text(object.get(), "sid", delivery.session.value);
  if (!delivery.client.value.empty()) api_put_party(object.get(), provider, delivery.client);
  api_put_text(object.get(), "state", listed.state == DeliveryState::dead ? "dead" : "pending");
  api_put_text(object.get(), "reason", delivery.reason);
  if (!delivery.logout_id.empty()) api_put_text(object.get(), "logout_id", delivery.logout_id);
  api_put_integer(object.get(), "attempts", listed.attempts);
  api_put_time(object.get(), "enqueued", delivery.enqueued);
  api_put_time(object.get(), listed.state == DeliveryState::dead ? "died" : "due", listed.due);
  if (!listed.error.empty()) api_put_text(object.get(), "error", listed.error);
  return object;
}

// A logout without a browser reaches those with a channel of their own; iframes need one.
bool is_told_without_browser(const Channels& channels) {
  return channels.back || channels.legacy || channels.saml;
}

Json client_ids(const Session& session, bool told) {
  Json ids{json_array()};
  for (const auto& participant : session.participants) {
    if (is_application(participant.client)) continue;
    if (is_told_without_browser(participant.channels) != told) continue;
    json_array_append_new(ids.get(), make_string(participant.client.value).release());
  }
  return ids;
}

// Where there are any: those that are called, or not.
void api_put_applications(json_t* object, const char* name, const Provider& provider, const Session& session,
                          bool called) {
  Json names{json_array()};
  for (const auto& participant : session.participants) {
    if (!is_application(participant.client) || participant.channels.legacy != called) continue;
    json_array_append_new(names.get(), make_string(application_name(provider, participant.client)).release());
  }
  if (json_array_size(names.get()) > 0) api_put(object, name, std::move(names));
}

bool is_notified(const Provider& provider, const ClientId& id) {
  if (is_application(id)) {
    const Application* application = provider.find_application(id);
    return application != nullptr && application->is_called();
  }
  const ClientRef known = provider.find(id);
  return known != nullptr && is_told_without_browser(known->channels());
}

}  // namespace

Page registered_page(const Provider&, const Registration& registration, Registered result) {
  if (result == Registered::too_late || result == Registered::too_late_known) {
    return problem_page({Fault::session_ended});
  }
  const Json body{json_object()};
  api_put_text(body.get(), "sid", registration.key.value);
  api_put_text(body.get(), "client_id", registration.client.value);
  api_put_flag(body.get(), "new_session", result == Registered::new_session);
  api_put_flag(body.get(), "new_client", result != Registered::known);
  return api_page(body, result == Registered::known ? 200 : 201);
}

Page session_page(const Provider& provider, const Session& session, const Remembered& cookies) {
  return api_page(session_json(provider, session, &cookies));
}

Page sessions_page(const Provider& provider, const std::vector<Session>& sessions, std::string_view next,
                   const std::vector<Remembered>& cookies) {
  Json list{json_array()};
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    const Remembered* own = i < cookies.size() ? &cookies[i] : nullptr;
    json_array_append_new(list.get(), session_json(provider, sessions[i], own).release());
  }
  const Json body{json_object()};
  api_put(body.get(), "sessions", std::move(list));
  if (!next.empty()) api_put_text(body.get(), "next", next);
  return api_page(body);
}

Page ending_page(const Provider& provider, const Ending& ending, std::string_view logout_id) {
  const Json body{json_object()};
  api_put_text(body.get(), "sid", ending.session.key.value);
  api_put_flag(body.get(), "already", ending.already);
  api_put(body.get(), "notified", client_ids(ending.session, true));
  api_put(body.get(), "not_notified", client_ids(ending.session, false));
  api_put_applications(body.get(), "applications_called", provider, ending.session, true);
  api_put_applications(body.get(), "applications_not_called", provider, ending.session, false);
  if (ending.lacks_participants) api_put_flag(body.get(), "incomplete", true);
  api_put_text(body.get(), "logout_id", logout_id);
  return api_page(body);
}

Page marked_page(const SessionKey& sid, bool already, std::string_view logout_id) {
  const Json body{json_object()};
  api_put_text(body.get(), "sid", sid.value);
  api_put_flag(body.get(), "already", already);
  api_put_flag(body.get(), "registered", false);
  api_put(body.get(), "notified", Json{json_array()});
  api_put(body.get(), "not_notified", Json{json_array()});
  api_put_text(body.get(), "logout_id", logout_id);
  return api_page(body);
}
Page participation_page(const Provider& provider, const ClientId& client, std::string_view logout_id) {
  const Json body{json_object()};
  api_put_party(body.get(), provider, client);
  api_put_flag(body.get(), "notified", is_notified(provider, client));
  api_put_text(body.get(), "logout_id", logout_id);
  return api_page(body);
}

Page ends_page(const std::vector<SessionKey>& ended, std::string_view logout_id, std::string_view next) {
  Json sids{json_array()};
  for (const auto& key : ended) json_array_append_new(sids.get(), make_string(key.value).release());
  const Json body{json_object()};
  api_put(body.get(), "ended", std::move(sids));
  api_put_text(body.get(), "logout_id", logout_id);
  if (!next.empty()) api_put_text(body.get(), "next", next);
  return api_page(body, next.empty() ? 200 : 202);
}

Page retried_page(const Provider& provider, const Delivery& delivery, TimeMs due) {
  return api_page(delivery_json(provider, {.delivery = delivery, .due = due}));
}

Page dropped_page(const Provider& provider, const Delivery& delivery) {
  const Json body{json_object()};
  api_put_text(body.get(), "id", base64url(delivery.id));
  api_put_text(body.get(), "sid", delivery.session.value);
  api_put_party(body.get(), provider, delivery.client);
  if (!delivery.logout_id.empty()) api_put_text(body.get(), "logout_id", delivery.logout_id);
  api_put_text(body.get(), "state", "dropped");
  return api_page(body);
}

Page retries_page(const Provider& provider, const ClientId& client, std::size_t retried,
                  std::string_view next) {
  const Json body{json_object()};
  api_put_party(body.get(), provider, client);
  api_put_integer(body.get(), "retried", static_cast<long long>(retried));
  if (!next.empty()) api_put_text(body.get(), "next", next);
  return api_page(body, next.empty() ? 200 : 202);
}

Page deliveries_page(const Provider& provider, const std::vector<ListedDelivery>& deliveries,
                     std::string_view next) {
  Json list{json_array()};
  for (const auto& listed : deliveries)
    json_array_append_new(list.get(), delivery_json(provider, listed).release());
  const Json body{json_object()};
  api_put(body.get(), "deliveries", std::move(list));
  if (!next.empty()) api_put_text(body.get(), "next", next);
  return api_page(body);
}

Page clients_page(const Provider& provider, const api::ListClients& command) {
  const ClientListRef clients = provider.clients.list();
  const auto& all = clients->in_order();
  const auto id_of = [](const ClientRef& client) -> const ClientId& { return client->id; };
  auto at = command.after ? std::ranges::upper_bound(all, *command.after, {}, id_of) : all.begin();
  Json list{json_array()};
  for (unsigned i = 0; i < command.limit && at != all.end(); ++i, ++at) {
    json_array_append_new(list.get(), client_json(**at).release());
  }
  const Json body{json_object()};
  api_put(body.get(), "clients", std::move(list));
  if (at != all.end()) api_put_text(body.get(), "next", base64url((*std::prev(at))->id.value));
  return api_page(body);
}

Page client_page(const Client& client) { return api_page(client_json(client)); }

}  // namespace slo
