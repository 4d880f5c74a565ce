// SPDX-License-Identifier: BSD-2-Clause
// Decides on front-channel logouts by what their query says; no cookie has a say.
#include "core/rp/frontchannel_logout.h"

#include <array>
#include <set>
#include <utility>
#include <vector>

#include "core/pages/logout_frame.h"
#include "core/text/form.h"
#include "core/text/uri.h"

namespace slo {
namespace {

using Frames = std::vector<LogoutFrame>;

std::string policy_of(const Provider& provider, const Frames& frames) {
  std::set<std::string> origins;
  for (const LogoutFrame& frame : frames) origins.insert(frame.origins.begin(), frame.origins.end());
  const auto issuer = read_uri(provider.issuer.value);
  return "default-src 'none'; " + frame_src_of(origins) + "frame-ancestors " +
         (issuer ? issuer->origin() : "'none'");
}

std::string body_of(const Frames& frames) {
  std::string html;
  for (const LogoutFrame& frame : frames) html += logout_frame_html(frame.uri);
  return html;
}

// No X-Frame-Options, which cannot name an origin: browsers that know frame-ancestors ignore it, others would
// keep the OP's page from framing this one.
Page page_in_frame(const Provider& provider, int status, std::string_view title, const Frames& frames = {}) {
  return {.status = status,
          .content_type = "text/html; charset=utf-8",
          .headers = {{"Cache-Control", "no-store"},
                      {"Content-Security-Policy", policy_of(provider, frames)},
                      {"Referrer-Policy", "no-referrer"},
                      {"X-Content-Type-Options", "nosniff"}},
          .body = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>" +
                  std::string(title) + "</title>\n</head>\n<body>" + body_of(frames) + "</body>\n</html>\n"};
}

}  // namespace

Outcome<FrontchannelLogout> read_frontchannel_logout(std::string_view query) {
  constexpr std::array<std::string_view, 2> parameters{"iss", "sid"};
  return Form::read(query, parameters).map([](const Form& form) {
    return FrontchannelLogout{.issuer = form.find("iss").value_or(""),
                              .sid = Sid{form.find("sid").value_or("")}};
  });
}

Outcome<Mark> check_frontchannel_logout(const Provider& provider, const FrontchannelLogout& logout,
                                        const Moment& moment) {
  if (logout.issuer.empty() && !provider.frontchannel_iss_optional) {
    return refuse(Fault::form_malformed, "no iss");
  }
  if (!logout.issuer.empty() && logout.issuer != provider.issuer.value) {
    return refuse(Fault::frontchannel_issuer_foreign);
  }
  if (logout.sid.value.empty()) return refuse(Fault::form_malformed, "no sid");
  if (!is_storable(logout.sid.value) || is_minted(SessionKey{logout.sid.value}))
    return refuse(Fault::form_malformed, "sid cannot be one");
  return Mark{.of = Mark::Of::sid, .value = logout.sid.value, .at = moment.seconds(), .is_proven = false};
}

Page frontchannel_received_page(const Provider& provider, const Session& ended) {
  return page_in_frame(provider, 200, "Signed out", find_logout_frames(provider, ended));
}

Page frontchannel_not_received_page(const Provider& provider, const Refusal& refusal) {
  return page_in_frame(provider, describe(refusal.fault).status, "Not signed out");
}

}  // namespace slo
