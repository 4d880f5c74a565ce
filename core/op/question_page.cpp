// SPDX-License-Identifier: BSD-2-Clause
// Asks "sign out?", and says that nothing happened after a no. Works without JavaScript.
#include <algorithm>

#include "core/op/confirmation.h"
#include "core/op/logout_page.h"
#include "core/pages/page_frame.h"
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

bool has_something_to_end(const Ticket& ticket) {
  return ticket.session || ticket.cookie_withheld || ticket.unknown_cookie;
}

std::string bold(std::string_view text) { return "<b>" + escape_html(text) + "</b>"; }

std::string asked_again(const Ticket& ticket) {
  if (!ticket.again) return {};
  return paragraph(*ticket.again == Fault::ticket_expired
                       ? "Your answer came too late, so you are asked once more."
                       : "Your answer was used before, so you are asked once more.");
}

// Nobody can say whose sign-in it is, nor whom to tell.
std::string unknown_cookie_text(const Provider& provider) {
  return "<p>Your browser holds a sign-in at " + bold(place_of(provider)) +
         " that is not known here. You can have it removed.</p>\n<p class=\"soft\">Applications that you use "
         "with it cannot be told: sign out there yourself, or close all windows of your browser.</p>\n";
}

// Without a session only the way back is confirmed: nobody vouched for the client that asks for it.
std::string question_text(const Provider& provider, const Ticket& ticket, const ClientRef& client) {
  const std::string asker = client != nullptr ? bold(client->name) : std::string{};
  if (!has_something_to_end(ticket)) {
    return "<p>You are not signed in here.</p>\n<p>Do you want to go on to " +
           (asker.empty() ? std::string("the application") : asker) + "?</p>\n";
  }
  std::string html;
  if (!asker.empty()) html = "<p>" + asker + " asks to sign you out.</p>\n";
  html +=
      ticket.unknown_cookie ? unknown_cookie_text(provider)
      : ticket.one_client && client != nullptr
          ? "<p>You will be signed out of " + asker + " and stay signed in to your other applications.</p>\n"
          : "<p>You will be signed out of " + bold(place_of(provider)) +
                " and of all applications that you use with it in this session.</p>\n";
  if (ticket.post_logout.refused) {
    html += "<p class=\"soft\">You cannot be taken back to the application afterwards: " +
            escape_html(describe(ticket.post_logout.refused->fault).to_client) + "</p>\n";
  }
  return html;
}

std::string question_form(const Ticket& ticket, std::string_view sealed, std::string_view self) {
  std::string html = "<form method=\"post\"";
  const std::string action = relative_link(self);
  if (!action.empty()) html.append(" action=\"").append(escape_html(action)).append("\"");
  html.append(">\n<input type=\"hidden\" name=\"ticket\" value=\"")
      .append(escape_html(sealed))
      .append("\">\n");
  html.append("<button class=\"first\" name=\"choice\" value=\"yes\">");
  html.append(has_something_to_end(ticket) ? "Sign out" : "Continue");
  html.append("</button>\n<button name=\"choice\" value=\"no\">");
  html.append(has_something_to_end(ticket) ? "Stay signed in" : "Stay here");
  return html.append("</button>\n</form>\n");
}

}  // namespace

Header browser_cookie_header(const Provider& provider, std::string_view browser, Seconds life) {
  const std::string name = browser_cookie_prefix(provider) + '-' + std::string(browser.substr(0, 4));
  const CookieScope scope{.name = name, .secure = provider.is_https()};
  return {"Set-Cookie", set_cookie(scope, browser, life)};
}

Page question_page(const Provider& provider, const Ticket& ticket, std::string_view self,
                   const std::vector<std::string>& browser_cookies, const Moment& moment) {
  const auto own = std::ranges::find_if(browser_cookies, is_browser_cookie);
  const std::string browser = own != browser_cookies.end() ? *own : nonce(moment, 2);
  const auto sealed = seal_ticket(provider, ticket, browser);
  if (!sealed) return refusal_page(sealed.error(), false, {});

  const ClientRef client = ticket.client ? provider.find(*ticket.client) : nullptr;
  Page page = framed_page({.place = place_of(provider),
                           .heading = has_something_to_end(ticket) ? "Sign out?" : "Continue?",
                           .body = asked_again(ticket) + question_text(provider, ticket, client) +
                                   question_form(ticket, *sealed, self),
                           .referrer = "same-origin"});
  page.headers.push_back(browser_cookie_header(provider, browser, provider.ticket_life));
  return page;
}

Page stayed_page(const Provider& provider) {
  return framed_page({.place = place_of(provider),
                      .heading = "Nothing has changed",
                      .body = paragraph("You were not signed out. You can close this window.")});
}

}  // namespace slo
