// SPDX-License-Identifier: BSD-2-Clause
// Writes what the parts of the operators' page share: facts, times, names and the way through a list.
#include "core/admin/operators_parts.h"

#include <chrono>

#include "core/admin/api.h"
#include "core/provider/application.h"
#include "core/text/html.h"

namespace slo::operators {
namespace {

std::string two_digits(long long number) {
  return {static_cast<char>('0' + number / 10 % 10), static_cast<char>('0' + number % 10)};
}

// `2027-01-15`, what is between, `08:10:00`, what comes behind.
std::string date_with(TimeMs time, std::string_view between, std::string_view behind) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<Seconds>(time) - day};
  std::string text = std::to_string(static_cast<int>(date.year()));
  text += '-' + two_digits(static_cast<unsigned>(date.month()));
  text += '-' + two_digits(static_cast<unsigned>(date.day()));
  text.append(between).append(two_digits(clock.hours().count()));
  text += ':' + two_digits(clock.minutes().count());
  text += ':' + two_digits(clock.seconds().count());
  return text.append(behind);
}

}  // namespace

std::string fact(std::string_view term, const std::string& html) {
  return "<div><dt>" + escape_html(term) + "</dt><dd>" + html + "</dd></div>\n";
}
std::string text_fact(std::string_view term, std::string_view text) { return fact(term, escape_html(text)); }
std::string facts(const std::string& html) { return "<dl>\n" + html + "</dl>\n"; }

std::string state(std::string_view mood, std::string_view text) {
  std::string html = "<span class=\"state";
  if (!mood.empty()) html.append(" ").append(mood);
  return html.append("\">").append(escape_html(text)).append("</span>");
}

std::string date_of(TimeMs time) { return date_with(time, " ", " UTC"); }

std::string span_of(Seconds span) {
  const auto seconds = span.count();
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 120LL * 60) return std::to_string(seconds / 60) + " min";
  if (seconds < 48LL * 3600) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86400) + " d";
}

std::string when(TimeMs time, TimeMs now) {
  const auto away = std::chrono::duration_cast<Seconds>(time > now ? time - now : now - time);
  const std::string said = away < Seconds{1} ? "now"
                           : time > now      ? "in " + span_of(away)
                                             : span_of(away) + " ago";
  return "<time datetime=\"" + date_with(time, "T", "Z") + "\" title=\"" + date_of(time) + "\">" + said +
         "</time>";
}
std::string when(TimeS time, TimeMs now) { return when(TimeMs{time}, now); }

std::string party_of(const Provider& provider, const ClientId& id) {
  if (id.value.empty()) return "all clients of a session";
  if (is_application(id)) return "application " + application_name(provider, id);
  const ClientRef known = provider.find(id);  // also by the digest of a long id
  if (known != nullptr) return known->id.value;
  return id.value;
}

std::string count_of(std::size_t count, std::string_view one) {
  std::string text = std::to_string(count) + " ";
  text += one;
  if (count == 1) return text;
  if (!text.ends_with('y')) return text + "s";
  text.pop_back();
  return text + "ies";
}

std::string turning(const OperatorsView& view, std::string PageQuery::*list, const std::string& next,
                    std::string_view what) {
  const auto link = [&](const std::string& cursor, std::string_view text) {
    PageQuery there = view.query;
    there.provider = view.provider->name;
    there.notice.clear();
    there.*list = cursor;
    return "<a href=\"" + escape_html(page_link(there)) + "\">" +
           escape_html(std::string(text).append(what)) + "</a>";
  };
  std::string html;
  if (!(view.query.*list).empty()) html = link("", "First ");
  if (!next.empty()) html.append(html.empty() ? "" : " · ").append(link(next, "More "));
  return html.empty() ? html : "<p>" + html + "</p>\n";
}

std::string unread(const Refusal& refusal) {
  return "<p>" + state("bad", "This could not be read. " + problem_detail(refusal)) + "</p>\n";
}

}  // namespace slo::operators
