// SPDX-License-Identifier: BSD-2-Clause
// Renders the end of a logout: the iframe page, the way onward, or "you are signed out".
#include "core/logout_page.h"

#include <algorithm>
#include <set>

#include "core/frontchannel.h"
#include "core/page_frame.h"
#include "core/page_script.h"
#include "core/text/html.h"
#include "core/text/uri.h"

namespace slo {
namespace {

using Applications = std::vector<ListedApplication>;

struct Look {
  std::string_view words;
  std::string_view css;
};

// A loaded frame proves that the browser was there, not that the application obeyed: only its server's own
// answer is called "signed out".
Look look_of(ListedApplication::State state) {
  using enum ListedApplication::State;
  switch (state) {
    case signed_out:
      return {"signed out", "state good"};
    case pending:
      return {"is being told", "state"};
    case contacting:
      return {"contacting …", "state"};
    case unreachable:
      return {"not reached yet", "state bad"};
    case untold:
      break;
  }
  return {"cannot be told", "state bad"};
}

std::string application_list(const Applications& applications) {
  if (applications.empty()) return {};
  std::string html = "<ul>\n";
  for (std::size_t i = 0; i < applications.size(); ++i) {
    const Look look = look_of(applications[i].state);
    html.append("<li><span>").append(escape_html(applications[i].name)).append("</span><span class=\"");
    html.append(look.css).append("\" id=\"a").append(std::to_string(i)).append("\">");
    html.append(look.words).append("</span></li>\n");
  }
  return html.append("</ul>\n");
}

bool is_framed(const ListedApplication& application) { return !application.frame_uri.empty(); }

std::string frames(const Applications& applications) {
  std::string html = "<div class=\"frames\" aria-hidden=\"true\">\n";
  for (std::size_t i = 0; i < applications.size(); ++i) {
    if (!is_framed(applications[i])) continue;
    html.append("<iframe src=\"").append(escape_html(applications[i].frame_uri)).append("\"");
    // What the application's own server has confirmed, no iframe can improve.
    if (applications[i].state == ListedApplication::State::contacting) {
      html.append(" data-state=\"a").append(std::to_string(i)).append("\"");
    }
    html.append(" tabindex=\"-1\" title=\"\"></iframe>\n");
  }
  return html.append("</div>\n");
}

std::string frame_sources(const Applications& applications, std::string_view script_nonce) {
  std::set<std::string> origins;
  for (const auto& application : applications) {
    if (is_framed(application)) origins.insert(application.origin);
  }
  std::string sources = "script-src 'nonce-" + std::string(script_nonce) + "'; frame-src";
  for (const auto& origin : origins) sources.append(" ").append(origin);
  return sources.append("; ");
}

std::string destination(const Provider& provider, const Onward& onward) {
  return onward.uri.empty() ? provider.post_logout_uri : onward_location(onward);
}

std::string milliseconds(Seconds seconds) { return std::to_string(Millis{seconds}.count()); }

// Without JavaScript nobody hears the frames load: then the total time counts.
std::string head_of_frame_page(const Provider& provider, const std::string& target,
                               std::string_view script_nonce) {
  std::string head = "<script nonce=\"" + std::string(script_nonce) + "\">";
  head.append(page_script).append("</script>\n");
  if (!target.empty()) {
    head.append("<noscript><meta http-equiv=\"refresh\" content=\"");
    head.append(std::to_string(provider.frontchannel.total.count()))
        .append(";url=")
        .append(escape_html(target));
    head.append("\"></noscript>\n");
  }
  return head;
}

// What every page says whose logout was fine but whose redirect was not.
std::string refused_redirect(const Onward& onward) {
  if (!onward.refused) return {};
  const FaultRow& row = describe(onward.refused->fault);
  return paragraph("But you cannot be taken back to the application.") + "<p class=\"soft\">" +
         escape_html(row.to_client) + " Code: " + escape_html(row.code) + "</p>\n";
}

struct Closing {
  std::string_view heading{};
  std::string_view sentence{};
};
constexpr Closing end_of_session{"You are signed out", "You can close this window."};
constexpr Closing end_of_participation{"You are signed out of the application",
                                       "You are still signed in to your other applications."};

FrameContent content_of(const Provider& provider, const Closing& finish, const Onward& onward) {
  return {.status = onward.refused ? describe(onward.refused->fault).status : 200,
          .place = place_of(provider),
          .heading = std::string(finish.heading)};
}

Page frame_page(const Provider& provider, const Closing& finish, const Applications& applications,
                const Onward& onward, const Moment& moment) {
  const std::string script_nonce = nonce(moment, 1);
  const std::string target = destination(provider, onward);
  FrameContent content = content_of(provider, finish, onward);
  content.head = head_of_frame_page(provider, onward.refused ? std::string{} : target, script_nonce);
  content.sources = frame_sources(applications, script_nonce);
  content.body = "<p id=\"progress\" role=\"status\" aria-live=\"polite\" data-timeout=\"" +
                 milliseconds(provider.frontchannel.timeout) + "\" data-total=\"" +
                 milliseconds(provider.frontchannel.total) + "\">Your applications are being told …</p>\n";
  content.body += refused_redirect(onward) + application_list(applications);
  // The script moves on to `onward`, so a refused redirect must not bear this id.
  if (!target.empty()) content.body += link_button("Continue", target, onward.refused ? "" : "onward");
  content.body += frames(applications);
  return framed_page(content);
}

Page finish_page(const Provider& provider, const Closing& finish, const Applications& applications,
                 const Onward& onward) {
  const std::string target = destination(provider, onward);
  FrameContent content = content_of(provider, finish, onward);
  content.body = refused_redirect(onward) + application_list(applications);
  content.body += target.empty() ? paragraph(finish.sentence) : link_button("Continue", target);
  return framed_page(content);
}

bool is_in_front(const Participant& participant) { return participant.channels.front; }

Page ended_page(const Provider& provider, const Closing& finish, const Session& ended,
                const std::vector<Told>& told, const Onward& onward, const Moment& moment) {
  const bool moves_on = !names_applications(provider, onward);
  if (moves_on && std::ranges::none_of(ended.participants, is_in_front)) {
    return see_other(destination(provider, onward));
  }
  const Applications applications = list_applications(provider, ended, told);
  if (std::ranges::any_of(applications, is_framed)) {
    return frame_page(provider, finish, applications, onward, moment);
  }
  return moves_on ? see_other(destination(provider, onward))
                  : finish_page(provider, finish, applications, onward);
}

}  // namespace

bool names_applications(const Provider& provider, const Onward& onward) {
  return onward.refused || (onward.uri.empty() && provider.post_logout_uri.empty());
}

Page logout_page(const Provider& provider, const Session& ended, const std::vector<Told>& told,
                 const Onward& onward, const Moment& moment) {
  Page page = ended_page(provider, end_of_session, ended, told, onward, moment);
  expire_session_cookie(page, provider);
  return page;
}

Page already_out_page(const Provider& provider, const Onward& onward) {
  std::string target = destination(provider, onward);
  const bool moves_on = !target.empty() && !onward.refused && provider.already_out == AlreadyOut::redirect;
  Page page = moves_on ? see_other(std::move(target)) : finish_page(provider, end_of_session, {}, onward);
  expire_session_cookie(page, provider);
  return page;
}

Page one_client_page(const Provider& provider, const Onward& onward) {
  std::string target = destination(provider, onward);
  if (!target.empty() && !onward.refused) return see_other(std::move(target));
  return finish_page(provider, end_of_participation, {}, onward);
}

Page one_client_page(const Provider& provider, const Session& ended, const std::vector<Told>& told,
                     const Onward& onward, const Moment& moment) {
  return ended_page(provider, end_of_participation, ended, told, onward, moment);
}

std::string onward_location(const Onward& onward) {
  if (onward.uri.empty() || onward.refused) return {};
  return onward.state ? with_query(onward.uri, {{"state", *onward.state}}) : onward.uri;
}

}  // namespace slo
