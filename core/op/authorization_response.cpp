// SPDX-License-Identifier: BSD-2-Clause
// What an OP's authorization response hands to a client by way of the browser.
#include "core/op/authorization_response.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/text/form.h"
#include "core/text/hidden_inputs.h"

namespace slo {
namespace {

constexpr std::array<std::string_view, 3> response_parameters{"code", "id_token", "error"};

std::optional<AuthorizationResponse> read_parameters(std::string_view encoded) {
  const auto form = Form::read(encoded, response_parameters);
  if (!form || form->find("error")) return std::nullopt;
  AuthorizationResponse response{.code = form->find("code").value_or(""),
                                 .id_token = form->find("id_token").value_or("")};
  if (response.code.empty() && response.id_token.empty()) return std::nullopt;
  return response;
}

std::string hidden_input(const HiddenInputs& inputs, std::string_view name) {
  const auto found = inputs.find(name);
  return found == inputs.end() ? std::string() : found->second;
}

// Without parameters, in lower case.
std::string media_type(std::string_view content_type) {
  const std::size_t first = content_type.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  content_type.remove_prefix(first);
  std::string type(content_type.substr(0, content_type.find_first_of("; \t")));
  std::ranges::transform(type, type.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return type;
}

}  // namespace

namespace {

std::optional<AuthorizationResponse> read_location(std::string_view location) {
  const std::size_t hash = std::min(location.find('#'), location.size());
  const std::string_view before = location.substr(0, hash);
  if (hash < location.size()) {
    if (auto response = read_parameters(location.substr(hash + 1))) return response;
  }
  const std::size_t question = before.find('?');
  if (question == std::string_view::npos) return std::nullopt;
  return read_parameters(before.substr(question + 1));
}

}  // namespace

std::optional<AuthorizationResponse> read_redirect(std::string_view location) {
  auto response = read_location(location);
  if (response) response->target = location.substr(0, location.find_first_of("?#"));
  return response;
}

std::optional<AuthorizationResponse> read_form_post(std::string_view page) {
  for (const auto& [action, inputs] : hidden_inputs(page, response_parameters)) {
    if (!hidden_input(inputs, "error").empty()) continue;
    AuthorizationResponse response{.code = hidden_input(inputs, "code"),
                                   .id_token = hidden_input(inputs, "id_token"),
                                   .target = action.substr(0, action.find_first_of("?#"))};
    if (!response.code.empty() || !response.id_token.empty()) return response;
  }
  return std::nullopt;
}

Lesson lesson_of(const AnswerHead& head) {
  if (head.status == 302 || head.status == 303) return Lesson::redirect;
  if (head.status != 200) return Lesson::none;
  const std::string type = media_type(head.content_type);
  if (type == "text/html" || type == "application/xhtml+xml") return Lesson::page;
  const bool is_json = type == "application/json" || type.ends_with("+json");
  return is_json || head.answers_post ? Lesson::tokens : Lesson::none;
}

}  // namespace slo
