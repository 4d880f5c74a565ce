// SPDX-License-Identifier: BSD-2-Clause
// Keeps from an application what is another session's cookie, in time that grows with their number alone.
#include "ngx_module/app/kept_out_cookies.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "ngx_module/nginx/zone.h"

namespace slo::ngx::tracking {
namespace {

// A cookie that stays has the name as well: only who knows how the other was set can expire that alone.
bool may_expire(const AllSeen& seen, const Seen& goes, const std::vector<const Seen*>& going) {
  if (goes.known.attributes != 0) return true;
  return std::ranges::none_of(seen, [&](const Seen& other) {
    return other.cookie.name == goes.cookie.name && std::ranges::find(going, &other) == going.end();
  });
}

// Beyond max_seen, all that is tracked goes.
void strip_seen(Look& look, const std::vector<const Seen*>& going) {
  std::unordered_set<const char*> stays, goes;
  for (const Seen& one : look.seen) stays.insert(one.cookie.name.data());
  for (const Seen* one : going) goes.insert(one->cookie.name.data());
  if (look.seen.size() >= max_seen) {
    each_application_cookie(look.r, [&](const ApplicationCookie& cookie) {
      if (cookie.rule->is_tracked && !stays.contains(cookie.name.data())) goes.insert(cookie.name.data());
    });
  }
  strip_cookies(look.r, [&](const RequestCookie& cookie) { return goes.contains(cookie.name.data()); });
}

// Of the request's own session whether it has ended is known by now, and where it has, nothing is kept out.
bool goes(const Look& look, const Seen& one, const Evidence& session) {
  const Evidence& owner = one.known.owner;
  if (one.is_beyond || !is_owned(one)) return one.is_beyond;
  return owner != session && (!is_same_session(owner, session) || look.has_ended(owner));
}

}  // namespace

CookieVerdict keep_out(Look& look, const Evidence& session) {
  CookieVerdict verdict{.session = session};
  std::vector<const Seen*> going;
  for (const Seen& one : look.seen) {
    if (goes(look, one, session)) {
      going.push_back(&one);
    } else if (is_nobodys(one) && !look.question.told.names_session()) {
      verdict.has_cookie_of_nobody = true;
    } else if (!is_owned(one)) {
      verdict.has_cookie_in_doubt = true;
    }
  }
  if (going.empty() || look.question.only_looks || look.has_ended(session)) return verdict;
  for (const Seen* one : going) {
    if (!one->cookie.only_hides_it && may_expire(look.seen, *one, going))
      expire_cookie_of(look.r, *one->cookie.rule, one->cookie.name, one->known.attributes);
    count(Counter::cookies_kept_out);
  }
  strip_seen(look, going);
  ngx_log_error(NGX_LOG_INFO, look.r.connection->log, 0,
                "slo: kept cookies of another session from the application: %uz, provider \"%s\"",
                going.size(), look.provider().name.c_str());
  return verdict;
}

}  // namespace slo::ngx::tracking
