// SPDX-License-Identifier: BSD-2-Clause
// Logout tokens: whatever a client registered and a session holds, the token of a sealed call verifies, says
// what the specification wants, and nothing else.
#include "core/delivery/logout_token.h"

#include <array>

#include "core/delivery/delivery.h"
#include "core/text/form.h"
#include "core/text/uri.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

constexpr std::array<std::string_view, 1> token_parameter{"logout_token"};

Provider make_provider() {
  Provider provider = a_bare_provider();
  provider.signing_keys.push_back(a_key(test_keys::p256));
  provider.signing_keys.push_back(a_key(test_keys::ed25519));
  return provider;
}

Provider& sender() {
  static Provider provider = make_provider();
  return provider;
}

// The client's own keys, which the fuzzer's metadata may refer to.
std::vector<const jose::Key*> receiver_keys(const Client& client) {
  static const jose::Key rsa = a_key(test_keys::client_rsa_2048);
  static const jose::Key p256 = a_key(test_keys::client_p256);
  std::vector<const jose::Key*> keys{&rsa, &p256};
  if (client.secret) keys.push_back(&*client.secret);
  return keys;
}

// With a key of the cast in place of the client's own, so that the test can open what was sealed.
void give_known_keys(json_t* metadata) {
  const Json rsa = granted(parse_json(test_keys::client_rsa_jwk));
  const Json p256 = granted(parse_json(test_keys::client_p256_jwk));
  Json nameless_rsa(json_deep_copy(rsa.get())), nameless_p256(json_deep_copy(p256.get()));
  json_object_del(nameless_rsa.get(), "kid"), json_object_del(nameless_p256.get(), "kid");
  const Json jwks(json_pack("{s:[O,O]}", "keys", nameless_rsa.get(), nameless_p256.get()));
  json_object_set(metadata, "jwks", jwks.get());
}

std::optional<std::string> signed_token(const Client& client, const std::string& token) {
  const auto& alg = client.id_token_encrypted_response_alg;
  promise(alg.empty() != jose::is_encrypted(token), "a token is encrypted where it was asked for");
  if (alg.empty()) return token;
  if (alg == "RSA-OAEP" || alg == "ECDH-ES")
    return granted(jose::decrypt(token, receiver_keys(client), {alg}));
  const auto key =
      granted(jose::encryption_key_of(*client.secret, alg, client.id_token_encrypted_response_enc));
  return granted(jose::decrypt(token, {&key}, {alg}));
}

void check_claims(const Client& client, const Delivery& delivery, const json_t* claims) {
  promise(string_member(claims, "iss") == sender().issuer.value, "a logout token has its issuer");
  const json_t* aud = json_object_get(claims, "aud");
  promise(json_is_array(aud) == client.logout_token_aud_array, "aud is what the client wants it to be");
  promise(client.id.value == json_string_value(json_is_array(aud) ? json_array_get(aud, 0) : aud),
          "aud is the client");
  const auto is_sent = [&](const char* name, const auto& value) {
    return value ? string_member(claims, name) == value->value : !has_member(claims, name);
  };
  promise(is_sent("sub", delivery.sub) && is_sent("sid", delivery.sid), "sub and sid are the session's");
  promise(has_member(claims, "sub") || has_member(claims, "sid"), "one of them is there");
  promise(!client.backchannel_logout_session_required || has_member(claims, "sid"),
          "a sid that is required is there");
  promise(!has_member(claims, "nonce"), "never a nonce");
  promise(integer_member(claims, "exp") == *integer_member(claims, "iat") + logout_token_life.count(),
          "a token expires");
  promise(string_member(claims, "jti").value_or("").size() >= 16, "a token has its jti");
  promise(json_object_size(json_object_get(claims, "events")) == 1, "a token has the event");
}

void check_sealed(const Client& client, const Delivery& delivery, const Call& sealed) {
  promise(sealed.target == client.backchannel_logout_uri, "a sealed call goes to the registered URI");
  const auto receiver = receiver_of(sender(), delivery);
  promise(receiver->uri == sealed.target && receiver->host == read_uri(sealed.target)->origin(),
          "in the queue of its URI, with its scheme, host and port");
  promise(!holds_any(sealed.target + receiver->host, " \r\n\t"), "which cannot break a request");
  const auto form = Form::read(sealed.body, token_parameter);
  promise(form && form->find("logout_token"), "its body is a form with the token");
  const auto token = signed_token(client, *form->find("logout_token"));
  std::vector<const jose::Key*> keys;
  for (const auto& key : sender().signing_keys) keys.push_back(&key);
  if (client.secret) keys.push_back(&*client.secret);
  const auto verified = jose::verify(*token, keys, sender().algorithm_of(client));
  promise(verified.has_value(), "the token verifies");
  promise((string_member(verified->header.get(), "typ") == "logout+jwt") == client.logout_token_typ,
          "and has its type");
  check_claims(client, delivery, verified->claims.get());
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  using namespace slo;
  auto delivery = a_delivery();
  if (auto sub = input.maybe_text()) delivery.sub = Subject{*std::move(sub)};
  if (auto sid = input.maybe_text()) delivery.sid = Sid{*std::move(sid)};
  if (input.flag()) delivery.sid.reset();
  const auto can_be_there = [](const auto& name) { return !name || is_storable(name->value); };
  if (!can_be_there(delivery.sub) || !can_be_there(delivery.sid)) return;  // learn() takes no others
  const auto metadata = parse_json(input.rest());
  if (!metadata || !json_is_object(metadata->get())) return;
  fuzz::give_known_keys(metadata->get());
  auto client = read_client(metadata->get(), {.allow_http = true});
  if (!client || !client->channels().back) return;
  auto& provider = fuzz::sender();
  delivery.client = client->id;
  provider.clients = {};
  const Client& receiver = enrol(provider, *std::move(client));
  if (provider.signing_key_for(receiver) == nullptr) return;  // check() refuses such a provider
  provider.egress.allow_http = true;
  const auto sealed = seal(provider, delivery, a_moment());
  if (!sealed) {
    const auto fault = sealed.error().fault;
    fuzz::promise(fault == Fault::delivery_without_subject || fault == Fault::key_unusable,
                  "what was registered can be told");
    return;
  }
  fuzz::check_sealed(receiver, delivery, *sealed);
  const auto retried = seal(provider, delivery, a_moment(Millis{1000}, 1));
  fuzz::promise(retried.has_value(), "and be told again");
  provider.egress.allow_http = false;
  fuzz::promise(
      !seal(provider, delivery, a_moment()) || read_uri(receiver.backchannel_logout_uri)->scheme == "https",
      "no token leaves over http unless the operator allows it");
}
