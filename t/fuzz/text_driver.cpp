// SPDX-License-Identifier: BSD-2-Clause
// Reads forms and URIs from stdin and says what we make of them, for a second implementation to compare.
//
// In: `form <hex>`, `component <hex>` or `uri <hex>`, one a line. Out: a line of hexadecimal fields each, `-`
// for what is absent, or `refused <fault>`.
#include <array>
#include <iostream>
#include <optional>
#include <string>

#include "core/text/form.h"
#include "core/text/uri.h"

namespace slo::fuzz {
namespace {

constexpr std::array<std::string_view, 3> form_names{"a", "state", "id token"};

std::string from_hex(std::string_view digits) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(value(digits[i]) * 16 + value(digits[i + 1]));
  }
  return bytes;
}

// `=` in front, so that an empty text differs from an absent one.
std::string field(const std::optional<std::string>& text) {
  if (!text) return " -";
  std::string hex = " =";
  for (const char c : *text) {
    const auto byte = static_cast<unsigned char>(c);
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

std::string refused(const Refusal& refusal) { return "refused " + std::string(describe(refusal.fault).name); }

std::string say_form(const std::string& text) {
  const auto form = Form::read(text, form_names);
  if (!form) return refused(form.error());
  std::string line = "form";
  for (const auto name : form_names) line += field(form->find(name));
  return line;
}

std::string say_uri(const std::string& text) {
  const auto uri = read_uri(text);
  if (!uri) return refused(uri.error());
  const auto port = uri->port ? std::optional(std::to_string(*uri->port)) : std::nullopt;
  return "uri" + field(uri->scheme) + field(uri->userinfo) + field(uri->host) + field(port) +
         field(uri->path) + field(uri->query) + field(uri->fragment) +
         field(uri->is_http() ? std::optional(uri->origin()) : std::nullopt);
}

std::string answer(std::string_view line) {
  const auto blank = line.find(' ');
  const auto kind = line.substr(0, blank);
  const auto text = from_hex(blank == std::string_view::npos ? std::string_view{} : line.substr(blank + 1));
  if (kind == "form") return say_form(text);
  if (kind == "component") return "component" + field(encode_component(text));
  if (kind == "uri") return say_uri(text);
  return "what?";
}

}  // namespace
}  // namespace slo::fuzz

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) std::cout << slo::fuzz::answer(line) << '\n';
}
