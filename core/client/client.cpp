// SPDX-License-Identifier: BSD-2-Clause
// The rules of one client, and a client as the metadata it was registered with.
#include "core/client/client.h"

#include <algorithm>

#include "core/text/uri.h"

namespace slo {
namespace {

Json array_of(const std::vector<std::string>& values) {
  Json array(json_array());
  for (const std::string& value : values) json_array_append_new(array.get(), make_string(value).release());
  return array;
}

void put(json_t* object, const char* member, Json value) {
  json_object_set_new(object, member, value.release());
}

void put_text(json_t* object, const char* member, std::string_view text) {
  if (!text.empty()) put(object, member, make_string(text));
}

void put_redirects(json_t* object, const Client& client) {
  std::vector<std::string> post_logout(client.post_logout_redirect_uris.begin(),
                                       client.post_logout_redirect_uris.end());
  std::ranges::sort(post_logout);
  if (!client.redirect_uris.empty()) put(object, "redirect_uris", array_of(client.redirect_uris));
  put(object, "post_logout_redirect_uris", array_of(post_logout));
}

void put_channels(json_t* object, const Client& client) {
  if (client.channels().back) {
    put_text(object, "backchannel_logout_uri", client.backchannel_logout_uri);
    put(object, "backchannel_logout_session_required",
        Json(json_boolean(client.backchannel_logout_session_required)));
  }
  if (client.channels().front) {
    put_text(object, "frontchannel_logout_uri", client.frontchannel_logout_uri);
    put(object, "frontchannel_logout_session_required",
        Json(json_boolean(client.frontchannel_logout_session_required)));
    if (!client.frontchannel_logout_frame_origins.empty()) {
      put(object, "frontchannel_logout_frame_origins", array_of(client.frontchannel_logout_frame_origins));
    }
  }
}

void put_cryptography(json_t* object, const Client& client) {
  if (client.id_token_signed_response_alg) {
    put_text(object, "id_token_signed_response_alg", jose::name_of(*client.id_token_signed_response_alg));
  }
  put_text(object, "id_token_encrypted_response_alg", client.id_token_encrypted_response_alg);
  put_text(object, "id_token_encrypted_response_enc", client.id_token_encrypted_response_enc);
  if (!client.jwks) return;
  Json keys(json_array());
  for (const jose::Key& key : client.jwks->keys())
    json_array_append_new(keys.get(), key.public_jwk().release());
  Json jwks(json_object());
  put(jwks.get(), "keys", std::move(keys));
  put(object, "jwks", std::move(jwks));
}

}  // namespace

bool Client::may_redirect_to(std::string_view uri) const {
  if (post_logout_redirect_uris.contains(std::string(uri))) return true;
  if (loopback_redirects.empty()) return false;
  const std::optional<std::string> portless = loopback_without_port(uri);
  return portless && loopback_redirects.contains(*portless);
}

Json client_json(const Client& client) {
  Json object(json_object());
  put_text(object.get(), "client_id", client.id.value);
  put_text(object.get(), "client_name", client.name);
  if (!client.confidential) put_text(object.get(), "token_endpoint_auth_method", "none");
  if (client.native) put_text(object.get(), "application_type", "native");
  if (client.pairwise) put_text(object.get(), "subject_type", "pairwise");
  put_redirects(object.get(), client);
  put_channels(object.get(), client);
  put_cryptography(object.get(), client);
  if (!client.logout_token_typ) put(object.get(), "logout_token_typ", Json(json_false()));
  if (!client.logout_token_aud_array) put_text(object.get(), "logout_token_aud", "string");
  return object;
}

}  // namespace slo
