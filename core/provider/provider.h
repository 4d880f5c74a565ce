// SPDX-License-Identifier: BSD-2-Clause
// Provider: everything the operator configured for one issuer, validated, immutable after `nginx -t`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/client/client_list.h"
#include "core/jose/jose.h"
#include "core/moment.h"
#include "core/names.h"
#include "core/provider/application.h"
#include "core/text/cookie.h"

namespace slo {

struct DeliveryPolicy {
  Millis wait{1000};     // how long the user's answer waits for the receivers' first answers; 0: not at all
  Millis timeout{5000};  // one attempt, all in all
  unsigned concurrency = 512;  // calls per worker that have not waited long
  unsigned per_host = 4;       // … and to one host; and calls to one receiver
  unsigned attempts = 10;
  Millis first{5000};  // delay after the first failure; doubled each time
  Millis max{15 * 60 * 1000};
  Millis max_age{24 * 60 * 60 * 1000};  // then a delivery becomes a dead letter

  // How long a delivery is ours alone: an attempt, and time to settle it.
  Millis lease() const { return timeout + Millis{10'000}; }
};

struct FrontchannelPolicy {
  Seconds timeout{5};  // one iframe
  Seconds total{8};    // all of them
};

struct HintPolicy {
  bool required = false;
  bool accept_expired = true;
  // A client_id other than the hint's: refuse (RPI 2 demands the check, RPI 4 that a failed one ends what
  // depends on it), or true: drop hint, client and redirect, and ask the user about his own session.
  bool confirm_mismatch = false;
  Seconds max_age{30 * 24 * 3600};  // since iat; 0: unlimited
};

enum class Scope : std::uint8_t { client, session, user };
enum class BadRedirect : std::uint8_t { reject, end_without_redirect };
enum class AlreadyOut : std::uint8_t { redirect, page };
// Which applications are shown to the user, with a link onward, instead of redirecting him: those that
// refused their logout or were given up; those that cannot be told at all as well; none.
enum class ShowUntold : std::uint8_t { never, refused, any };

// So many session cookies may have a name, and so many values are looked up of one request.
inline constexpr std::size_t max_session_cookies = 8;

// The OP's own logout: a request to a location of the server that ends sessions, with the browser's cookies;
// or the browser itself goes there and comes back.
struct UpstreamLogoutPolicy {
  std::string uri{};         // empty: none
  bool by_browser = false;   // `uri` is the OP's end_session_endpoint
  std::string client_id{};   // by the browser: the client that the OP knows our return address by
  bool op_notifies = false;  // the clients of a session that ends there: we need not
  bool is_post = false;      // with the hint and client_id that came, as a form
  Millis timeout{2000};      // how long the user's answer waits for it
};

// Where the OP's keys come from: nowhere (it signs with ours), a file, a URL, or where its discovery document
// says.
enum class KeysFrom : std::uint8_t { nowhere, file, url, discovery };

struct EgressPolicy {
  bool allow_http = false;
};

struct Provider {
  std::string name{};
  Issuer issuer{};
  std::string store_tag{};  // 132 bits that stand for the issuer in every key of the store
  jose::KeySet keys{};      // verify hints; the public halves of `signing_keys` are tried as well
  KeysFrom keys_from = KeysFrom::nowhere;
  std::string jwks_uri{};  // of KeysFrom::url
  // The keys that were fetched, verify hints as well. The host that fetches them keeps the set current,
  // between two calls of ours; null: nobody fetches any.
  const jose::KeySet* fetched_keys = nullptr;
  std::vector<jose::Key> signing_keys{};  // the first of a kind signs
  std::vector<jose::Key> shown_keys{};    // never sign: published, and verify hints, as signing keys are
  bool adds_keys_to_op = false;           // they are put into the OP's own key set, on its way to clients
  std::vector<jose::Key> decryption_keys{};
  CurrentClients clients{};
  bool fetches_clients = false;                // some of them, while nginx runs
  std::vector<CookieScope> session_cookies{};  // what may carry the browser's session at the OP
  std::string cookie_secret{};                 // keys the digest of cookies; may be empty
  std::string ticket_secret{};                 // 32 bytes; seals confirmation tickets
  Seconds absolute{12 * 3600};
  Seconds idle{0};
  Seconds tombstone{24 * 3600};
  Seconds leeway{60};
  bool always_confirm = false;
  Seconds ticket_life{300};
  Scope scope = Scope::session;
  DeliveryPolicy delivery{};
  FrontchannelPolicy frontchannel{};
  HintPolicy hint{};
  BadRedirect bad_redirect = BadRedirect::reject;
  AlreadyOut already_out = AlreadyOut::redirect;
  ShowUntold show_untold = ShowUntold::refused;
  EgressPolicy egress{};
  UpstreamLogoutPolicy upstream_logout{};
  std::string end_session_endpoint{};  // as clients are told; empty: where our location is, if that is asked
  std::string check_session_iframe{};  // of slo_check_session, as clients are told; empty: none
  std::string post_logout_uri{};       // where a user lands without a valid redirect; empty: our own page

  // In front of applications: what the OP tells us.
  std::vector<std::string> client_ids{};  // ours at the OP: for whom its logout tokens are
  std::optional<jose::Key> client_secret{};
  jose::Algorithm op_algorithm = jose::Algorithm::RS256;  // of the OP's logout tokens
  bool strict_typ = false;                                // only logout+jwt
  bool exp_required = true;
  bool frontchannel_iss_optional = false;
  Seconds retention{7LL * 24 * 3600};  // how long is remembered what has ended
  bool fail_closed = false;            // nobody passes while marks may be missing for longer than max_stale
  Seconds max_stale{30};
  std::vector<Application> applications{};  // of all servers
  std::string app_cookie_secret{};          // 32 bytes; seals their remembered cookies; empty: none

  bool is_https() const { return issuer.value.starts_with("https:"); }
  // Is nothing of it there but to receive an OP's logouts: no clients, keys or session cookies of its own?
  bool only_receives() const;
  ClientRef find(const ClientId& id) const { return clients.list()->find(id); }
  // Null where it is not configured here.
  const Application* find_application(const ClientId& id) const;
  // RS256 if one of the signing keys is an RSA key or there is none; else what the first signing key does
  // naturally.
  jose::Algorithm default_algorithm() const;
  // id_token_signed_response_alg, or the default.
  jose::Algorithm algorithm_of(const Client& client) const;
  // The key that signs this client's logout tokens: the first that fits and is not published for another
  // algorithm, else the first that fits; null where none does (refused by check()).
  const jose::Key* signing_key_for(const Client& client) const;
};

// The first six characters of base64url(SHA-256(issuer)): hosts agree on it without asking anybody.
std::string store_tag(const Issuer& issuer);

// 32 bytes that seal confirmation tickets: of what all hosts share, the first signing key, else
// `cookie_secret`. Empty if there is neither. Nothing that is stored or sent elsewhere tells anything of
// them: the secret that keys cookie digests is not used as a key again.
std::string derive_ticket_secret(const Provider& provider);

// An application's name; where it is not configured here, what its id says of it.
std::string application_name(const Provider& provider, const ClientId& id);

// 32 bytes that seal the remembered cookies of applications: of what all hosts of a store share. Empty if
// there is none.
std::string derive_app_cookie_secret(std::string_view store_secret);

// 1 to 64 letters, digits, `.`, `_` and `-`: the name stands in paths, metrics and log lines.
bool is_provider_name(std::string_view name) noexcept;

// Is the whole of it consistent? configuration_invalid with a sentence naming member, value and remedy:
// issuer an https (or, with allow_http, http) URL without query and fragment; every client's algorithm has
// its key; …
Outcome<void> check(const Provider& provider);

// The same of clients that are to be its own: has each the key that its logout tokens are signed with?
Outcome<void> check_clients(const Provider& provider, const ClientList& clients);

// The same of what an OP's logouts are checked by.
Outcome<void> check_receiving(const Provider& provider);

// The public halves of the signing keys, and of those that are only shown, as a JWK set.
Json published_keys(const Provider& provider);

}  // namespace slo
