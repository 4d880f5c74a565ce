// SPDX-License-Identifier: BSD-2-Clause
// Seals envelopes: which token goes where. What becomes of them stands in delivery_verdict.cpp.
#include "core/delivery.h"

#include <openssl/sha.h>

#include <array>

#include "core/logout_token.h"
#include "core/text/uri.h"

namespace slo {
namespace {

// 128 bits that are the same for the same `text`.
std::string short_digest(const std::string& text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return jose::base64url({reinterpret_cast<const char*>(digest.data()), 16});
}

// The dice alone would give one jti to all deliveries that are sealed in one moment.
Jti fresh_jti(const Delivery& delivery, const Moment& moment) {
  const std::string dice(reinterpret_cast<const char*>(moment.dice.data()), moment.dice.size());
  return Jti{short_digest(dice + std::to_string(delivery.attempt) + "." + delivery.id)};
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

Outcome<const Client*> receiver_of(const Provider& provider, const Delivery& delivery) {
  const Client* client = provider.find(delivery.client);
  if (client == nullptr) return refuse(Fault::delivery_client_gone, "client " + delivery.client.value);
  if (client->backchannel_logout_uri.empty()) {
    return refuse(Fault::delivery_client_gone,
                  "client " + delivery.client.value + " has no backchannel_logout_uri");
  }
  return client;
}

Outcome<Uri> uri_of(const Client& client) {
  return read_uri(client.backchannel_logout_uri).map_error([](Refusal&& refusal) {
    return Refusal{Fault::delivery_uri_refused, std::move(refusal.detail)};
  });
}

}  // namespace

Outcome<Envelope> address(const Provider& provider, const Delivery& delivery) {
  const auto client = receiver_of(provider, delivery);
  if (!client) return refuse(client.error());
  return uri_of(**client).map([&](const Uri& uri) {
    return Envelope{.uri = (*client)->backchannel_logout_uri, .host = uri.origin()};
  });
}

bool is_slow_to_seal(const Provider& provider, const Delivery& delivery) {
  const auto client = receiver_of(provider, delivery);
  if (!client) return false;
  const bool agrees_on_key = (*client)->id_token_encrypted_response_alg == "ECDH-ES";
  return agrees_on_key || jose::is_slow_to_sign(provider.algorithm_of(**client));
}

Outcome<Envelope> seal(const Provider& provider, const Delivery& delivery, const Moment& moment) {
  const auto client = receiver_of(provider, delivery);
  if (!client) return refuse(client.error());
  const auto uri = uri_of(**client);
  if (!uri) return refuse(uri.error());
  if (uri->scheme != "https" && !(uri->scheme == "http" && provider.egress.allow_http)) {
    return refuse(Fault::delivery_uri_refused, "the scheme is " + uri->scheme);
  }
  const auto claims = claims_for(delivery, moment);
  if (!claims) return refuse(claims.error());
  const auto token = write_logout_token(provider, **client, *claims);
  if (!token) return refuse(token.error());
  return Envelope{.uri = (*client)->backchannel_logout_uri,
                  .host = uri->origin(),
                  .body = encode_form({{"logout_token", *token}})};
}

}  // namespace slo
