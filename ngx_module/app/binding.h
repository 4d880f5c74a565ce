// SPDX-License-Identifier: BSD-2-Clause
// Ties cookies of an application to an SSO session, in which the application takes part from then on.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/app/bound_cookie.h"
#include "core/outcome.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"
#include "redis_schema/bound_cookies.h"

namespace slo::ngx {

struct CookieToBind {
  std::string name{};
  std::string value{};
  bool is_remembered = true;  // for the application's call
};

struct Binding {
  const ProviderConf* provider = nullptr;
  CookieOwner owner{};                       // whose those are that are nobody's yet
  const Application* application = nullptr;  // of that provider
  std::vector<CookieToBind> cookies{};
  redis::SeenIn seen_in = redis::SeenIn::answer;
};

// Whose each of them is from now on, in their order. It is called once, never from inside bind_cookies(),
// unless `r` leaves; failures have been counted and logged by then. May be repeated.
using Bound = std::function<void(Outcome<std::vector<CookieOwner>>)>;

// Claims the cookies for their owner; what is his is remembered with his session, their values sealed where
// the application is to be called with them, and the application is registered there. A sid that the store
// knows as a client's own leads to the session of that. `r` waits for it, as ask() says; null: nobody does.
// REQUIRES: there is a store().
void bind_cookies(Binding binding, Bound done, ngx_http_request_t* r);

// The owner that these names mean; nullopt: they cannot be stored. The first of its cookies is `cookie`. Of
// whom nobody says since when he is logged in, it is from now on.
std::optional<CookieOwner> owner_of_names(SessionNames names, const CookieDigest& cookie);

}  // namespace slo::ngx
