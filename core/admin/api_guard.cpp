// SPDX-License-Identifier: BSD-2-Clause
// Decides whether a request may change anything: none that another site's page can make a browser send.
#include <algorithm>

#include "core/admin/api.h"

namespace slo {
namespace {

bool is_same_text(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

// With any parameters.
bool is_type(std::string_view type, std::string_view wanted) {
  type = type.substr(0, type.find(';'));
  type = type.substr(std::min(type.find_first_not_of(" \t"), type.size()));
  type = type.substr(0, type.find_last_not_of(" \t") + 1);
  return is_same_text(type, wanted);
}

// Names that nobody else can let lead to us: addresses, this machine's own, and those of `server_name`. Any
// other name may be an attacker's, whose DNS calls us by it now (DNS rebinding), and a page of it would be
// its own origin.
bool is_own_name(const ApiRequest& request) {
  std::string_view name = request.host;
  if (name.starts_with('[')) return true;
  name = name.substr(0, name.rfind(':'));
  const auto last = name.substr(name.rfind('.') + 1);  // a name whose last part is a number is an address
  if (!last.empty() && std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; })) return true;
  if (is_same_text(last, "localhost")) return true;
  return std::ranges::any_of(request.server_names,
                             [name](const auto& own) { return !own.empty() && is_same_text(own, name); });
}

// A browser's own word on who sends counts first: Host may have been rewritten on the way here, and browsers
// give it to nobody whose name a certificate does not prove. The scheme of an Origin is not looked at, since
// TLS may end in front of us.
bool is_sent_by_another_site(const ApiRequest& request) {
  if (!request.sec_fetch_site.empty()) {
    return request.sec_fetch_site != "same-origin" && request.sec_fetch_site != "none";
  }
  if (request.origin.empty()) return false;
  const auto scheme = request.origin.find("://");
  return scheme == std::string_view::npos || !is_same_text(request.origin.substr(scheme + 3), request.host) ||
         !is_own_name(request);
}

}  // namespace

Outcome<void> check_api_write(const ApiRequest& request) {
  if (!request.may_write) return refuse(Fault::api_read_only);
  if (is_sent_by_another_site(request)) return refuse(Fault::api_cross_site_write);
  const bool needs_type = request.method != "DELETE" || !request.body.empty();
  if (needs_type && !is_type(request.content_type, "application/json"))
    return refuse(Fault::api_content_type_unsupported);
  return {};
}

Outcome<void> check_form_write(const ApiRequest& request) {
  if (!request.may_write) return refuse(Fault::api_read_only);
  const bool says_where_from = !request.sec_fetch_site.empty() || !request.origin.empty();
  if (!says_where_from || is_sent_by_another_site(request)) return refuse(Fault::api_cross_site_write);
  if (!is_type(request.content_type, "application/x-www-form-urlencoded"))
    return refuse(Fault::content_type_unsupported);
  return {};
}

}  // namespace slo
