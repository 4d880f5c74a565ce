// SPDX-License-Identifier: BSD-2-Clause
// What an answer of the OP teaches on its way to a client: who takes part in which session.
#include "core/op/learning.h"

#include <array>

#include "core/op/hint.h"
#include "core/text/form.h"
#include "core/text/inflate.h"
#include "core/text/json.h"

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
  const auto id_token = verify_hint(provider, *token, std::nullopt, moment);
  if (!id_token && id_token.error().fault == Fault::client_unknown) return std::nullopt;
  if (!id_token) return refuse(id_token.error());
  if (id_token->expired) return refuse(Fault::token_expired);
  return participation_of(*id_token);
}

bool is_renewal(std::string_view token_request) {
  if (token_request.size() > max_token_request) return false;
  constexpr std::array<std::string_view, 1> known{"grant_type"};
  const auto form = Form::read(token_request, known);
  return form && form->find("grant_type") == "refresh_token";
}

}  // namespace slo
