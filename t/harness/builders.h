// SPDX-License-Identifier: BSD-2-Clause
// Literal data with sensible defaults: a_provider(), a_client(), a_session() … A test changes what it is
// about.
//
// The cast: the provider "corp" at https://sso.example.com knows app-a (back-channel) and app-b
// (front-channel); alice is signed in to both since `login_time`; it is ten minutes later.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/client/client.h"
#include "core/delivery/delivery.h"
#include "core/jose/jose.h"
#include "core/moment.h"
#include "core/provider/provider.h"
#include "core/session.h"
#include "core/text/json.h"
#include "t/harness/test_keys.h"

namespace slo {

inline constexpr std::string_view test_issuer = "https://sso.example.com";
inline constexpr TimeS login_time{Seconds{1'800'000'000}};  // 2027-01-15T08:00:00Z

// Ten minutes after login_time, or `later` than that. The random bytes differ with `shift`.
inline Moment a_moment(Millis later = Millis{0}, unsigned char shift = 0) {
  Moment moment{.now = TimeMs{login_time} + std::chrono::minutes{10} + later};
  for (std::size_t i = 0; i < moment.random.size(); ++i) {
    moment.random[i] = static_cast<unsigned char>(i * 7 + shift);
  }
  return moment;
}

// The value of an outcome that cannot fail in a test; ends the test program with the reason if it does.
template <class T>
T granted(Outcome<T> outcome) {
  if (!outcome) {
    std::fprintf(stderr, "builders.h: %s: %s\n", describe(outcome.error().fault).name.data(),
                 outcome.error().detail.c_str());
    std::abort();
  }
  return *std::move(outcome);
}

inline jose::Key a_key(std::string_view pem = test_keys::rsa_2048) {
  return granted(jose::Key::from_pem(pem));
}

// A confidential client without any logout channel, redirecting to https://{id}.example.com/out.
inline Client a_client(std::string_view id = "app-a") {
  const std::string base = "https://" + std::string(id) + ".example.com";
  Client client{.id = ClientId{std::string(id)}, .name = std::string(id)};
  client.post_logout_redirect_uris.insert(base + "/out");
  return client;
}

// … told by a logout token at https://{id}.example.com/backchannel.
inline Client a_back_client(std::string_view id = "app-a") {
  Client client = a_client(id);
  client.backchannel_logout_uri = "https://" + std::string(id) + ".example.com/backchannel";
  return client;
}

// … told by an iframe at https://{id}.example.com/frontchannel, with iss and sid.
inline Client a_front_client(std::string_view id = "app-b") {
  Client client = a_client(id);
  client.frontchannel_logout_uri = "https://" + std::string(id) + ".example.com/frontchannel";
  client.frontchannel_logout_session_required = true;
  return client;
}

// Takes a client of that id out of the provider's list, if there is one.
inline void expel(Provider& provider, std::string_view id) {
  std::vector<ClientRef> others = provider.clients.list()->in_order();
  std::erase_if(others, [id](const ClientRef& client) { return client->id.value == id; });
  provider.clients.replace(std::make_shared<const ClientList>(others));
}

// Puts it in, in place of another one of its id. It may be changed later: the tests have made it, and no
// thread looks.
inline Client& enrol(Provider& provider, Client client) {
  expel(provider, client.id.value);
  std::vector<ClientRef> all = provider.clients.list()->in_order();
  const auto added = std::make_shared<Client>(std::move(client));
  all.push_back(added);
  provider.clients.replace(std::make_shared<const ClientList>(all));
  return *added;
}
inline Client& client_of(Provider& provider, std::string_view id) {
  return const_cast<Client&>(*provider.find(ClientId{std::string(id)}));
}

// "corp" without clients; one RSA signing key, a session cookie `op_session`.
inline Provider a_bare_provider() {
  Provider provider{};
  provider.name = "corp";
  provider.issuer = Issuer{std::string(test_issuer)};
  provider.store_tag = store_tag(provider.issuer);
  provider.signing_keys.push_back(a_key());
  provider.session_cookies = {CookieScope{.name = "op_session"}};
  provider.cookie_secret = "a secret that keys cookie digests";
  provider.ticket_secret = "0123456789abcdef0123456789abcdef";
  return provider;
}

// `claims` with some of them changed: a member of `changes`, JSON, replaces, null removes.
inline std::string changed_claims(const Json& claims, std::string_view changes) {
  const Json changed = granted(parse_json(changes));
  const char* name = nullptr;
  json_t* value = nullptr;
  json_object_foreach(changed.get(), name, value) {
    if (json_is_null(value)) {
      json_object_del(claims.get(), name);
    } else {
      json_object_set(claims.get(), name, value);
    }
  }
  return dump_json(claims.get());
}

// "corp" with app-a (back-channel) and app-b (front-channel).
inline Provider a_provider() {
  Provider provider = a_bare_provider();
  enrol(provider, a_back_client("app-a"));
  enrol(provider, a_front_client("app-b"));
  return provider;
}

inline Participant a_participant(std::string_view client = "app-a", Channels channels = {.back = true},
                                 Seconds joined = Seconds{0}) {
  return {.client = ClientId{std::string(client)}, .joined = joined, .channels = channels};
}

// alice's session "sid-1", live, with app-a and app-b.
inline Session a_session() {
  Session session{.key = SessionKey{"sid-1"}, .sub = Subject{"alice"}, .created = login_time};
  session.absolute = Seconds{12 * 3600};
  session.participants = {a_participant("app-a", {.back = true}),
                          a_participant("app-b", {.front = true}, Seconds{5})};
  return session;
}

// The first attempt to tell app-a that alice's session "sid-1" ended.
inline Delivery a_delivery() {
  return {.id = "sid-11800000000app-a",
          .session = SessionKey{"sid-1"},
          .client = ClientId{"app-a"},
          .sub = Subject{"alice"},
          .sid = Sid{"sid-1"},
          .reason = "rp",
          .enqueued = TimeMs{login_time} + std::chrono::minutes{10},
          .token = 1};
}

// `claims` (a JSON object as text) signed as an ID Token by the provider's first key.
inline std::string an_id_token(const Provider& provider, std::string_view claims) {
  const jose::Key& key = provider.signing_keys.front();
  const Json header{json_pack("{s:s}", "typ", "JWT")};
  return granted(jose::sign(key, key.natural_algorithm(), header.get(), claims));
}

// Header and claims of a token that nobody has verified.
inline Outcome<jose::Parsed> peek(std::string_view token) {
  return jose::take_apart(token).map([](jose::SignedToken&& taken) { return std::move(taken.parsed); });
}

}  // namespace slo
