// SPDX-License-Identifier: BSD-2-Clause
// One relying party: its registration metadata, validated, and the rules that follow from it.
//
// Member names are those of RFC 7591 and the OpenID Connect registration and logout specifications; unknown
// members are ignored. RPI 3.1, FCL 2, BCL 2.2.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/client/metadata.h"
#include "core/jose/jose.h"
#include "core/names.h"
#include "core/outcome.h"
#include "core/session.h"

namespace slo {

// What a client's metadata is checked against.
struct ClientRules {
  bool allow_http = false;  // http logout and redirect URIs of confidential clients
  bool op_has_sid = true;   // the OP can supply sid
  bool is_https = true;     // the issuer is
};

struct Client {
  ClientId id{};
  std::string name{};        // client_name, else the id
  bool confidential = true;  // token_endpoint_auth_method is not none
  bool native = false;    // application_type native: loopback redirects match with any port (RFC 8252, 7.3)
  bool pairwise = false;  // subject_type pairwise: no other client knows its subs (OIDC Core 8.1)
  std::vector<std::string>
      redirect_uris{};  // not used for redirects of ours; the front channel must share an origin
  std::unordered_set<std::string> post_logout_redirect_uris{};
  std::unordered_set<std::string>
      loopback_redirects{};              // of a native client: those to http loopback, less their port
  std::string backchannel_logout_uri{};  // empty: none; always has a path
  bool backchannel_logout_session_required = false;
  std::string frontchannel_logout_uri{};
  bool frontchannel_logout_session_required = false;
  std::vector<std::string> frontchannel_logout_frame_origins{};   // ours: where the iframe may lead, each as
                                                                  // Uri::origin() writes it
  std::optional<jose::Algorithm> id_token_signed_response_alg{};  // unset: the provider's default
  std::optional<jose::Key> secret{};                              // client_secret, where it signs or encrypts
  std::string id_token_encrypted_response_alg{};                  // empty: logout tokens are not encrypted
  std::string id_token_encrypted_response_enc{};
  std::optional<jose::KeySet> jwks{};  // the client's own keys (encryption)
  bool logout_token_typ = true;        // ours: "typ": "logout+jwt"
  bool logout_token_aud_array = true;  // ours: aud as an array of one

  Channels channels() const {
    return {.back = !backchannel_logout_uri.empty(), .front = !frontchannel_logout_uri.empty()};
  }
  // Exact string match, constant time in the number of URIs; for loopback redirects of native clients the
  // port is free.
  bool may_redirect_to(std::string_view uri) const;
  // The key that logout tokens are encrypted with: one of `jwks`, or made of the client_secret; null where
  // they are not.
  const jose::Key* encryption_key() const;
};

using ClientRef = std::shared_ptr<const Client>;

// Reads one client from its metadata object. A member that is null counts as absent.
tl::expected<Client, MetadataError> read_client(const json_t* metadata, const ClientRules& rules);

// The registration metadata of a client as JSON, without its secret.
Json client_json(const Client& client);

}  // namespace slo
