// SPDX-License-Identifier: BSD-2-Clause
// The one table of everything that can go wrong. The only place where OAuth error codes are spelled.
#include "core/fault.h"

#include <array>

namespace slo {
namespace {

using enum Fault;
using enum Level;

constexpr std::string_view invalid_request = "invalid_request";
constexpr std::string_view invalid_hint = "invalid_id_token_hint";
constexpr std::string_view invalid_metadata = "invalid_client_metadata";
constexpr std::string_view unavailable = "temporarily_unavailable";
constexpr std::string_view server_error = "server_error";

constexpr std::string_view say_hint = "The id_token_hint is not valid.";
constexpr std::string_view say_logout_token = "The logout_token is not valid.";
constexpr std::string_view say_store =
    "The session store cannot be reached. You may still be signed in; please try again.";
constexpr std::string_view say_ticket =
    "This confirmation is no longer valid. Please start signing out again.";

#define SLO_FAULT(name) name, #name
constexpr std::array<FaultRow, fault_count> table{{
    {SLO_FAULT(method_not_allowed), invalid_request, 405, info, "This method is not allowed here.",
     "refused a method"},
    {SLO_FAULT(content_type_unsupported), invalid_request, 415, info,
     "The request body has an unsupported content type.", "refused a content type"},
    {SLO_FAULT(form_malformed), invalid_request, 400, info, "The request is malformed.",
     "refused a malformed form"},
    {SLO_FAULT(form_too_large), invalid_request, 413, info, "The request is too large.",
     "refused a form that is too large"},
    {SLO_FAULT(parameter_repeated), invalid_request, 400, info, "A parameter was sent more than once.",
     "refused a repeated parameter"},
    {SLO_FAULT(cross_site_request), invalid_request, 403, warn,
     "This confirmation did not come from this site.", "refused a confirmation sent from another site"},
    {SLO_FAULT(origin_not_registered), invalid_request, 403, info,
     "This page is of an origin that may not know.", "refused a page whose origin is no client's"},
    {SLO_FAULT(speculative_request), invalid_request, 403, info, "This page cannot be loaded in advance.",
     "refused a request that a browser made in advance"},
    {SLO_FAULT(frontchannel_issuer_foreign), invalid_request, 400, info, "This issuer is not known here.",
     "refused a front-channel logout from another issuer"},
    {SLO_FAULT(press_not_by_user), invalid_request, 403, info,
     "A logout can be asked for by opening this page, not by a part of another page.",
     "refused a logout that no user has navigated to"},

    {SLO_FAULT(token_too_large), invalid_hint, 400, info, say_hint, "refused a token that is too large"},
    {SLO_FAULT(token_malformed), invalid_hint, 400, info, say_hint, "refused a malformed token"},
    {SLO_FAULT(token_duplicate_member), invalid_hint, 400, warn, say_hint,
     "refused a token with a duplicate member"},
    {SLO_FAULT(token_undecryptable), invalid_hint, 400, info, say_hint, "could not decrypt a token"},
    {SLO_FAULT(token_algorithm_refused), invalid_hint, 400, warn, say_hint,
     "refused a token whose algorithm is not the client's"},
    {SLO_FAULT(token_critical_header), invalid_hint, 400, info, say_hint,
     "refused a token with a critical header that is not understood"},
    {SLO_FAULT(token_key_unknown), invalid_hint, 400, info, say_hint,
     "refused a token signed by an unknown key"},
    {SLO_FAULT(token_signature_invalid), invalid_hint, 400, warn, say_hint,
     "refused a token with a wrong signature"},
    {SLO_FAULT(token_type_wrong), invalid_hint, 400, info, say_hint, "refused a token of another type"},
    {SLO_FAULT(token_issuer_foreign), invalid_hint, 400, info, say_hint,
     "refused a token from another issuer"},
    {SLO_FAULT(token_audience_ambiguous), invalid_hint, 400, info, say_hint,
     "refused a token that does not name one client"},
    {SLO_FAULT(token_audience_foreign), invalid_request, 400, warn, say_logout_token,
     "refused a logout token that is not for us alone"},
    {SLO_FAULT(token_claims_invalid), invalid_hint, 400, info, say_hint,
     "refused a token with invalid claims"},
    {SLO_FAULT(token_not_id_token), invalid_hint, 400, warn, say_hint,
     "refused a token that is not an ID Token"},
    {SLO_FAULT(token_not_logout_token), invalid_request, 400, warn, say_logout_token,
     "refused a token that is not a logout token"},
    {SLO_FAULT(token_from_future), invalid_hint, 400, info, say_hint, "refused a token issued in the future"},
    {SLO_FAULT(token_expired), invalid_hint, 400, info, "The id_token_hint has expired.",
     "refused an expired token"},
    {SLO_FAULT(token_too_old), invalid_hint, 400, info, "The id_token_hint is too old.",
     "refused a token that is too old"},
    {SLO_FAULT(hint_required), invalid_request, 400, info, "An id_token_hint is required.",
     "refused a request without id_token_hint"},
    {SLO_FAULT(hint_client_mismatch), invalid_request, 400, info,
     "The client_id is not the one the id_token_hint was issued to.",
     "refused a client_id other than the hint's"},
    {SLO_FAULT(hint_queue_full), unavailable, 503, warn,
     "The server is busy. Nothing has happened yet; please try again.",
     "refused an encrypted hint, since too many wait to be decrypted"},

    {SLO_FAULT(response_malformed), server_error, 500, warn, "An answer of the OP cannot be read.",
     "cannot read an answer of the OP"},
    {SLO_FAULT(response_too_large), server_error, 500, warn, "An answer of the OP is too large.",
     "cannot read an answer of the OP that is so large"},
    {SLO_FAULT(response_foreign), server_error, 500, warn, "An answer of the OP names another issuer.",
     "an answer of the OP is of another issuer"},

    {SLO_FAULT(document_unusable), unavailable, 503, warn, "A document of the OP cannot be had.",
     "a document of the OP cannot be used"},
    {SLO_FAULT(clients_unusable), unavailable, 503, error, "A list of clients cannot be had.",
     "a list of clients cannot be used"},

    {SLO_FAULT(client_unknown), invalid_request, 400, info, "This client is not registered.",
     "refused an unknown client"},
    {SLO_FAULT(redirect_not_registered), "post_logout_uri_not_associated_with_client", 400, info,
     "The post_logout_redirect_uri is not registered for this client.",
     "refused an unregistered post-logout redirect"},
    {SLO_FAULT(redirect_without_client), invalid_request, 400, info,
     "A post_logout_redirect_uri needs an id_token_hint or a client_id.",
     "refused a post-logout redirect without a client"},

    {SLO_FAULT(ticket_invalid), "invalid_confirmation", 400, info, say_ticket,
     "refused a confirmation ticket"},
    {SLO_FAULT(ticket_expired), "invalid_confirmation", 400, info, say_ticket,
     "refused an expired confirmation ticket"},
    {SLO_FAULT(ticket_used), "invalid_confirmation", 400, info, say_ticket,
     "refused a confirmation ticket that was used before"},
    {SLO_FAULT(ticket_from_other_browser), "invalid_confirmation", 400, warn, say_ticket,
     "refused a confirmation ticket of another browser"},

    {SLO_FAULT(session_unknown), "session_unknown", 404, info, "There is no such session.",
     "found no such session"},
    {SLO_FAULT(session_ended), "session_ended", 409, info, "The session has ended.",
     "refused a registration for an ended session"},
    {SLO_FAULT(session_unidentified), invalid_request, 400, info,
     "A session needs a sid or a session_cookie.", "refused a registration without sid and session cookie"},
    {SLO_FAULT(session_full), "session_full", 409, warn, "The session has too many clients.",
     "refused one more client for a session"},

    {SLO_FAULT(store_unreachable), unavailable, 503, error, say_store, "the store cannot be reached"},
    {SLO_FAULT(store_timeout), unavailable, 503, error, say_store, "the store did not answer in time"},
    {SLO_FAULT(store_busy), unavailable, 503, error, say_store, "too many requests wait for the store"},
    {SLO_FAULT(store_full), unavailable, 503, error, say_store, "the store is full"},
    {SLO_FAULT(store_part_away), unavailable, 503, error, say_store, "a part of the store is away"},
    {SLO_FAULT(store_refused), unavailable, 503, error, say_store, "the store refused a command"},
    {SLO_FAULT(store_reply_unexpected), unavailable, 503, error, say_store,
     "the store gave an unexpected reply"},
    {SLO_FAULT(store_schema_foreign), unavailable, 503, error, say_store,
     "the store holds data of another schema"},
    {SLO_FAULT(marks_full), unavailable, 503, error, "Too many sessions end. Please try again.",
     "refused a logout, since there is no room for its mark"},

    {SLO_FAULT(client_metadata_invalid), invalid_metadata, 400, info, "The client metadata is not valid.",
     "refused client metadata"},
    {SLO_FAULT(redirect_uri_invalid), "invalid_redirect_uri", 400, info, "A redirect URI is not valid.",
     "refused a redirect URI"},
    {SLO_FAULT(key_unusable), server_error, 500, error, "The server is misconfigured.",
     "a key cannot be used"},
    {SLO_FAULT(uri_malformed), invalid_request, 400, info, "A URI is malformed.", "refused a malformed URI"},
    {SLO_FAULT(json_malformed), invalid_request, 400, info, "The JSON is malformed.",
     "refused malformed JSON"},
    {SLO_FAULT(configuration_invalid), server_error, 500, error, "The server is misconfigured.",
     "the configuration is not valid"},

    {SLO_FAULT(delivery_client_gone), server_error, 500, warn, "The client is no longer registered.",
     "holds a delivery for a client that is not registered"},
    {SLO_FAULT(delivery_without_subject), server_error, 500, warn, "The client requires a sid.",
     "gave up a delivery that cannot name its session"},
    {SLO_FAULT(delivery_expired), server_error, 500, warn, "The delivery is too old.",
     "gave up a delivery that must not be repeated"},
    {SLO_FAULT(delivery_uri_refused), server_error, 500, warn, "The logout URI is not allowed.",
     "refused to call a logout URI"},
    {SLO_FAULT(delivery_cookie_unreadable), server_error, 500, warn, "A remembered cookie cannot be read.",
     "cannot read a remembered cookie of an application"},
    {SLO_FAULT(delivery_cookie_refused), server_error, 500, warn, "A remembered cookie is not allowed.",
     "refused to send a remembered cookie of an application"},

    {SLO_FAULT(api_not_found), "not_found", 404, info, "There is no such resource.",
     "found no such API resource"},
    {SLO_FAULT(api_read_only), "read_only", 403, info, "This API is read-only.",
     "refused a write through a read-only API"},
    {SLO_FAULT(api_cross_site_write), invalid_request, 403, warn, "This request came from another site.",
     "refused an API write sent by another site's page"},
    {SLO_FAULT(api_content_type_unsupported), invalid_request, 415, info,
     "The request needs \"Content-Type: application/json\".", "refused the content type of an API write"},
    {SLO_FAULT(api_body_invalid), invalid_request, 400, info, "The request body is not valid.",
     "refused an API request body"},
    {SLO_FAULT(api_parameter_invalid), invalid_request, 400, info, "A parameter is not valid.",
     "refused an API parameter"},
    {SLO_FAULT(api_ticket_invalid), invalid_request, 403, warn,
     "This button was made for another page, or for somebody else.",
     "refused a button of the operators' page that was made for somebody else"},
    {SLO_FAULT(api_ticket_expired), invalid_request, 403, info, "This page has been open for too long.",
     "refused a button of an operators' page that is too old"},
    {SLO_FAULT(api_ticket_used), invalid_request, 403, info, "A button of this page was pressed before.",
     "refused a second press on an operators' page"},

    {SLO_FAULT(internal), server_error, 500, error, "The server failed.", "an internal error"},
}};
#undef SLO_FAULT

constexpr bool rows_stand_in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].fault) != i) return false;
    if (table[i].code.empty() || table[i].to_client.empty() || table[i].to_log.empty()) return false;
  }
  return true;
}
static_assert(rows_stand_in_order(), "fault.cpp: one complete row per Fault, in the order of the enum");

}  // namespace

const FaultRow& describe(Fault fault) noexcept { return table[static_cast<std::size_t>(fault)]; }

}  // namespace slo
