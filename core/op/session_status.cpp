// SPDX-License-Identifier: BSD-2-Clause
// Is this browser still signed in?
#include "core/op/session_status.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/text/json.h"
#include "core/text/showable.h"
#include "core/text/uri.h"

namespace slo {
namespace {

bool is_active(const Session& session, TimeS now) {
  if (!session.is_live() || now >= session.created + session.absolute) return false;
  return session.idle == Seconds{0} || now < session.created + session.last_seen + session.idle;
}

bool is_own(const Provider& provider, const StatusAsker& asker) {
  const auto issuer = read_uri(provider.issuer.value);
  if (issuer && asker.origin == issuer->origin()) return true;
  return !asker.host.empty() &&
         (asker.origin == "https://" + asker.host || asker.origin == "http://" + asker.host);
}

}  // namespace

Outcome<void> check_status_asker(const Provider& provider, const StatusAsker& asker) {
  const std::string_view site = asker.sec_fetch_site;
  const bool may_know = asker.origin.empty() ? site.empty() || site == "same-origin" || site == "none"
                                             : is_own(provider, asker) ||
                                                   provider.clients.list()->origins().contains(asker.origin);
  if (!may_know)
    return refuse(Fault::origin_not_registered, showable_uri(asker.origin.empty() ? site : asker.origin));
  return {};
}

Page session_status_page(const Found& found, TimeS now) {
  const auto active = std::ranges::find_if(
      found.by_cookie, [now](const FoundByCookie& one) { return is_active(one.session, now); });
  Json status(json_object());
  json_object_set_new(status.get(), "active", json_boolean(active != found.by_cookie.end()));
  if (active != found.by_cookie.end()) {
    const Seconds age = std::max(now - active->session.created, Seconds{0});
    json_object_set_new(status.get(), "age", json_integer(age.count()));
  }
  return {.status = 200,
          .content_type = "application/json",
          .headers = {{"Cache-Control", "no-store"}},
          .body = dump_json(status.get())};
}

Page readable_by(Page page, const StatusAsker& asker) {
  page.headers.push_back({"Vary", "Origin"});
  if (asker.origin.empty()) return page;
  page.headers.push_back({"Access-Control-Allow-Origin", asker.origin});
  page.headers.push_back({"Access-Control-Allow-Credentials", "true"});
  return page;
}

Page status_preflight_page() {
  return {.status = 204,
          .headers = {{"Access-Control-Allow-Methods", "GET, HEAD"}, {"Access-Control-Max-Age", "300"}}};
}

}  // namespace slo
