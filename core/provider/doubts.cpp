// SPDX-License-Identifier: BSD-2-Clause
// Finds what works as written, but for nobody.
#include "core/provider/doubts.h"

namespace slo {
namespace {

using Doubts = std::vector<std::string>;

bool is_fetched(const Provider& provider) {
  return provider.keys_from == KeysFrom::url || provider.keys_from == KeysFrom::discovery;
}

void doubt_sessions(const Provider& provider, Doubts& doubts) {
  if (!provider.fetches_clients && provider.clients.list()->in_order().empty()) {
    doubts.emplace_back("has no clients: add \"clients\" or \"client\", or nobody is told of a logout");
  }
  if (provider.session_cookies.empty()) {
    doubts.emplace_back(
        "has no \"session_cookie\": a logout finds its session only by the sid of an id_token_hint");
  }
}

void doubt_hints(const Provider& provider, Doubts& doubts) {
  const bool is_without_own = provider.signing_keys.empty() && provider.shown_keys.empty();
  if (!is_fetched(provider) && provider.keys.keys().empty() && is_without_own) {
    doubts.emplace_back(
        "has neither a usable key in \"jwks\" nor a \"signing_key\": no id_token_hint can be verified");
  }
  if (provider.keys_from == KeysFrom::file && provider.keys.keys().empty() && !is_without_own) {
    doubts.emplace_back(
        "has no usable key in \"jwks\": an id_token_hint is verified with its \"signing_key\" alone");
  }
}

bool can_verify_logouts(const Provider& provider) {
  if (jose::is_symmetric(provider.op_algorithm) || is_fetched(provider)) return true;
  if (!provider.keys.keys().empty()) return true;
  const bool has_own = !provider.signing_keys.empty() || !provider.shown_keys.empty();
  return provider.keys_from == KeysFrom::nowhere && has_own;
}

bool says_how_logouts_are_checked(const Provider& provider) {
  return provider.client_secret || provider.op_algorithm != jose::Algorithm::RS256 || provider.strict_typ ||
         !provider.exp_required;
}

void doubt_receiving(const Provider& provider, Doubts& doubts) {
  if (provider.client_ids.empty()) {
    if (!says_how_logouts_are_checked(provider)) return;
    doubts.emplace_back(
        "has no \"client_id\": \"client_secret_file\", \"exp\", \"signing_alg\" and \"typ\" have no effect");
    return;
  }
  if (!can_verify_logouts(provider)) {
    doubts.emplace_back(
        "has a \"client_id\", but no usable key of the OP: add \"jwks\", or a location with \"slo_deliver\", "
        "through which its keys are fetched, or no logout token can be verified");
  }
  if (provider.client_secret && !jose::is_symmetric(provider.op_algorithm)) {
    doubts.emplace_back("has a \"client_secret_file\" that is not used: \"signing_alg\" is " +
                        std::string(jose::name_of(provider.op_algorithm)));
  }
}

}  // namespace

std::vector<std::string> doubts_about(const Provider& provider) {
  Doubts doubts;
  if (!provider.only_receives()) {
    doubt_sessions(provider, doubts);
    doubt_hints(provider, doubts);
  }
  doubt_receiving(provider, doubts);
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
