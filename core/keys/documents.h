// SPDX-License-Identifier: BSD-2-Clause
// The OP's documents: how they are asked for, what of them is needed, and what is wrong with what came.
//
// OpenID Connect Discovery 1.0, section 4; RFC 7517, section 5. Every refusal is document_unusable, worded to
// follow the document's address.
#pragma once

#include <string>
#include <string_view>

#include "core/delivery/call.h"
#include "core/delivery/delivery.h"
#include "core/jose/jose.h"
#include "core/outcome.h"
#include "core/provider/provider.h"

namespace slo {

inline constexpr std::size_t max_document = 1'048'576;  // bytes, packed or not
inline constexpr Millis max_fetch_time{5000};           // all documents of a provider, all in all

// A GET that wants the whole document, of at most `max` bytes.
Call document_call(const std::string& uri, std::size_t max = max_document);
std::string discovery_uri(const Issuer& issuer);

// The text of the document that `answer` brought: 200, whole, not too large, unpacked.
Outcome<std::string> document_of(const Answer& answer, std::size_t max = max_document);

// What is needed of a discovery document, whose issuer must be the provider's own.
struct Discovery {
  std::string jwks_uri{};
  std::string end_session_endpoint{};  // empty: it has none that we could call
  friend bool operator==(const Discovery&, const Discovery&) = default;
};
Outcome<Discovery> read_discovery(const Provider& provider, std::string_view text);

// A set with at least one key that can be used.
Outcome<jose::KeySet> read_fetched_keys(std::string_view text);

// What a host keeps of them, as one text.
struct KeptDocuments {
  std::string end_session_endpoint{};
  std::string jwks{};  // as it came
  friend bool operator==(const KeptDocuments&, const KeptDocuments&) = default;
};
std::string kept_text(const KeptDocuments& documents);
KeptDocuments read_kept(std::string_view text);

// Names what is kept: two configurations that want the same documents share them.
std::string source_name(const Provider& provider);

// May newer keys of the OP change this verdict on a token? They may, where its key is not known, or where it
// is not signed by the key that we take for its own: a set need not name its keys.
bool may_heal_with_new_keys(const Refusal& why) noexcept;

}  // namespace slo
