// SPDX-License-Identifier: BSD-2-Clause
// Finds what works as written, but for nobody.
#include "core/provider/doubts.h"

namespace slo {

std::vector<std::string> doubts_about(const Provider& provider) {
  std::vector<std::string> doubts;
  if (!provider.fetches_clients && provider.clients.list()->in_order().empty()) {
    doubts.emplace_back("has no clients: add \"clients\" or \"client\", or nobody is told of a logout");
  }
  if (provider.session_cookies.empty()) {
    doubts.emplace_back(
        "has no \"session_cookie\": a logout finds its session only by the sid of an id_token_hint");
  }
  const bool is_fetched = provider.keys_from == KeysFrom::url || provider.keys_from == KeysFrom::discovery;
  const bool is_without_own = provider.signing_keys.empty() && provider.shown_keys.empty();
  if (!is_fetched && provider.keys.keys().empty() && is_without_own) {
    doubts.emplace_back(
        "has neither a usable key in \"jwks\" nor a \"signing_key\": no id_token_hint can be verified");
  }
  if (provider.keys_from == KeysFrom::file && provider.keys.keys().empty() && !is_without_own) {
    doubts.emplace_back(
        "has no usable key in \"jwks\": an id_token_hint is verified with its \"signing_key\" alone");
  }
  if (provider.idle > provider.absolute) {
    doubts.emplace_back("has a \"session\" with \"idle=\" longer than \"absolute=\": it has no effect");
  }
  return doubts;
}

Outcome<void> check_together(const Provider& a, const Provider& b) {
  if (a.issuer == b.issuer) {
    return refuse(Fault::configuration_invalid,
                  "has the \"issuer\" of slo_provider \"" + a.name + "\": one issuer is one provider");
  }
  if (a.store_tag != b.store_tag) return {};
  return refuse(Fault::configuration_invalid,
                "has an \"issuer\" that the store cannot tell from that of slo_provider \"" + a.name +
                    "\": change one of them");
}

}  // namespace slo
