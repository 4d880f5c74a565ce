// SPDX-License-Identifier: BSD-2-Clause
// Seals deliveries: which token goes where. What becomes of them stands in verdict.cpp.
#include "core/delivery/delivery.h"

#include <algorithm>

#include "core/delivery/logout_token.h"
#include "core/digest.h"
#include "core/text/base64url.h"
#include "core/text/uri.h"

namespace slo {
namespace {

// 128 bits that are the same for the same `text`.
std::string short_digest(const std::string& text) { return base64url(sha256(text).substr(0, 16)); }

// The random bytes alone would give one jti to all deliveries that are sealed in one moment.
Jti fresh_jti(const Delivery& delivery, const Moment& moment) {
  const std::string random(reinterpret_cast<const char*>(moment.random.data()), moment.random.size());
  return Jti{short_digest(random + std::to_string(delivery.token) + "." + delivery.id)};
}

Outcome<LogoutTokenClaims> claims_for(const Delivery& delivery, const Moment& moment) {
  LogoutTokenClaims claims{.sub = delivery.sub, .sid = delivery.sid};
  if (delivery.sid && !delivery.sid->value.empty()) {
    claims.jti = fresh_jti(delivery, moment);
    claims.issued = moment.seconds();
    return claims;
  }
  claims.jti = Jti{short_digest("jti." + delivery.id)};
  claims.issued = std::chrono::floor<Seconds>(delivery.enqueued);
  if (moment.now >= claims.issued + logout_token_life) {
    return refuse(Fault::delivery_expired, "a token for a whole user is sent for two minutes only");
  }
  return claims;
}

Outcome<ClientRef> addressee_of(const Provider& provider, const Delivery& delivery) {
  ClientRef client = provider.find(delivery.client);
  if (client == nullptr) return refuse(Fault::delivery_client_gone, "client " + delivery.client.value);
  if (client->backchannel_logout_uri.empty()) {
    return refuse(Fault::delivery_client_gone,
                  "client " + delivery.client.value + " has no backchannel_logout_uri");
  }
  return client;
}

// What is no URI is never registered; here it need only be no scheme that was not allowed since.
Outcome<void> check_scheme(const Provider& provider, std::string_view uri) {
  const std::string_view scheme = uri.substr(0, std::min(uri.find(':'), uri.size()));
  const auto is = [scheme](std::string_view name) {
    return std::ranges::equal(scheme, name, [](char c, char lower) { return (c | 0x20) == lower; });
  };
  if (is("https") || (is("http") && provider.egress.allow_http)) return {};
  return refuse(Fault::delivery_uri_refused, "the scheme is " + std::string(scheme));
}

Outcome<ReceiverName> receiver_of_application(const Provider& provider, const Delivery& delivery) {
  const auto application = called_application(provider, delivery);
  if (!application) return refuse(application.error());
  ReceiverName name{.uri = std::string(application_prefix) + (*application)->name,
                    .host = (*application)->host};
  if ((*application)->is_own_location()) return name;
  const auto uri = read_uri((*application)->target);
  if (!uri) return refuse(Fault::delivery_uri_refused, uri.error().detail);
  name.host = uri->origin();
  return name;
}

}  // namespace

Outcome<const Application*> called_application(const Provider& provider, const Delivery& delivery) {
  const Application* application = provider.find_application(delivery.client);
  if (application == nullptr || !application->is_called()) {
    const char* what = application == nullptr ? " is not configured here" : " has no logout URL";
    return refuse(Fault::delivery_client_gone, "application " + delivery.client.value + what);
  }
  if (application->is_own_location()) return application;
  if (auto allowed = check_scheme(provider, application->target); !allowed) return refuse(allowed.error());
  return application;
}

Outcome<ReceiverName> receiver_of(const Provider& provider, const Delivery& delivery) {
  if (is_application(delivery.client)) return receiver_of_application(provider, delivery);
  const auto client = addressee_of(provider, delivery);
  if (!client) return refuse(client.error());
  const auto uri = read_uri((*client)->backchannel_logout_uri);
  if (!uri) return refuse(Fault::delivery_uri_refused, uri.error().detail);
  return ReceiverName{.uri = (*client)->backchannel_logout_uri, .host = uri->origin()};
}

bool is_slow_to_seal(const Provider& provider, const Delivery& delivery) {
  const auto client = addressee_of(provider, delivery);
  if (!client) return false;
  const bool agrees_on_key = (*client)->id_token_encrypted_response_alg == "ECDH-ES";
  return agrees_on_key || jose::is_slow_to_sign(provider.algorithm_of(**client));
}

Outcome<Call> seal(const Provider& provider, const Delivery& delivery, const Moment& moment) {
  const auto client = addressee_of(provider, delivery);
  if (!client) return refuse(client.error());
  const std::string& uri = (*client)->backchannel_logout_uri;
  if (auto allowed = check_scheme(provider, uri); !allowed) return refuse(allowed.error());
  const auto claims = claims_for(delivery, moment);
  if (!claims) return refuse(claims.error());
  const auto token = write_logout_token(provider, **client, *claims);
  if (!token) return refuse(token.error());
  return Call{.target = uri, .body = encode_form({{"logout_token", *token}})};
}

}  // namespace slo
