// SPDX-License-Identifier: BSD-2-Clause
// Names every way a logout can go wrong, once; the table in fault.cpp says what each one means.
//
// A fault has exactly one error code, HTTP status, log level and pair of sentences: one for the client, one
// for the operator's log. A new failure is a new row and a test that produces it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace slo {

enum class Fault : std::uint8_t {
  // the request itself
  method_not_allowed,
  content_type_unsupported,
  form_malformed,
  form_too_large,
  parameter_repeated,
  cross_site_request,
  origin_not_registered,
  speculative_request,
  frontchannel_issuer_foreign,
  press_not_by_user,
  // tokens (id_token_hint, logout_token)
  token_too_large,
  token_malformed,
  token_duplicate_member,
  token_undecryptable,
  token_algorithm_refused,
  token_critical_header,
  token_key_unknown,
  token_signature_invalid,
  token_type_wrong,
  token_issuer_foreign,
  token_audience_ambiguous,
  token_audience_foreign,
  token_claims_invalid,
  token_not_id_token,
  token_not_logout_token,
  token_from_future,
  token_expired,
  token_too_old,
  hint_required,
  hint_client_mismatch,
  hint_queue_full,
  // answers of the OP (slo_learn, slo_publish)
  response_malformed,
  response_too_large,
  response_foreign,
  // documents of the OP (its discovery document, its keys)
  document_unusable,
  // lists of clients that are renewed while nginx runs
  clients_unusable,
  // clients and redirects
  client_unknown,
  redirect_not_registered,
  redirect_without_client,
  // the confirmation ticket
  ticket_invalid,
  ticket_expired,
  ticket_used,
  ticket_from_other_browser,
  // sessions
  session_unknown,
  session_ended,
  session_unidentified,
  session_full,
  // the store
  store_unreachable,
  store_timeout,
  store_busy,
  store_full,
  store_part_away,
  store_refused,
  store_reply_unexpected,
  store_schema_foreign,
  marks_full,
  // configuration and registration
  client_metadata_invalid,
  redirect_uri_invalid,
  key_unusable,
  uri_malformed,
  json_malformed,
  configuration_invalid,
  // outgoing calls
  delivery_client_gone,
  delivery_without_subject,
  delivery_expired,
  delivery_uri_refused,
  delivery_cookie_unreadable,
  delivery_cookie_refused,
  // management API
  api_not_found,
  api_read_only,
  api_cross_site_write,
  api_content_type_unsupported,
  api_body_invalid,
  api_parameter_invalid,
  // the operators' page: what its buttons carry
  api_ticket_invalid,
  api_ticket_expired,
  api_ticket_used,
  // ourselves
  internal,
};
inline constexpr std::size_t fault_count = static_cast<std::size_t>(Fault::internal) + 1;

// info: the client erred; warn: smells of attack or misconfiguration; error: we or the store failed, or a
// logout is lost. No request reaches `error` by itself; what a receiver may bring there (a dead letter) and
// what a failing store does with every request are written ten times a minute and worker, then counted.
enum class Level : std::uint8_t { info, warn, error };

struct FaultRow {
  Fault fault;
  std::string_view name;  // stable, for $slo_fault and counters
  std::string_view code;  // OAuth 2.0 error code or the specification's own name for it
  int status;             // HTTP status
  Level level;
  std::string_view to_client;  // a sentence without secrets
  std::string_view to_log;
};

// The row of `fault`. Never fails.
const FaultRow& describe(Fault fault) noexcept;

// A fault with its detail. `detail` is for the operator's log only and never for the client; it must not
// contain a token, cookie, sid or subject (use fingerprint()).
struct Refusal {
  Fault fault;
  std::string detail{};
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

}  // namespace slo
