// SPDX-License-Identifier: BSD-2-Clause
// Which key signs for whom, and what all hosts of one provider agree on without asking each other.
#include "core/provider/provider.h"

#include <algorithm>
#include <array>
#include <set>

#include "core/digest.h"
#include "core/text/base64url.h"
#include "core/text/uri.h"

namespace slo {

jose::Algorithm Provider::default_algorithm() const {
  const auto is_rsa = [](const jose::Key& key) { return key.natural_algorithm() == jose::Algorithm::RS256; };
  if (signing_keys.empty() || std::ranges::any_of(signing_keys, is_rsa)) return jose::Algorithm::RS256;
  return signing_keys.front().natural_algorithm();
}

jose::Algorithm Provider::algorithm_of(const Client& client) const {
  return client.id_token_signed_response_alg.value_or(default_algorithm());
}

const jose::Key* Provider::signing_key_for(const Client& client) const {
  const jose::Algorithm algorithm = algorithm_of(client);
  if (jose::is_symmetric(algorithm)) return client.secret ? &*client.secret : nullptr;
  const auto signs = [&](const jose::Key& key) { return key.is_private() && key.fits(algorithm); };
  const auto is_published_so = [&](const jose::Key& key) {
    const auto& names = key.published_names();
    return names.empty() ||
           std::ranges::any_of(names, [&](const auto& one) { return one.allows(algorithm); });
  };
  auto found = std::ranges::find_if(signing_keys,
                                    [&](const jose::Key& key) { return signs(key) && is_published_so(key); });
  if (found == signing_keys.end()) found = std::ranges::find_if(signing_keys, signs);
  return found == signing_keys.end() ? nullptr : &*found;
}

const Application* Provider::find_application(const ClientId& id) const {
  const auto found = std::ranges::find(applications, id, &Application::id);
  return found == applications.end() ? nullptr : &*found;
}

bool Provider::only_receives() const {
  const bool has_keys = !signing_keys.empty() || !shown_keys.empty();
  const bool has_clients = fetches_clients || !clients.list()->in_order().empty();
  return !client_ids.empty() && !has_keys && !has_clients && session_cookies.empty();
}

std::string store_tag(const Issuer& issuer) { return base64url(sha256(issuer.value)).substr(0, 22); }

std::string derive_ticket_secret(const Provider& provider) {
  constexpr std::string_view label = "slo confirmation ticket";
  if (!provider.signing_keys.empty()) return provider.signing_keys.front().secret_digest(label);
  if (provider.cookie_secret.empty()) return {};
  // As HKDF extracts: the secret is the text here, so that no cookie, which is a text under it, gives the
  // same.
  return hmac_sha256(hmac_sha256(label, provider.cookie_secret), provider.issuer.value);
}

std::string application_name(const Provider& provider, const ClientId& id) {
  const Application* application = provider.find_application(id);
  return application != nullptr ? application->name : id.value.substr(application_prefix.size());
}

std::string derive_app_cookie_secret(std::string_view store_secret) {
  constexpr std::string_view label = "slo cookies of applications";
  return store_secret.empty() ? std::string() : hmac_sha256(label, store_secret);
}

namespace {

// Once under each of its names, as the OP has it.
void add_published(json_t* keys, const jose::Key& key) {
  std::set<std::string> kids{key.kid()};
  json_array_append_new(keys, key.public_jwk().release());
  for (const jose::PublishedName& name : key.published_names()) {
    if (!kids.insert(name.kid).second) continue;
    Json again = key.public_jwk();
    json_object_del(again.get(), "kid");
    if (!name.kid.empty()) json_object_set_new(again.get(), "kid", make_string(name.kid).release());
    json_array_append_new(keys, again.release());
  }
}

}  // namespace

Json published_keys(const Provider& provider) {
  Json keys(json_array());
  for (const jose::Key& key : provider.signing_keys) add_published(keys.get(), key);
  for (const jose::Key& key : provider.shown_keys) add_published(keys.get(), key);
  Json set(json_object());
  json_object_set_new(set.get(), "keys", keys.release());
  return set;
}

}  // namespace slo
