// SPDX-License-Identifier: BSD-2-Clause
// Seals and opens confirmation tickets: compact JWE, dir, A256GCM.
//
// Text travels as base64url within the JSON, for a state may hold any byte and must come out as it went in.
#include "core/op/confirmation.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "core/digest.h"
#include "core/jose/jose.h"
#include "core/text/base64url.h"
#include "core/text/json.h"

namespace slo {
namespace {

constexpr const char* ticket_type = "slo-ticket";

void put_ticket_text(const Json& content, const char* name, std::string_view text) {
  json_object_set_new(content.get(), name, make_string(base64url(text)).release());
}

std::optional<std::string> ticket_text(const json_t* content, const char* name) {
  const auto encoded = string_member(content, name);
  return encoded ? from_base64url(*encoded) : std::nullopt;
}

Json ticket_json(const Provider& provider, const Ticket& ticket, std::string_view browser_cookie) {
  Json content{json_object()};
  put_ticket_text(content, "issuer", provider.issuer.value);
  put_ticket_text(content, "browser", sha256(browser_cookie));
  put_ticket_text(content, "nonce", ticket.nonce);
  json_object_set_new(content.get(), "exp", json_integer(ticket.expires.time_since_epoch().count()));
  if (ticket.session) put_ticket_text(content, "session", ticket.session->value);
  if (ticket.client) put_ticket_text(content, "client", ticket.client->value);
  if (!ticket.post_logout.uri.empty()) put_ticket_text(content, "uri", ticket.post_logout.uri);
  if (ticket.post_logout.state) put_ticket_text(content, "state", *ticket.post_logout.state);
  if (ticket.post_logout.refused)
    put_ticket_text(content, "refused", describe(ticket.post_logout.refused->fault).name);
  if (ticket.one_client) json_object_set_new(content.get(), "one_client", json_true());
  if (ticket.cookie_withheld) json_object_set_new(content.get(), "cookie_withheld", json_true());
  if (ticket.unknown_cookie) json_object_set_new(content.get(), "unknown_cookie", json_true());
  return content;
}

// By name, not by number: a ticket may outlive a reload that brought a new table.
std::optional<Refusal> refusal_named(std::string_view name) {
  for (std::size_t i = 0; i < fault_count; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (describe(fault).name == name) return Refusal{fault};
  }
  return std::nullopt;
}

template <class T>
std::optional<T> ticket_name(const json_t* content, const char* name) {
  auto text = ticket_text(content, name);
  if (!text) return std::nullopt;
  return T{*std::move(text)};
}

Ticket ticket_of(const json_t* content) {
  Ticket ticket{.nonce = ticket_text(content, "nonce").value_or(""),
                .expires = TimeS{Seconds{integer_member(content, "exp").value_or(0)}},
                .session = ticket_name<SessionKey>(content, "session"),
                .client = ticket_name<ClientId>(content, "client")};
  ticket.post_logout.uri = ticket_text(content, "uri").value_or("");
  ticket.post_logout.state = ticket_text(content, "state");
  if (const auto refused = ticket_text(content, "refused"))
    ticket.post_logout.refused = refusal_named(*refused);
  ticket.one_client = has_member(content, "one_client");
  ticket.cookie_withheld = has_member(content, "cookie_withheld");
  ticket.unknown_cookie = has_member(content, "unknown_cookie");
  return ticket;
}

bool is_same_browser(const json_t* content, std::string_view browser_cookie) {
  const std::string expected = ticket_text(content, "browser").value_or("");
  const std::string actual = sha256(browser_cookie);
  return expected.size() == actual.size() &&
         CRYPTO_memcmp(expected.data(), actual.data(), actual.size()) == 0;
}

Outcome<Json> unsealed(const Provider& provider, std::string_view sealed) {
  const auto key = jose::Key::from_secret(provider.ticket_secret);
  if (!key) return refuse(key.error());
  const auto text = jose::decrypt(sealed, {&*key}, {"dir"});
  if (!text) return refuse(Fault::ticket_invalid);
  auto content = parse_json(*text);
  if (!content || ticket_text(content->get(), "issuer") != provider.issuer.value)
    return refuse(Fault::ticket_invalid);
  return content;
}

}  // namespace

std::string browser_cookie_prefix(const Provider& provider) {
  return provider.is_https() ? "__Host-slo-browser" : "slo-browser";
}

Outcome<std::string> seal_ticket(const Provider& provider, const Ticket& ticket,
                                 std::string_view browser_cookie) {
  const auto key = jose::Key::from_secret(provider.ticket_secret);
  if (!key) return refuse(key.error());
  const Json header{json_object()};
  json_object_set_new(header.get(), "typ", make_string(ticket_type).release());
  const Json content = ticket_json(provider, ticket, browser_cookie);
  return jose::encrypt(*key, "dir", "A256GCM", header.get(), dump_json(content.get()));
}

Outcome<Ticket> open_ticket(const Provider& provider, std::string_view sealed,
                            const std::vector<std::string>& browser_cookies) {
  const auto content = unsealed(provider, sealed);
  if (!content) return refuse(content.error());
  // An empty cookie has a digest as well, and must not open a ticket.
  const auto opens = [&](const std::string& cookie) {
    return !cookie.empty() && is_same_browser(content->get(), cookie);
  };
  if (std::ranges::none_of(browser_cookies, opens)) return refuse(Fault::ticket_from_other_browser);
  return ticket_of(content->get());
}

}  // namespace slo
