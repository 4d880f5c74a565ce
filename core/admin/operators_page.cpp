// SPDX-License-Identifier: BSD-2-Clause
// Writes the operators' page: what was done, this host, the providers, and the lists of one of them.
#include "core/admin/operators_page.h"

#include "core/admin/api.h"
#include "core/admin/operators_parts.h"
#include "core/admin/operators_style.h"
#include "core/pages/page_frame.h"
#include "core/text/html.h"

namespace slo {
namespace operators {
namespace {

// Of a store that fell silent nobody knows how far it got.
std::string refused_sentence(Fault fault) {
  if (fault == Fault::api_not_found)
    return "Nothing was changed: it is there no more, but was delivered, sent again or dropped meanwhile.";
  if (describe(fault).status < 500) return "Nothing was changed. " + problem_detail({fault});
  return "This is not done, or not all of it: look again before you repeat it. " + problem_detail({fault});
}

std::string notice_sentence(const Provider& provider, const PageNotice& notice) {
  using What = PageNotice::What;
  switch (notice.what) {
    case What::retried:
      return "The logout for " + party_of(provider, {notice.client}) + " was put back into the queue.";
    case What::all_retried:
      return count_of(notice.count, "logout") + " for " + party_of(provider, {notice.client}) +
             " put back into the queue." + (notice.more ? " There may be more: press once more." : "");
    case What::dropped:
      return "The logout for " + party_of(provider, {notice.client}) + " was dropped: it is not told.";
    case What::ended:
      return count_of(notice.count, "session") +
             " ended. Their clients are told now: who has not taken it yet is owed it.";
    default:
      return refused_sentence(notice.fault.value_or(Fault::internal));
  }
}

std::string notice_part(const OperatorsView& view) {
  if (!view.notice || view.provider == nullptr) return {};
  const bool is_no = view.notice->what == PageNotice::What::refused;
  return "<p class=\"notice" + std::string(is_no ? " no" : "") + "\" role=\"status\">" +
         escape_html(notice_sentence(*view.provider, *view.notice)) + "</p>\n";
}

// The first word of the store about why it does not serve.
const Refusal* store_refusal(const StatusReport& status) {
  if (status.refusal) return &*status.refusal;
  for (const auto& provider : status.providers) {
    if (provider.in_store && !provider.in_store->backlog) return &provider.in_store->backlog.error();
  }
  return nullptr;
}

std::string store_fact(const StatusReport& status) {
  const Refusal* refusal = store_refusal(status);
  if (status.lacks_a_part && !is_store_away(status))
    return fact("Store", state("bad", "a part of it is away, the others answer"));
  if (refusal == nullptr) return fact("Store", state("good", "answers"));
  return fact("Store", state("bad", problem_detail(*refusal)));
}

std::string feed_fact(const StatusReport& status) {
  if (!status.marks) return fact("Feed of ended sessions", state("", "not needed here: no guards"));
  const MarksStatus& marks = *status.marks;
  const std::string age =
      marks.age ? "; all known " + span_of(std::chrono::duration_cast<Seconds>(*marks.age)) + " ago"
                : "; not read yet";
  return fact("Feed of ended sessions",
              marks.is_complete ? state("good", "complete" + age) : state("bad", "may lack some" + age)) +
         text_fact("Marks of ended sessions",
                   std::to_string(marks.marks) + " of " + std::to_string(marks.capacity));
}

std::string host_part(const OperatorsView& view) {
  std::string html = "<h2>This host</h2>\n" + facts(store_fact(view.status) + feed_fact(view.status));
  if (is_store_away(view.status))
    html += paragraph(
        "While the store is away, sessions and deliveries cannot be shown. What is owed is sent when it is "
        "back.");
  return html;
}

std::string keys_fact(const ProviderStatus& status) {
  if (!status.keys) return {};
  const std::string age =
      status.keys->age ? ", fetched " + span_of(*status.keys->age) + " ago" : ", never fetched";
  return fact("Keys of the OP",
              status.keys->is_fetched
                  ? state("good", std::to_string(status.keys->keys) + age)
                  : state("bad", std::to_string(status.keys->keys) + age + "; the last fetch failed"));
}

std::string clients_fact(const ProviderStatus& status) {
  if (!status.clients) return {};
  const std::string count = std::to_string(status.clients->clients);
  return fact("Clients", status.clients->is_current
                             ? state("good", count + ", current")
                             : state("bad", count + "; their source has newer ones that are not in force"));
}

std::string backlog_facts(const ProviderStatus& status) {
  if (!status.in_store) return {};
  if (!status.in_store->backlog)
    return fact("Deliveries", state("bad", problem_detail(status.in_store->backlog.error())));
  const Backlog& backlog = *status.in_store->backlog;
  return text_fact("Owed", std::to_string(backlog.pending)) +
         fact("Dead letters", backlog.dead == 0 ? "0" : state("bad", std::to_string(backlog.dead)));
}

std::string circuits_fact(const ProviderStatus& status) {
  return fact("Receivers that fail (open circuits)",
              status.circuits_open == 0 ? "0" : state("bad", std::to_string(status.circuits_open)));
}

std::string provider_card(const OperatorsView& view, const ProviderStatus& status) {
  const bool is_chosen = view.provider != nullptr && view.provider->name == status.name;
  std::string html =
      is_chosen ? "<li class=\"chosen\">\n<h3><a aria-current=\"true\" href=\"" : "<li>\n<h3><a href=\"";
  html +=
      escape_html(page_link({.provider = status.name})) + "\">" + escape_html(status.name) + "</a></h3>\n";
  return html +
         facts(backlog_facts(status) + circuits_fact(status) + keys_fact(status) + clients_fact(status)) +
         "</li>\n";
}

std::string providers_part(const OperatorsView& view) {
  std::string html = "<h2>Providers</h2>\n";
  if (view.status.providers.empty()) return html + paragraph("No slo_provider is configured.");
  html += "<ul class=\"cards\">\n";
  for (const auto& status : view.status.providers) html += provider_card(view, status);
  return html + "</ul>\n";
}

std::string rights_part(const OperatorsView& view) {
  if (!view.may_write)
    return "<p class=\"soft\">This page only shows: sessions are ended and deliveries sent again where "
           "slo_api has "
           "write=on.</p>\n";
  if (view.ticket.empty())
    return "<p class=\"soft\">There are no buttons: this provider has neither a signing_key nor slo_store a "
           "secret_file= "
           "to sign them with.</p>\n";
  return {};
}

std::string all_parts(const OperatorsView& view) {
  std::string html = notice_part(view) + host_part(view) + providers_part(view);
  if (view.provider == nullptr) return html;
  return html + users_part(view) + owed_part(view) + dead_part(view) + rights_part(view);
}

std::string last_line(const OperatorsView& view) {
  const PageQuery again{.provider = view.provider != nullptr ? view.provider->name : "",
                        .sub = view.query.sub};
  return "<p class=\"soft\">As of " + date_of(view.now) + ". <a href=\"" + escape_html(page_link(again)) +
         "\">Look again</a></p>\n";
}

}  // namespace
}  // namespace operators

Page operators_page(const OperatorsView& view) {
  // Under no-referrer browsers send forms with `Origin: null`; no more than our origin is for others' logs.
  return framed_page({.heading = "Single logout",
                      .body = operators::all_parts(view) + operators::last_line(view),
                      .sources = "form-action 'self'; ",
                      .more_style = operators_style,
                      .referrer = "strict-origin"});
}

Page operators_refusal(const Refusal& refusal) {
  const int status = describe(refusal.fault).status;
  Page page = framed_page(
      {.status = status,
       .heading = "This cannot be done",
       .body = paragraph(problem_detail(refusal) + " Nothing was changed.") + link_button("To the page", "?"),
       .sources = "form-action 'none'; ",
       .more_style = operators_style});
  if (status == 405) page.headers.push_back({"Allow", "GET, HEAD, POST"});
  return page;
}

}  // namespace slo
