// SPDX-License-Identifier: BSD-2-Clause
// Clients files and registration metadata: what was accepted is written and read as the same client, and each
// accepted URI is one that browsers and the dispatcher may be sent to.
#include <algorithm>

#include "core/client/client_array.h"
#include "core/client/client_list.h"
#include "core/op/logout_page.h"
#include "core/text/uri.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

void check_uris(const Client& client, const ClientRules& rules) {
  for (const auto& text : client.post_logout_redirect_uris) {
    const auto uri = read_uri(text);
    promise(uri && !uri->fragment && uri->scheme != "javascript" && uri->scheme != "data",
            "a redirect is harmless");
    promise(client.may_redirect_to(text), "what is registered may be redirected to");
    promise(!client.may_redirect_to(text + "x"), "and nothing that only begins like it");
  }
  for (const auto& text : {client.backchannel_logout_uri, client.frontchannel_logout_uri}) {
    if (text.empty()) continue;
    const auto uri = read_uri(text);
    promise(uri && uri->is_http() && !uri->userinfo && !uri->fragment, "a logout URI is plain http(s)");
    promise(uri->scheme == "https" || (rules.allow_http && client.confidential),
            "http is for those who allow it");
  }
  if (!client.frontchannel_logout_uri.empty()) {
    const auto origin = read_uri(client.frontchannel_logout_uri)->origin();
    promise(std::ranges::any_of(client.redirect_uris,
                                [&](const auto& text) { return read_uri(text)->origin() == origin; }),
            "an iframe shares its origin with a redirect");
  }
}

void check_cryptography(const Client& client) {
  if (!client.channels().back) return;
  const auto algorithm = client.id_token_signed_response_alg;
  if (algorithm && jose::is_symmetric(*algorithm))
    promise(client.secret && client.secret->fits(*algorithm), "a secret that signs fits");
  const auto& alg = client.id_token_encrypted_response_alg;
  if (alg.empty()) return;
  promise(jose::is_known_encryption(alg, client.id_token_encrypted_response_enc),
          "an encryption is one that can be made");
}

void write_and_read(const Client& client, const ClientRules& rules, const json_t* metadata) {
  const Json written = client_json(client);
  promise(!has_member(written.get(), "client_secret"), "no secret is written");
  // What is registered without back channel may ask for algorithms that are not checked; the secret is not
  // written.
  if (const auto* secret = json_object_get(metadata, "client_secret")) {
    json_object_set(written.get(), "client_secret", const_cast<json_t*>(secret));
  }
  const auto again = read_client(written.get(), rules);
  promise(again.has_value(), "what was written of a client is read");
  const Json rewritten = client_json(*again);
  json_object_del(written.get(), "client_secret");
  promise(is_same_json(written.get(), rewritten.get()), "as the same client");
}

void read_all(const std::string& text, const ClientRules& rules) {
  const auto clients = read_clients(text, rules);
  const auto document = parse_json(text);
  if (!clients) {
    promise(!clients.error().detail.empty() && clients.error().detail.find(':') != std::string::npos,
            "a refusal says where");
    return;
  }
  promise(clients->clients.size() == json_array_size(document->get()), "each client of the file is taken");
  const ClientList list(clients->clients);
  promise(list.duplicate() == nullptr, "once");
  for (std::size_t i = 0; i < json_array_size(document->get()); ++i) {
    const json_t* metadata = json_array_get(document->get(), i);
    const auto found = list.find(ClientId{string_member(metadata, "client_id").value_or("")});
    promise(found != nullptr, "under its name");
    const Client& client = *found;
    promise(is_storable(client.id.value) && !client.name.empty(), "a client has a name");
    check_uris(client, rules);
    check_cryptography(client);
    write_and_read(client, rules, metadata);
  }
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  const slo::ClientRules rules{.allow_http = input.flag(), .op_has_sid = input.flag()};
  slo::fuzz::read_all(input.rest(), rules);
}
