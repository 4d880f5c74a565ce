// SPDX-License-Identifier: BSD-2-Clause
// Says no: as a page for people, with a way to sign out here, or as OAuth 2.0 JSON. Never a redirect.
#include "core/op/logout_page.h"
#include "core/pages/page_frame.h"
#include "core/text/html.h"
#include "core/text/json.h"

namespace slo {
namespace {

constexpr std::string_view retry_after = "5";

bool is_ticket_fault(Fault fault) {
  using enum Fault;
  return fault == ticket_invalid || fault == ticket_from_other_browser;
}

// A kiosk must not be left signed in because an application sent a bad hint (RPI 4). But where we or the
// store failed, or where the operator insists on a hint, the same link would only fail again.
bool may_sign_out_here(const Refusal& refusal) {
  return describe(refusal.fault).status < 500 && refusal.fault != Fault::hint_required;
}

std::string_view refusal_heading(int status) {
  if (status == 503) return "Please try again";
  return status < 500 ? "This request cannot be honoured" : "Something went wrong here";
}

Page refusal_html(const Refusal& refusal, std::string_view self, std::string_view logout_id) {
  const FaultRow& row = describe(refusal.fault);
  FrameContent content{.status = row.status, .heading = std::string(refusal_heading(row.status))};
  content.body = paragraph(row.to_client);
  content.body += "<p class=\"soft\">Code: " + std::string(row.code) + "</p>\n";
  if (!logout_id.empty()) {
    content.body += "<p class=\"soft\">For support: " + escape_html(logout_id) + "</p>\n";
  }
  const std::string here = relative_link(self);
  if (!here.empty() && may_sign_out_here(refusal)) {
    if (is_ticket_fault(refusal.fault)) {
      content.body += link_button("Start again", here);
    } else {
      content.body += "<p class=\"soft\">You may still be signed in. You can sign out here instead.</p>\n";
      content.body += link_button("Sign out", here);
    }
  }
  return framed_page(content);
}

Page refusal_json(const Refusal& refusal, std::string_view logout_id) {
  const FaultRow& row = describe(refusal.fault);
  const Json body{json_object()};
  json_object_set_new(body.get(), "error", make_string(row.code).release());
  json_object_set_new(body.get(), "error_description", make_string(row.to_client).release());
  if (!logout_id.empty()) json_object_set_new(body.get(), "logout_id", make_string(logout_id).release());
  return {.status = row.status,
          .content_type = "application/json",
          .headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}},
          .body = dump_json(body.get())};
}

}  // namespace

Page refusal_page(const Refusal& refusal, bool wants_json, std::string_view self,
                  std::string_view logout_id) {
  Page page = wants_json ? refusal_json(refusal, logout_id) : refusal_html(refusal, self, logout_id);
  if (page.status == 405) page.headers.push_back({"Allow", "GET, POST"});
  if (page.status == 503) page.headers.push_back({"Retry-After", std::string(retry_after)});
  return page;
}

}  // namespace slo
