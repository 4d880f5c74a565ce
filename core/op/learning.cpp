// SPDX-License-Identifier: BSD-2-Clause
// What an answer of the OP teaches on its way to a client: who takes part in which session.
#include "core/op/learning.h"

#include <array>

#include "core/op/hint.h"
#include "core/text/form.h"
#include "core/text/inflate.h"
#include "core/text/json.h"
#include "core/text/uri.h"

namespace slo {
namespace {

Participation participation_of(const Hint& id_token) {
  Participation seen{.client_id = id_token.client->id.value, .sub = id_token.sub.value};
  if (id_token.sid) seen.sid = id_token.sid->value;
  return seen;
}

}  // namespace

Outcome<std::optional<Participation>> learn_from_token_response(const Provider& provider,
                                                                const TokenResponse& response,
                                                                const Moment& moment) {
  if (response.is_packed) {
    const auto plain = inflate(response.body, max_token_response);
    if (!plain) return refuse(Fault::response_malformed, "its Content-Encoding is not gzip or deflate");
    return learn_from_token_response(provider, {.body = *plain}, moment);
  }
  const auto json = parse_json(response.body);
  if (!json || !json_is_object(json->get())) return refuse(Fault::response_malformed);
  const auto token = string_member(json->get(), "id_token");
  if (!token) return std::nullopt;
  return learn_from_id_token(provider, *token, moment);
}

Outcome<std::optional<Participation>> learn_from_id_token(const Provider& provider, std::string_view token,
                                                          const Moment& moment) {
  const auto id_token = verify_hint(provider, token, std::nullopt, moment);
  if (!id_token) return refuse(id_token.error());
  if (id_token->expired) return refuse(Fault::token_expired);
  return participation_of(*id_token);
}

bool leads_to_client(const Provider& provider, std::string_view target, std::string_view host) {
  if (provider.clients.list()->is_redirect(target)) return true;
  const auto uri = read_uri(target);
  if (!uri) return false;  // a path is the OP's own
  if (!uri->is_http()) return true;
  const auto issuer = read_uri(provider.issuer.value);
  const std::string origin = uri->origin();
  return (!issuer || origin != issuer->origin()) && origin != "https://" + std::string(host) &&
         origin != "http://" + std::string(host);
}

std::optional<std::string> unpacked_page(std::string_view body, bool is_packed) {
  return is_packed ? inflate(body, max_token_response) : std::optional(std::string(body));
}

TokenRequest read_token_request(std::string_view request) {
  if (request.size() > max_token_request) return {};
  constexpr std::array<std::string_view, 2> known{"grant_type", "code"};
  const auto form = Form::read(request, known);
  if (!form) return {};
  if (form->find("grant_type") == "refresh_token") return {.is_renewal = true};
  return {.code = form->find("code").value_or("")};
}

}  // namespace slo
