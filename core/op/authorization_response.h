// SPDX-License-Identifier: BSD-2-Clause
// What an OP's authorization response hands to a client by way of the browser: a code, an ID Token.
//
// OAuth 2.0 Multiple Response Types (query, fragment) and Form Post Response Mode. Whether it goes to a
// client at all is for leads_to_client() to say: an OP may hand parameters that somebody sent it on to
// itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slo {

// One of the two may be empty.
struct AuthorizationResponse {
  std::string code{}, id_token{};
  std::string target{};  // whom it goes to: an address, less query and fragment; empty: the page itself
  friend bool operator==(const AuthorizationResponse&, const AuthorizationResponse&) = default;
};

// In the query or the fragment of a `Location`. Nothing of an error, nor where a parameter is repeated.
std::optional<AuthorizationResponse> read_redirect(std::string_view location);

// In the hidden inputs of the first form of a page that has any of them and is sent by POST.
std::optional<AuthorizationResponse> read_form_post(std::string_view page);

// What an answer may teach, by its head.
enum class Lesson : std::uint8_t { none, tokens, redirect, page };

struct AnswerHead {
  unsigned status = 200;
  bool answers_post = false;
  std::string_view content_type{};
};

// A redirect (302, 303), a page, or what may be a token response: JSON, and whatever else answers a POST.
Lesson lesson_of(const AnswerHead& head);

}  // namespace slo
