// SPDX-License-Identifier: BSD-2-Clause
// Application: what takes part in sessions by its cookies, and how it is told that one is over.
//
// It stands behind this nginx and knows nothing of OpenID Connect (slo_cookie … track, slo_app_logout). In
// the store it is a participant beside the OP's clients, under an id that no client may have.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/names.h"

namespace slo {

struct Application {
  // The same on all hosts: `intranet.example/app/logout` (its server's first name and the path of its logout
  // URL), that URL without its query where it is absolute, or its server's first name where it is not called.
  std::string name{};
  ClientId id{};         // application_id(name)
  std::string target{};  // its logout URL: absolute, or path and query at its own server; empty: not called
  std::string host{};    // of a path: the name of its server, sent as Host
  std::string method = "GET";
  std::string type = "application/x-www-form-urlencoded";  // of the body
  // `$cookie_NAME` and `${cookie_NAME}`, here and in the values of headers, stand for the value of that
  // remembered cookie, or for nothing where there is none: what a form sends against CSRF.
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
  friend bool operator==(const Application&, const Application&) = default;

  bool is_called() const { return !target.empty(); }
  // Is it called through its own server, and not through the location for deliveries?
  bool is_own_location() const { return target.starts_with('/'); }
};

// `app:` and the name; where that is more than 63 bytes `app:#` and a digest of the name.
ClientId application_id(std::string_view name);

}  // namespace slo
