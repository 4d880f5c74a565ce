// SPDX-License-Identifier: BSD-2-Clause
// The OP's documents: how they are asked for, what of them is needed, and what is wrong with what came.
#include "core/keys/documents.h"

#include <algorithm>

#include "core/text/inflate.h"
#include "core/text/json.h"
#include "core/text/showable.h"
#include "core/text/uri.h"

namespace slo {
namespace {

tl::unexpected<Refusal> unusable_document(std::string why) {
  return refuse(Fault::document_unusable, std::move(why));
}

std::string why_no_document(const Answer& answer, std::size_t max) {
  const std::string status = std::to_string(answer.status);
  if (!answer.by_receiver) {
    const std::string_view sentence = without_receivers_words(answer.sample);
    return sentence.empty() ? "cannot be asked for: " + status : std::string(sentence);
  }
  if (answer.status >= 300 && answer.status < 400)
    return "is answered with " + status + ": redirects are not followed";
  if (answer.status != 200) return "is answered with " + status;
  const Document& document = answer.document;
  if (document.is_too_large) return "has more than " + std::to_string(max) + " bytes";
  if (document.is_late) return "was not whole in time";
  if (!document.is_whole) return "broke off";
  return document.body.empty() ? "is empty" : "";
}

bool is_plain(std::string_view coding) { return coding.empty() || coding == "identity"; }

// An address that we may call: http(s) as the provider allows, without what would be lost or told.
bool is_callable(const Provider& provider, const std::string& text) {
  const auto uri = read_uri(text);
  return uri && uri->is_http() && !uri->userinfo && !uri->fragment &&
         (uri->scheme == "https" || provider.egress.allow_http);
}

}  // namespace

Call document_call(const std::string& uri, std::size_t max) {
  return {.method = "GET",
          .target = uri,
          .headers = {{"Accept", "application/json"}, {"Accept-Encoding", "identity"}},
          .max_sample = 0,
          .max_document = max};
}

std::string discovery_uri(const Issuer& issuer) {
  std::string base = issuer.value;
  if (base.ends_with('/')) base.pop_back();
  return base + "/.well-known/openid-configuration";
}

Outcome<std::string> document_of(const Answer& answer, std::size_t max) {
  if (std::string why = why_no_document(answer, max); !why.empty()) return unusable_document(std::move(why));
  if (is_plain(answer.document.coding)) return answer.document.body;
  auto plain = inflate(answer.document.body, max);
  if (!plain) return unusable_document("cannot be unpacked: it is broken, too large, or not gzip or deflate");
  return *std::move(plain);
}

Outcome<Discovery> read_discovery(const Provider& provider, std::string_view text) {
  const auto json = parse_json(text);
  if (!json) {
    return unusable_document(is_for_duplicate_member(json.error()) ? "has a member that stands twice"
                                                                   : "is not JSON");
  }
  if (!json_is_object(json->get())) return unusable_document("is no JSON object");
  const auto issuer = string_member(json->get(), "issuer");
  if (!issuer) return unusable_document("has no \"issuer\"");
  if (*issuer != provider.issuer.value) {
    return unusable_document("is another issuer's: \"" + showable_uri(*issuer) + "\", not \"" +
                             showable_uri(provider.issuer.value) + '"');
  }
  auto jwks_uri = string_member(json->get(), "jwks_uri");
  if (!jwks_uri) return unusable_document("has no \"jwks_uri\"");
  if (!is_callable(provider, *jwks_uri)) {
    return unusable_document("has a \"jwks_uri\" that must be an https URL, unless \"allow_http\" is on: \"" +
                             showable_uri(*jwks_uri) + '"');
  }
  Discovery found{.jwks_uri = *std::move(jwks_uri)};
  const auto end_session = string_member(json->get(), "end_session_endpoint").value_or("");
  if (is_callable(provider, end_session)) found.end_session_endpoint = end_session;
  return found;
}

Outcome<jose::KeySet> read_fetched_keys(std::string_view text) {
  auto keys = jose::KeySet::parse(text);
  if (!keys) {
    const auto json = parse_json(text);
    if (json) return unusable_document("is no JWK set");
    return unusable_document(is_for_duplicate_member(json.error()) ? "has a member that stands twice"
                                                                   : "is not JSON");
  }
  const bool has_one = std::ranges::any_of(
      keys->keys(), [](const jose::Key& key) { return key.fits(key.natural_algorithm()); });
  if (!has_one) return unusable_document("has no key that can be used");
  return keys;
}

// A URI has no line end.
std::string kept_text(const KeptDocuments& documents) {
  return documents.end_session_endpoint + "\n" + documents.jwks;
}

KeptDocuments read_kept(std::string_view text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return {};
  return {.end_session_endpoint = std::string(text.substr(0, end)),
          .jwks = std::string(text.substr(end + 1))};
}

std::string source_name(const Provider& provider) {
  const std::string rule = provider.egress.allow_http ? "http " : "https ";
  return rule + provider.issuer.value + " " + provider.jwks_uri;
}

bool may_heal_with_new_keys(const Refusal& why) noexcept {
  return why.fault == Fault::token_key_unknown || why.fault == Fault::token_signature_invalid;
}

}  // namespace slo
