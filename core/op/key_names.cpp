// SPDX-License-Identifier: BSD-2-Clause
// Names the provider's own keys as the OP's key set names them. Compares keys, not texts.
#include "core/op/key_names.h"

#include <algorithm>
#include <set>

namespace slo {
namespace {

using Names = std::vector<jose::PublishedName>;

bool verifies(const jose::Key& entry) { return entry.fits(entry.natural_algorithm()); }

bool encrypts(const jose::Key& entry) {
  return entry.fits_encryption("RSA-OAEP", "A128GCM") || entry.fits_encryption("RSA1_5", "A128GCM") ||
         entry.fits_encryption("ECDH-ES", "A128GCM");
}

// What the entries that are `key` and may `serve` call it, in their order.
Names names_of(const Provider& provider, const jose::Key& key, bool (*serve)(const jose::Key&)) {
  Names names;
  for (const jose::Key& entry : provider.keys.keys()) {
    if (!entry.is_same_pair(key) || !serve(entry)) continue;
    names.push_back({.kid = entry.has_given_kid() ? entry.kid() : "", .algorithm = entry.own_algorithm()});
  }
  return names;
}

void take_names(jose::Key& key, Names names) {
  if (!key.has_given_kid() && !names.empty()) key.publish_as(std::move(names));
}

std::string as_said(const std::string& kid) {
  return kid.empty() ? "without a \"kid\"" : "under the kid \"" + kid + "\"";
}

// The first allowed name counts, so another kid matters only where it is for the same algorithms.
bool is_ambiguous(const Names& names) {
  return std::ranges::any_of(names, [&](const jose::PublishedName& name) {
    return name.kid != names.front().kid && name.algorithm == names.front().algorithm;
  });
}

std::string wrong_name(const Provider& provider, const jose::Key& key) {
  if (provider.adds_keys_to_op) return {};
  const Names names = names_of(provider, key, verifies);
  if (names.empty()) {
    return "is not in \"jwks\": clients that know only the OP's keys will refuse the logout tokens";
  }
  const bool is_named_so =
      std::ranges::any_of(names, [&](const jose::PublishedName& name) { return name.kid == key.kid(); });
  if (!is_named_so) {
    return "has the kid \"" + key.kid() + "\", but \"jwks\" holds the same key " +
           as_said(names.front().kid) +
           ": clients that look it up will refuse the logout tokens; without \"kid=\" it would be used as it "
           "is "
           "published";
  }
  if (key.published_names().empty() || !is_ambiguous(names)) return {};
  return "stands in \"jwks\" more than once: logout tokens name it " + as_said(names.front().kid) +
         ", unless \"kid=\" says another";
}

std::string wrong_algorithm(const Provider& provider, const Client& client, const jose::Key& key) {
  const jose::Algorithm wanted = provider.algorithm_of(client);
  const Names names = names_of(provider, key, verifies);
  const auto allows = [wanted](const jose::PublishedName& name) { return name.allows(wanted); };
  if (names.empty() || std::ranges::any_of(names, allows)) return {};
  return "signs " + std::string(jose::name_of(wanted)) + " logout tokens for client \"" + client.id.value +
         "\", but \"jwks\" says that it is for " + std::string(jose::name_of(*names.front().algorithm)) +
         ": clients that heed it will refuse them";
}

// In the order of their names, so that the same configuration always gives the same warnings.
std::vector<ClientRef> back_channel_clients(const Provider& provider) {
  std::vector<ClientRef> clients;
  for (const ClientRef& client : provider.clients.list()->in_order()) {
    if (client->channels().back && !jose::is_symmetric(provider.algorithm_of(*client)))
      clients.push_back(client);
  }
  return clients;
}

}  // namespace

void name_keys(Provider& provider) {
  for (jose::Key& key : provider.signing_keys) take_names(key, names_of(provider, key, verifies));
  for (jose::Key& key : provider.shown_keys) take_names(key, names_of(provider, key, verifies));
  for (jose::Key& key : provider.decryption_keys) take_names(key, names_of(provider, key, encrypts));
}

std::vector<KeyWarning> warn_of_names(const Provider& provider) {
  std::vector<KeyWarning> warnings;
  if (provider.keys.keys().empty()) return warnings;
  std::set<std::size_t> named;
  for (const ClientRef& client : back_channel_clients(provider)) {
    const jose::Key* key = provider.signing_key_for(*client);
    if (key == nullptr) continue;  // check() refuses that
    const auto place = static_cast<std::size_t>(key - provider.signing_keys.data());
    const bool is_new = named.insert(place).second;
    std::string why = is_new ? wrong_name(provider, *key) : "";
    if (why.empty()) why = wrong_algorithm(provider, *client, *key);
    if (!why.empty()) warnings.push_back({.signing_key = place, .why = std::move(why)});
  }
  return warnings;
}

std::vector<std::string> unpublished_signing_keys(const Provider& provider, const jose::KeySet& published) {
  std::vector<std::string> kids;
  if (provider.adds_keys_to_op) return kids;
  std::set<const jose::Key*> told;
  for (const ClientRef& client : back_channel_clients(provider)) {
    const jose::Key* key = provider.signing_key_for(*client);
    if (key == nullptr || !told.insert(key).second) continue;
    const auto is_it = [key](const jose::Key& other) { return key->is_same_pair(other); };
    if (std::ranges::none_of(published.keys(), is_it)) kids.push_back(key->kid());
  }
  return kids;
}

bool signs_with_unpublished_key(const Provider& provider, const Client& client) {
  if (provider.keys.keys().empty() || provider.adds_keys_to_op) return false;
  if (jose::is_symmetric(provider.algorithm_of(client))) return false;
  const jose::Key* key = provider.signing_key_for(client);
  return key != nullptr && names_of(provider, *key, verifies).empty();
}

}  // namespace slo
