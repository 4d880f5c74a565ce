// SPDX-License-Identifier: BSD-2-Clause
// Is what the delivery location is about to send the call that was sealed?
#include "core/delivery/carried_request.h"

#include <algorithm>
#include <optional>

#include "core/text/uri.h"

namespace slo {
namespace {

bool is_same_but_for_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool begins_with(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && is_same_but_for_case(text.substr(0, start.size()), start);
}

// Of the first header of that name, as nginx writes them.
std::optional<std::string_view> header_value(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    const auto end = std::min(head.find("\r\n"), head.size());
    const std::string_view row = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const auto colon = row.find(": ");
    if (colon != std::string_view::npos && is_same_but_for_case(row.substr(0, colon), name)) {
      return row.substr(colon + 2);
    }
  }
  return std::nullopt;
}

bool is_host_of(std::string_view host, const Call& call, std::string_view connected_to) {
  if (begins_with(host, connected_to)) return true;  // also where nothing is known of it
  const auto uri = read_uri(call.target);
  return uri && begins_with(host, uri->host);
}

std::string wrong_with_headers(std::string_view head, const Call& call) {
  if (!call.body.empty() && header_value(head, "Content-Length") != std::to_string(call.body.size())) {
    return "sends no Content-Length of its body (see \"proxy_set_header\")";
  }
  if (!call.body.empty() && header_value(head, "Content-Type") != call.type) {
    return std::string("does not send the body as ") + (call.type == form_type ? "a form" : call.type) +
           " (see \"proxy_pass_request_headers\", \"proxy_set_header\")";
  }
  for (const auto& [name, value] : call.headers) {
    if (header_value(head, name) != value) {
      return "does not send " + name + " (see \"proxy_pass_request_headers\", \"proxy_set_header\")";
    }
  }
  return {};
}

}  // namespace

std::string wrong_with_carried(std::string_view request, const Call& call, std::string_view connected_to) {
  const auto blank = request.find("\r\n\r\n");
  if (blank == std::string_view::npos) return "sends no HTTP request (it needs \"proxy_pass\")";
  const std::string_view head = request.substr(0, blank);
  if (!head.starts_with(call.method + " ")) return "sends no " + call.method + " (see \"proxy_method\")";
  if (request.substr(blank + 4) != call.body) {
    return "sends another body (see \"proxy_pass_request_body\", \"proxy_set_body\")";
  }
  if (auto wrong = wrong_with_headers(head, call); !wrong.empty()) return wrong;
  const std::string_view host = header_value(head, "Host").value_or("");
  if (!is_host_of(host, call, connected_to)) {
    return "sends \"Host: " + std::string(host) + "\" to another host (see \"proxy_set_header\")";
  }
  return {};
}

}  // namespace slo
