// SPDX-License-Identifier: BSD-2-Clause
// Reads the address and the forms of the operators' page.
#include "core/admin/operators_request.h"

#include <array>

#include "core/admin/api_cursor.h"
#include "core/text/base64url.h"
#include "core/text/form.h"

namespace slo {
namespace {

constexpr std::array<std::string_view, 6> page_parameters{"provider", "sub",  "sessions",
                                                          "owed",     "dead", "notice"};
constexpr std::array<std::string_view, 6> press_parameters{"provider", "ticket", "do", "id", "client", "sub"};

Outcome<ApiCommand> pressed_command(const Form& form) {
  const std::string what = form.find("do").value_or("");
  if (what == press_end) {
    const auto sub = form.find("sub");
    if (!sub || !is_storable(*sub)) return refuse(Fault::api_body_invalid, "\"sub\" is no subject");
    return api::EndSessionsOf{.sub = Subject{*sub}};
  }
  if (what == press_retry_all) {
    const auto client = form.find("client");
    if (!client) return refuse(Fault::api_body_invalid, "\"client\" is required");
    return api::RetryDeliveriesOf{.client = ClientId{*client}};
  }
  auto id = from_base64url(form.find("id").value_or(""));
  if (!id || id->empty()) return refuse(Fault::api_body_invalid, "\"id\" is no id of a delivery");
  if (what == press_retry) return api::RetryDelivery{*std::move(id)};
  if (what == press_drop) return api::DropDelivery{*std::move(id)};
  return refuse(Fault::api_body_invalid, "\"do\" must be retry, retry_all, drop or end");
}

}  // namespace

Outcome<PageQuery> read_page_query(std::string_view query) {
  const auto form = Form::read(query, page_parameters);
  if (!form) return refuse(form.error());
  const auto text = [&form](std::string_view name) { return form->find(name).value_or(""); };
  PageQuery asked{.provider = text("provider"),
                  .sessions = text("sessions"),
                  .owed = text("owed"),
                  .dead = text("dead"),
                  .notice = text("notice")};
  if (const auto sub = form->find("sub")) {
    if (!is_storable(*sub))
      return refuse(Fault::api_parameter_invalid,
                    "\"sub\" must be 1 to 255 bytes of UTF-8 without control characters");
    asked.sub = Subject{*sub};
  }
  if (!asked.sessions.empty() && !read_offset(asked.sessions))
    return refuse(Fault::api_parameter_invalid, "\"sessions\" is none of ours");
  return asked;
}

std::string page_link(const PageQuery& query) {
  Parameters parameters;
  const auto add = [&parameters](std::string_view name, std::string_view value) {
    if (!value.empty()) parameters.emplace_back(name, value);
  };
  add("provider", query.provider);
  if (query.sub) add("sub", query.sub->value);
  add("sessions", query.sessions);
  add("owed", query.owed);
  add("dead", query.dead);
  add("notice", query.notice);
  return "?" + encode_form(parameters);
}

Outcome<PagePress> read_page_press(std::string_view body) {
  const auto form = Form::read(body, press_parameters);
  if (!form) return refuse(form.error());
  auto command = pressed_command(*form);
  if (!command) return refuse(command.error());
  return PagePress{.provider = form->find("provider").value_or(""),
                   .ticket = form->find("ticket").value_or(""),
                   .command = *std::move(command)};
}

}  // namespace slo
