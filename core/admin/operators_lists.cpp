// SPDX-License-Identifier: BSD-2-Clause
// Writes the lists of the operators' page: a user's sessions, what is owed by client, dead letters.
#include <algorithm>
#include <map>

#include "core/admin/operators_parts.h"
#include "core/provider/application.h"
#include "core/text/base64url.h"
#include "core/text/html.h"

namespace slo::operators {
namespace {

std::string hidden(std::string_view name, std::string_view value) {
  return "<input type=\"hidden\" name=\"" + escape_html(name) + "\" value=\"" + escape_html(value) + "\">\n";
}

bool has_buttons(const OperatorsView& view) { return view.may_write && !view.ticket.empty(); }

// A form with one button. `?`: the page itself, whatever a proxy has cut off its path.
std::string button_form(const OperatorsView& view, std::string_view action, std::string_view text,
                        std::string_view name, std::string_view value, std::string_view whose) {
  std::string html = "<form method=\"post\" action=\"?\">\n" + hidden("provider", view.provider->name) +
                     hidden("ticket", view.ticket) + hidden(name, value);
  html.append("<button name=\"do\" value=\"").append(action).append("\" aria-label=\"");
  html.append(escape_html(text)).append(escape_html(whose)).append("\">");
  return html.append(escape_html(text)).append("</button>\n</form>\n");
}

// Behind a word that is to be opened first.
std::string folded(std::string_view word, std::string_view warning, const std::string& form) {
  return "<details><summary>" + escape_html(word) + "</summary>\n<p>" + escape_html(warning) + "</p>\n" +
         form + "</details>\n";
}

std::string short_name(std::string_view secret) { return "<code>#" + fingerprint(secret) + "</code>"; }

// Users
// ----------------------------------------------------------------------------------------------------------

std::string search_form(const OperatorsView& view) {
  return "<form method=\"get\" action=\"?\">\n" + hidden("provider", view.provider->name) +
         "<div><label for=\"sub\">Subject of a user (sub)</label>\n<input id=\"sub\" name=\"sub\" "
         "maxlength=\"255\" "
         "autocomplete=\"off\" autocapitalize=\"none\" spellcheck=\"false\" required value=\"" +
         escape_html(view.query.sub ? view.query.sub->value : "") +
         "\"></div>\n<button>Show sessions</button>\n</form>\n";
}

std::string parties_of(const Provider& provider, const Session& session) {
  constexpr std::size_t most = 20;
  std::string names;
  std::size_t count = 0;
  for (const auto& participant : session.participants) {
    if (++count > most)
      return names + ", and " + std::to_string(session.participants.size() - most) + " more";
    names.append(names.empty() ? "" : ", ").append(party_of(provider, participant.client));
  }
  return names.empty() ? "none" : names;
}

std::string session_card(const OperatorsView& view, const Session& session) {
  std::string html = fact("State", session.is_live() ? state("good", "live") : state("", "ended")) +
                     fact("Began", when(session.created, view.now));
  if (session.is_live()) {
    html += fact("Last seen", when(session.created + session.last_seen, view.now)) +
            fact("Ends at the latest", when(session.created + session.absolute, view.now));
  } else {
    html += fact("Ended", when(session.created + *session.ended, view.now)) + text_fact("By", session.reason);
    if (!session.logout_id.empty()) html += text_fact("Logout", session.logout_id);
  }
  html += text_fact("Clients", parties_of(*view.provider, session));
  return "<li>\n<h3>Session " + short_name(session.key.value) + "</h3>\n" + facts(html) + "</li>\n";
}

std::string sessions_list(const OperatorsView& view) {
  if (!view.sessions) return {};
  if (!*view.sessions) return unread(view.sessions->error());
  const auto& [entries, next] = **view.sessions;
  std::string html;
  if (entries.empty()) html = "<p>No session of this user is known here.</p>\n";
  if (!entries.empty()) html = "<ul class=\"cards\">\n";
  for (const auto& session : entries) html += session_card(view, session);
  if (!entries.empty()) html += "</ul>\n";
  return html + turning(view, &PageQuery::sessions, next, "sessions");
}

std::string end_form(const OperatorsView& view) {
  if (!view.query.sub || !has_buttons(view)) return {};
  return folded(
      "End all sessions of this user…",
      "Every session that began until then is over, on this page or not. Clients and applications are told, "
      "and "
      "guards refuse what is left of it.",
      button_form(view, press_end, "End all sessions", "sub", view.query.sub->value, " of this user"));
}

// Deliveries
// -----------------------------------------------------------------------------------------------------

const Backlog* backlog_of(const OperatorsView& view) {
  for (const auto& status : view.status.providers) {
    if (status.name == view.provider->name && status.in_store && status.in_store->backlog)
      return &*status.in_store->backlog;
  }
  return nullptr;
}

struct OwedToOne {
  std::size_t count = 0;
  unsigned attempts = 0;  // the most of one
  TimeMs due{};           // the next
  std::string error{};    // of the one that was tried most often
};

std::string owed_card(const OperatorsView& view, const std::string& party, const OwedToOne& owed) {
  std::string html = text_fact("Owed", std::to_string(owed.count)) +
                     fact("Next attempt", when(owed.due, view.now)) +
                     text_fact("Most attempts", std::to_string(owed.attempts));
  if (!owed.error.empty()) html += text_fact("Last error", owed.error);
  return "<li>\n<h3>" + escape_html(party) + "</h3>\n" + facts(html) + "</li>\n";
}

std::map<std::string, OwedToOne> by_party(const Provider& provider,
                                          const std::vector<ListedDelivery>& deliveries) {
  std::map<std::string, OwedToOne> parties;
  for (const auto& listed : deliveries) {
    OwedToOne& owed = parties[party_of(provider, listed.delivery.client)];
    if (owed.count++ == 0 || listed.due < owed.due) owed.due = listed.due;
    if (!listed.error.empty() && listed.attempts >= owed.attempts) owed.error = listed.error;
    owed.attempts = std::max(owed.attempts, listed.attempts);
  }
  return parties;
}

// `3 deliveries.`, or which part of them.
std::string how_many(std::size_t shown, const Backlog* backlog, long long Backlog::*of,
                     std::string_view one) {
  const auto all = backlog != nullptr ? static_cast<std::size_t>(backlog->*of) : shown;
  if (all <= shown) return "<p>" + count_of(shown, one) + ".</p>\n";
  return "<p>" + std::to_string(shown) + " of " + count_of(all, one) + ".</p>\n";
}

std::string dead_card(const OperatorsView& view, const ListedDelivery& listed) {
  const Delivery& delivery = listed.delivery;
  const std::string party = party_of(*view.provider, delivery.client);
  std::string html =
      text_fact("Last error", listed.error.empty() ? "none was kept" : listed.error) +
      fact("Died", when(listed.due, view.now)) + text_fact("Attempts", std::to_string(listed.attempts)) +
      fact("Session", short_name(delivery.session.value)) + text_fact("Ended by", delivery.reason);
  if (!delivery.logout_id.empty()) html += text_fact("Logout", delivery.logout_id);
  html = "<li>\n<h3>" + escape_html(party) + "</h3>\n" + facts(html);
  if (has_buttons(view)) {
    const std::string id = base64url(delivery.id), whose = " to " + party;
    html += button_form(view, press_retry, "Send again", "id", id, whose);
    html += folded("Drop…", "It is forgotten, and " + party + " is not told that the session is over.",
                   button_form(view, press_drop, "Drop it", "id", id, ", what is owed" + whose));
  }
  return html + "</li>\n";
}

// Of each client, also what is in other parts of the list.
std::string retry_all_forms(const OperatorsView& view, const std::vector<ListedDelivery>& letters) {
  const Backlog* backlog = backlog_of(view);
  if (!has_buttons(view) || (backlog != nullptr && backlog->dead < 2)) return {};
  std::map<std::string, std::string> parties;
  for (const auto& letter : letters)
    parties.emplace(party_of(*view.provider, letter.delivery.client), letter.delivery.client.value);
  std::string html;
  for (const auto& [party, client] : parties) {
    html += button_form(view, press_retry_all, "Send all again to " + party, "client", client, "");
  }
  return html;
}

}  // namespace

std::string users_part(const OperatorsView& view) {
  if (is_store_away(view.status)) return {};
  return "<h2>Sessions of a user at " + escape_html(view.provider->name) + "</h2>\n" + search_form(view) +
         sessions_list(view) + end_form(view);
}

std::string owed_part(const OperatorsView& view) {
  if (!view.owed) return {};
  std::string html = "<h2>Owed by " + escape_html(view.provider->name) + "</h2>\n";
  if (!*view.owed) return html + unread(view.owed->error());
  const auto& [entries, next] = **view.owed;
  if (entries.empty())
    return html + "<p>Nothing is owed" + (view.query.owed.empty() ? "" : " from here on") + ".</p>\n" +
           turning(view, &PageQuery::owed, next, "deliveries");
  html +=
      how_many(entries.size(), backlog_of(view), &Backlog::pending, "delivery") + "<ul class=\"cards\">\n";
  for (const auto& [party, owed] : by_party(*view.provider, entries)) html += owed_card(view, party, owed);
  return html + "</ul>\n" + turning(view, &PageQuery::owed, next, "deliveries");
}

std::string dead_part(const OperatorsView& view) {
  if (!view.dead) return {};
  std::string html = "<h2>Dead letters of " + escape_html(view.provider->name) + "</h2>\n";
  if (!*view.dead) return html + unread(view.dead->error());
  const auto& [entries, next] = **view.dead;
  if (entries.empty())
    return html + "<p>There are none" + (view.query.dead.empty() ? "" : " from here on") + ".</p>\n" +
           turning(view, &PageQuery::dead, next, "dead letters");
  html +=
      how_many(entries.size(), backlog_of(view), &Backlog::dead, "dead letter") + "<ul class=\"cards\">\n";
  for (const auto& letter : entries) html += dead_card(view, letter);
  return html + "</ul>\n" + retry_all_forms(view, entries) +
         turning(view, &PageQuery::dead, next, "dead letters");
}

}  // namespace slo::operators
