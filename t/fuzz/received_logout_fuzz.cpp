// SPDX-License-Identifier: BSD-2-Clause
// Logout tokens of an OP: claims of the fuzzer's making, rightly signed (and encrypted), end something only
// if each rule holds; a second reading of the claims, written apart from the first, says which.
#include "core/rp/received_logout.h"

#include <algorithm>
#include <cmath>

#include "core/text/form.h"
#include "t/core/rp/logout_tokens.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

// One way to verify for each of the first four signers.
Provider receiver_by(jose::Algorithm algorithm, bool is_lax) {
  Provider made = a_relying_provider();
  made.keys.add(a_key(test_keys::ed25519));
  made.keys.add(a_key(test_keys::p256));
  made.decryption_keys.push_back(a_key(test_keys::client_rsa_2048));
  made.client_secret = secret_key(shared_secret);
  made.op_algorithm = algorithm;
  made.exp_required = !is_lax;
  made.strict_typ = !is_lax;
  return made;
}

const Provider& receiver_for(std::size_t signer, bool is_lax) {
  static const std::vector<Provider> all = [] {
    std::vector<Provider> made;
    for (std::size_t i = 0; i < 8; ++i) made.push_back(receiver_by(signers()[i % 4].algorithm, i >= 4));
    return made;
  }();
  return all[signer % 4 + (is_lax ? 4 : 0)];
}

bool is_ours_alone(const Provider& provider, const json_t* aud) {
  const auto is_client = [&](const json_t* value) {
    return json_is_string(value) && std::ranges::count(provider.client_ids, json_string_value(value)) == 1;
  };
  if (!json_is_array(aud)) return is_client(aud);
  for (std::size_t i = 0; i < json_array_size(aud); ++i) {
    if (!is_client(json_array_get(aud, i))) return false;
  }
  return json_array_size(aud) > 0;
}

void check_times(const Provider& provider, const ReceivedLogout& logout, const json_t* claims, double now) {
  const double issued = json_number_value(json_object_get(claims, "iat"));
  const json_t* exp = json_object_get(claims, "exp");
  promise(json_is_number(json_object_get(claims, "iat")) && issued <= now + 60, "it is of the past");
  promise(exp == nullptr ? !provider.exp_required : json_is_number(exp),
          "it has an exp where one is required");
  const double day = 24 * 3600;
  const double until = exp == nullptr ? issued + 3600 : std::min(json_number_value(exp), issued + day);
  promise(until + 60 > now, "it is good still");
  const double life = static_cast<double>(logout.jti_life.count());
  promise(life >= until + 60 - now && life < until + 61 - now, "it is remembered until it is good no longer");
}

void check_mark(const ReceivedLogout& logout, const json_t* claims, const Moment& moment) {
  const auto sid = string_member(claims, "sid");
  const auto sub = string_member(claims, "sub");
  promise((logout.mark.of == Mark::Of::sid) == sid.has_value(), "a sid counts before a sub");
  promise(logout.mark.value == sid.value_or(sub.value_or("")), "it ends what it names");
  promise(is_storable(logout.mark.value) && is_storable(logout.jti), "what it names can be stored");
  promise(sid.has_value() == has_member(claims, "sid") && sub.has_value() == has_member(claims, "sub"),
          "names are strings");
  promise(string_member(claims, "jti") == logout.jti, "a jti is read as it is");
  const double issued = json_number_value(json_object_get(claims, "iat"));
  const auto at = sid ? moment.seconds() : TimeS{Seconds{static_cast<Seconds::rep>(std::floor(issued))}};
  promise(logout.mark.at == at, "a mark has its time");
}

void check_claims(const Provider& provider, const ReceivedLogout& logout, const json_t* claims,
                  const Moment& moment) {
  promise(string_member(claims, "iss") == provider.issuer.value, "it is of this issuer");
  promise(is_ours_alone(provider, json_object_get(claims, "aud")), "it is for us and nobody else");
  const json_t* events = json_object_get(claims, "events");
  promise(json_is_object(json_object_get(events, "http://schemas.openid.net/event/backchannel-logout")),
          "it has the event");
  promise(!has_member(claims, "nonce"), "it has no nonce");
  check_times(provider, logout, claims, static_cast<double>(moment.seconds().time_since_epoch().count()));
  check_mark(logout, claims, moment);
}

void receive(const Provider& provider, const std::string& token, const json_t* claims) {
  const auto moment = a_moment();
  const auto logout = check_logout_token(provider, token, moment);
  const std::string body = encode_form({{"logout_token", token}});
  const auto read = read_logout_token("application/x-www-form-urlencoded", body);
  promise(read.has_value() != (token.empty() || token.find('\0') != std::string::npos),
          "a form gives its token");
  promise(!read || *read == token, "a token comes out of a form as it went in");
  if (logout) {
    promise(claims != nullptr, "nothing that was not signed ends anything");
    check_claims(provider, *logout, claims, moment);
    promise(!check_logout_token(provider, token, a_moment(std::chrono::hours{26})),
            "a day later it ends nothing");
    return;
  }
  const Page page = logout_not_received_page(logout.error());
  promise(page.status == 400 && is_json(page.body), "a refusal is a 400 in JSON");
  const auto sub = claims == nullptr ? std::string() : string_member(claims, "sub").value_or("");
  promise(sub.size() < 24 || (logout.error().detail + page.body).find(sub) == std::string::npos,
          "no sub stands in a refusal");
}

// Half of the time members that replace those of a good token, else all of the claims.
std::string payload_of(bool whole, const std::string& text) {
  const auto json = parse_json(text);
  return whole || !json || !json_is_object(json->get()) ? text : logout_claims(text);
}

void sign_and_receive(Input& input) {
  const auto how = input.byte();
  const std::size_t which = input.below(4);
  const auto& signer = signers()[which];
  const Provider& provider = receiver_for((how & 16) != 0 ? which + 1 : which, (how & 32) != 0);
  auto header = parse_json(input.text());
  if (!header || !json_is_object(header->get())) header = Json{};
  Input tampering = input;
  for (int i = 0; i < 3; ++i) input.byte();
  const auto payload = payload_of((how & 1) != 0, input.rest());
  const auto token = jose::sign(signer.key, signer.algorithm, header->get(), payload);
  if (!token) return;
  const auto claims = parse_json(payload);
  const bool is_right = (how & 16) == 0 && claims && json_is_object(claims->get());
  const json_t* signed_claims = is_right ? claims->get() : nullptr;
  const bool seals = (how & 6) == 2 && token->size() < 8000;
  const auto& lock = provider.decryption_keys[0];
  const auto sealed = [&] {
    return granted(jose::encrypt(lock, "RSA-OAEP", "A128CBC-HS256", nullptr, *token));
  };
  receive(provider, seals ? sealed() : *token, signed_claims);
  receive(provider, with_one_bit_changed(tampering, *token), nullptr);
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  if (input.flag()) return slo::fuzz::sign_and_receive(input);
  const auto type = input.text();
  const auto body = input.rest();
  const auto token = slo::read_logout_token(type, body);
  if (!token) return;
  const auto issuer = slo::claimed_issuer(*token);
  const auto peeked = slo::peek(*token);
  slo::fuzz::promise(!peeked || slo::string_member(peeked->claims.get(), "iss").value_or("") == issuer,
                     "the issuer is what the token says");
  slo::fuzz::receive(slo::fuzz::receiver_for(3, true), *token, peeked ? peeked->claims.get() : nullptr);
}
