// SPDX-License-Identifier: BSD-2-Clause
// Asks "sign out?", and says that nothing happened after a no. Works without JavaScript.
#include <algorithm>

#include "core/confirmation.h"
#include "core/logout_page.h"
#include "core/page_frame.h"
#include "core/text/html.h"

namespace slo {
namespace {

// Whatever else another site may have planted under this name is replaced.
bool is_browser_cookie(std::string_view value) {
  return value.size() == 22 && std::ranges::all_of(value, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '_';
         });
}

bool has_something_to_end(const Ticket& ticket) { return ticket.session || ticket.cookie_withheld; }

std::string bold(std::string_view text) { return "<b>" + escape_html(text) + "</b>"; }

// Without a session only the way back is confirmed: nobody vouched for the client that asks for it.
std::string question_text(const Provider& provider, const Ticket& ticket, const Client* client) {
  const std::string asker = client != nullptr ? bold(client->name) : std::string{};
  if (!has_something_to_end(ticket)) {
    return "<p>You are not signed in here any more.</p>\n<p>Do you want to go on to " +
           (asker.empty() ? std::string("the application") : asker) + "?</p>\n";
  }
  std::string html;
  if (!asker.empty()) html = "<p>" + asker + " asks to sign you out.</p>\n";
  html +=
      ticket.one_client && client != nullptr
          ? "<p>You will be signed out of " + asker + " and stay signed in to your other applications.</p>\n"
          : "<p>You will be signed out of " + bold(place_of(provider)) +
                " and of all applications that you use with it in this session.</p>\n";
  if (ticket.onward.refused) {
    html += "<p class=\"soft\">You cannot be taken back to the application afterwards: " +
            escape_html(describe(ticket.onward.refused->fault).to_client) + "</p>\n";
  }
  return html;
}

std::string question_form(const Ticket& ticket, std::string_view sealed, std::string_view self) {
  std::string html = "<form method=\"post\"";
  if (is_local_path(self)) html.append(" action=\"").append(escape_html(self)).append("\"");
  html.append(">\n<input type=\"hidden\" name=\"ticket\" value=\"")
      .append(escape_html(sealed))
      .append("\">\n");
  html.append("<button class=\"first\" name=\"choice\" value=\"yes\">");
  html.append(has_something_to_end(ticket) ? "Sign out" : "Continue");
  html.append("</button>\n<button name=\"choice\" value=\"no\">");
  html.append(has_something_to_end(ticket) ? "Stay signed in" : "Stay here");
  return html.append("</button>\n</form>\n");
}

Header browser_cookie_header(const Provider& provider, std::string_view browser) {
  const CookieScope scope{.name = browser_cookie_name(provider), .secure = provider.is_https()};
  return {"Set-Cookie", set_cookie(scope, browser, provider.ticket_life)};
}

}  // namespace

Page question_page(const Provider& provider, const Ticket& ticket, std::string_view self,
                   std::optional<std::string_view> browser_cookie, const Moment& moment) {
  const bool keeps_cookie = browser_cookie && is_browser_cookie(*browser_cookie);
  const std::string browser = keeps_cookie ? std::string(*browser_cookie) : nonce(moment, 2);
  const auto sealed = seal_ticket(provider, ticket, browser);
  if (!sealed) return refusal_page(sealed.error(), false, {});

  const Client* client = ticket.client ? provider.find(*ticket.client) : nullptr;
  Page page =
      framed_page({.place = place_of(provider),
                   .heading = has_something_to_end(ticket) ? "Sign out?" : "You are signed out",
                   .body = question_text(provider, ticket, client) + question_form(ticket, *sealed, self),
                   .referrer = "same-origin"});
  page.headers.push_back(browser_cookie_header(provider, browser));
  return page;
}

Page stayed_page(const Provider& provider) {
  return framed_page({.place = place_of(provider),
                      .heading = "Nothing has changed",
                      .body = paragraph("You were not signed out. You can close this window.")});
}

}  // namespace slo
