// SPDX-License-Identifier: BSD-2-Clause
// Warns at `nginx -t` of slo_cookie and slo_app_logout that do something else than they seem to.
#include <algorithm>
#include <iterator>
#include <set>
#include <string>

#include "ngx_module/app/conf.h"
#include "ngx_module/app/directives.h"
#include "ngx_module/config/conf_line.h"
#include "ngx_module/config/neighbours.h"

namespace slo::ngx {
namespace {
namespace cookie_doubts {  // names of this file alone, in unity builds too

bool has_rule(const AppLocConf& location, const CookieRule& rule) {
  return std::ranges::find(location.rules, &rule) != location.rules.end();
}

// Cookies are tracked where requests tell of sessions, and expired by who refuses a request or ends a
// session.
void doubt_line(ngx_conf_t* cf, const AppMainConf& conf, const CookieLine& line) {
  const auto tells = [&line](const Belonging& one) { return has_rule(*one.location, line.rule); };
  const auto expires = [&line](const AppLocConf* door) { return has_rule(*door, line.rule); };
  if (std::ranges::any_of(conf.belongings, tells)) return;
  if (line.rule.is_tracked) {
    warn_at(cf->log,
            "\"slo_cookie\" has \"track\" where neither \"slo_guard\" nor \"slo_bind\" says whose session it "
            "is: nothing is tracked",
            line.place);
  } else if (std::ranges::none_of(conf.doors, expires)) {
    warn_at(cf->log,
            "\"slo_cookie\" has no effect: where it counts there is neither \"slo_guard\" nor \"slo_logout\" "
            "nor \"slo_frontchannel_logout\", which would expire its cookies",
            line.place);
  }
}

std::string name_of(const Belonging& belonging) {
  const std::string name(view(belonging.core->name));
  return name.empty() ? "the server itself" : "location \"" + name + '"';
}

// Does an application get to see the cookies of a request there? Not where this module answers.
bool is_passed_on(ngx_conf_t* cf, const Belonging& at) {
  const ngx_http_core_loc_conf_t& core = *at.core;
  if (core.internal == 1 || core.noname == 1 || core.name.len == 0 || core.named == 1) return false;
  const auto is_there = [&core](const ContentPlace& place) { return place.location == &core; };
  if (at.location->is_door || std::ranges::any_of(main_conf(cf).content_places, is_there)) return false;
  return core.handler != nullptr || has_directive_of(cf, core, "ngx_http_try_files_module");
}

const CookieLine* tracking_line_of(const AppMainConf& conf, const AppLocConf& location) {
  const auto found = std::ranges::find_if(conf.cookie_lines, [&](const CookieLine& line) {
    return line.rule.is_tracked && has_rule(location, line.rule);
  });
  return found == conf.cookie_lines.end() ? nullptr : &*found;
}

// A browser sends cookies to all locations of a server. Who has written "slo_cookie off" there means it.
void doubt_location(ngx_conf_t* cf, const AppMainConf& conf, const Belonging& bare) {
  if (tracks_cookies(*bare.location) || bare.location->cookie_off || !is_passed_on(cf, bare)) return;
  const auto tracks_beside = [&bare](const Belonging& other) {
    return other.server == bare.server && *other.provider == *bare.provider &&
           tracks_cookies(*other.location);
  };
  const auto other = std::ranges::find_if(conf.belongings, tracks_beside);
  if (other == conf.belongings.end()) return;
  const CookieLine* line = tracking_line_of(conf, *other->location);
  if (line == nullptr) return;
  warn_at(
      cf->log,
      "\"slo_cookie\" with \"track\" counts in " + name_of(*other) + " and not in " + name_of(bare) +
          " of the same server, where \"slo_guard\" counts as well: there the application gets to see the "
          "cookies of whoever used the browser before; let both count in the whole server, or say "
          "\"slo_cookie off\" there",
      line->place);
}

bool may_share(const AppLocConf& a, const AppLocConf& b) {
  return std::ranges::any_of(a.rules, [&b](const CookieRule* one) {
    return one->is_tracked && std::ranges::any_of(b.rules, [one](const CookieRule* other) {
             return other->is_tracked && may_share_cookies(*one, *other);
           });
  });
}

// Cookies of two applications would be sent to one address; each host and path of a call is one application.
void doubt_application(ngx_conf_t* cf, const Belonging& one, const Belonging& other) {
  warn_at(
      cf->log,
      "\"slo_app_logout\" counts in " + name_of(one) + " and in " + name_of(other) +
          ", whose tracked cookies have no name in common: they share one application; if they are two, give "
          "each its own address",
      one.location->logout->place);
}

void doubt_applications(ngx_conf_t* cf, const AppMainConf& conf) {
  std::set<const Application*> told;
  for (auto one = conf.belongings.begin(); one != conf.belongings.end(); ++one) {
    const Application* its = application_of(*one->location, **one->provider);
    if (its == nullptr || !its->is_called() || told.contains(its)) continue;
    const auto is_odd = [&](const Belonging& other) {
      return other.server == one->server && application_of(*other.location, **other.provider) == its &&
             !may_share(*one->location, *other.location);
    };
    const auto other = std::find_if(std::next(one), conf.belongings.end(), is_odd);
    if (other == conf.belongings.end()) continue;
    told.insert(its);
    doubt_application(cf, *one, *other);
  }
}

}  // namespace cookie_doubts
}  // namespace

ngx_int_t doubt_cookies(ngx_conf_t* cf) {
  const AppMainConf& conf = app_main_conf(cf);
  for (const CookieLine& line : conf.cookie_lines) cookie_doubts::doubt_line(cf, conf, line);
  const AppLocConf* last = nullptr;  // a location has as many of these as guards
  for (const Belonging& belonging : conf.belongings) {
    if (belonging.location != last) cookie_doubts::doubt_location(cf, conf, belonging);
    last = belonging.location;
  }
  cookie_doubts::doubt_applications(cf, conf);
  return NGX_OK;
}

}  // namespace slo::ngx
