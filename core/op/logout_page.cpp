// SPDX-License-Identifier: BSD-2-Clause
// Renders the end of a logout: the iframe page, the way onward, or "you are signed out".
#include "core/op/logout_page.h"

#include <algorithm>
#include <set>

#include "core/op/frontchannel.h"
#include "core/op/page_script.h"
#include "core/op/session_state.h"
#include "core/pages/logout_frame.h"
#include "core/pages/page_frame.h"
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
    case refused:
      return {"refused", "state bad"};
    case given_up:
      return {"could not be told", "state bad"};
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
    // What the application's own server has confirmed, no iframe can improve.
    const bool is_awaited = applications[i].state == ListedApplication::State::contacting;
    html += logout_frame_html(applications[i].frame_uri,
                              is_awaited ? " data-state=\"a" + std::to_string(i) + "\"" : "");
  }
  return html.append("</div>\n");
}

std::string frame_sources(const Applications& applications, std::string_view script_nonce) {
  std::set<std::string> origins;
  for (const auto& application : applications) {
    if (is_framed(application)) origins.insert(application.origins.begin(), application.origins.end());
  }
  return "script-src 'nonce-" + std::string(script_nonce) + "'; " + frame_src_of(origins);
}

std::string destination(const Provider& provider, const PostLogout& post_logout) {
  return post_logout.uri.empty() ? provider.post_logout_uri : post_logout_location(post_logout);
}

// Without JavaScript nobody hears the frames load, but browsers count the seconds of a refresh from when all
// of them have.
std::string head_of_frame_page(const std::string& target, std::string_view script_nonce) {
  std::string head = "<script nonce=\"" + std::string(script_nonce) + "\">";
  head.append(page_script).append("</script>\n");
  if (!target.empty()) {
    head.append("<noscript><meta http-equiv=\"refresh\" content=\"1;url=").append(escape_html(target));
    head.append("\"></noscript>\n");
  }
  return head;
}

// What every page says whose logout was fine but whose redirect was not.
std::string refused_redirect(const PostLogout& post_logout) {
  if (!post_logout.refused) return {};
  const FaultRow& row = describe(post_logout.refused->fault);
  return paragraph("But you cannot be taken back to the application.") + "<p class=\"soft\">" +
         escape_html(row.to_client) + " Code: " + escape_html(row.code) + "</p>\n";
}

struct Closing {
  std::string_view heading{};
  std::string_view sentence{};
};

constexpr Closing end_of_participation{"You are signed out of the application",
                                       "You are still signed in to your other applications."};

// Nobody reads "signed out" whose browser may be signed in.
Closing closing_of(Claim claim) {
  switch (claim) {
    case Claim::ended:
      return {"You are signed out", "You can close this window."};
    case Claim::another_lives:
      return {"One sign-in has ended", "This browser has another sign-in that is still open."};
    case Claim::not_signed_in:
      return {"You are not signed in here", "There was nothing to sign out of. You can close this window."};
    case Claim::forgotten:
      return {"The sign-in was removed",
              "It was removed from this browser, but it is not known here, so no application could be told. "
              "Sign out there yourself, or close all windows of your browser."};
    case Claim::unknown:
      break;
  }
  return {"It is not known whether you are signed in",
          "The sign-in that was named is not known here, so nothing was ended and no application was told. "
          "Sign out of your applications yourself, or close all windows of your browser."};
}

constexpr std::string_view lack =
    "Not all of your applications could be found, so some of them may not be told. Sign out there yourself, "
    "or "
    "close all windows of your browser.";
constexpr std::string_view advice =
    "Not every application could be told. Sign out there yourself, or close all windows of your browser.";

bool is_bad(const ListedApplication& application) { return look_of(application.state).css == "state bad"; }
bool is_good(const ListedApplication& one) { return one.state == ListedApplication::State::signed_out; }
// Will not be told by anybody any more.
bool is_lost(const ListedApplication& application) {
  using enum ListedApplication::State;
  return application.state == refused || application.state == given_up;
}
bool is_untold(const ListedApplication& one) { return one.state == ListedApplication::State::untold; }

// Is there something to read before the browser goes on?
bool is_to_be_shown(const Provider& provider, const Applications& applications, bool lacks_some) {
  if (provider.show_untold == ShowUntold::never) return false;
  return lacks_some || std::ranges::any_of(applications, is_lost) ||
         (provider.show_untold == ShowUntold::any && std::ranges::any_of(applications, is_untold));
}

struct Finish {
  Closing closing{};
  bool one_client = false;
  bool lacks_applications = false;
  std::string again{};   // a link to sign out of what is left
  std::string target{};  // where the browser goes, by itself or by a link
  bool moves_on = false;
};

FrameContent content_of(const Provider& provider, const Finish& finish, const PostLogout& post_logout) {
  return {.status = post_logout.refused ? describe(post_logout.refused->fault).status : 200,
          .place = place_of(provider),
          .heading = std::string(finish.closing.heading)};
}

std::string attribute(std::string_view name, std::string_view text) {
  return std::string(" ").append(name).append("=\"").append(escape_html(text)).append("\"");
}

// The script says one of the three sentences when it has seen what becomes of the frames.
std::string progress(const Provider& provider, const Finish& finish) {
  const bool one = finish.one_client;
  std::string html = "<p id=\"progress\" role=\"status\" aria-live=\"polite\"";
  html += attribute("data-timeout", std::to_string(Millis{provider.frontchannel.timeout}.count()));
  html += attribute("data-total", std::to_string(Millis{provider.frontchannel.total}.count()));
  const auto say = [&](std::string_view name, std::string_view of_all, std::string_view of_one) {
    html += attribute(name, finish.lacks_applications ? lack : one ? of_one : of_all);
  };
  say("data-told", "All your applications have been told.", "The application has been told.");
  say("data-sent", "Your applications have been asked to sign you out.",
      "The application has been asked to sign you out.");
  say("data-lost", advice, "The application could not be told. Sign out there yourself.");
  html += one ? ">The application is being told …</p>\n" : ">Your applications are being told …</p>\n";
  return html +
         "<noscript><p class=\"soft\">If nothing happens, an application does not answer. You need not wait "
         "for it.</p></noscript>\n";
}

std::string ways(const Finish& finish, std::string_view id) {
  std::string html;
  if (!finish.again.empty()) html += link_button("Sign out", finish.again);
  if (!finish.target.empty()) html += link_button("Continue", finish.target, id);
  return html;
}

Page frame_page(const Provider& provider, const Finish& finish, const Applications& applications,
                const PostLogout& post_logout, const Moment& moment) {
  const std::string script_nonce = nonce(moment, 1);
  FrameContent content = content_of(provider, finish, post_logout);
  content.head = head_of_frame_page(finish.moves_on ? finish.target : std::string{}, script_nonce);
  content.sources = frame_sources(applications, script_nonce);
  content.body = progress(provider, finish) + refused_redirect(post_logout) + application_list(applications);
  // The script moves on to `onward`, so a page that is to be read must not bear this id.
  content.body += ways(finish, finish.moves_on ? "onward" : "") + frames(applications);
  return framed_page(content);
}

// What to say under the list; a sentence that all is well stands beside no application that was not told.
std::string_view closing_sentence(const Finish& finish, const Applications& applications) {
  if (finish.lacks_applications) return lack;
  if (std::ranges::any_of(applications, is_bad)) return advice;
  if (!std::ranges::all_of(applications, is_good)) {
    return "Some of your applications are still being told, which goes on without you.";
  }
  return finish.closing.sentence;
}

Page finish_page(const Provider& provider, const Finish& finish, const Applications& applications,
                 const PostLogout& post_logout) {
  FrameContent content = content_of(provider, finish, post_logout);
  content.body = refused_redirect(post_logout) + application_list(applications);
  const std::string_view sentence = closing_sentence(finish, applications);
  const bool is_news = sentence != closing_of(Claim::ended).sentence || finish.target.empty();
  if (is_news) content.body += paragraph(sentence);
  content.body += ways(finish, {});
  return framed_page(content);
}

bool may_move_on(const Provider& provider, const PostLogout& post_logout, bool already) {
  return !post_logout.refused && !destination(provider, post_logout).empty() &&
         (!already || provider.already_out == AlreadyOut::redirect);
}

Finish finish_of(const Provider& provider, const PostLogout& post_logout,
                 const Circumstances& circumstances) {
  Finish finish{.closing = circumstances.one_client ? end_of_participation : closing_of(circumstances.claim),
                .one_client = circumstances.one_client,
                .lacks_applications = circumstances.lacks_applications,
                .target = destination(provider, post_logout),
                .moves_on = may_move_on(provider, post_logout, circumstances.already)};
  if (circumstances.claim == Claim::another_lives) finish.again = relative_link(circumstances.self);
  return finish;
}

Page ended_page(const Provider& provider, const Session& ended, const PostLogout& post_logout,
                const Circumstances& circumstances, const Moment& moment) {
  Finish finish = finish_of(provider, post_logout, circumstances);
  const auto applications = list_applications(provider, ended, circumstances.told, circumstances.op_lives);
  finish.moves_on = finish.moves_on && !is_to_be_shown(provider, applications, finish.lacks_applications);
  if (std::ranges::any_of(applications, is_framed)) {
    return frame_page(provider, finish, applications, post_logout, moment);
  }
  return finish.moves_on ? see_other(finish.target)
                         : finish_page(provider, finish, applications, post_logout);
}

}  // namespace

bool names_applications(const Provider& provider, const PostLogout& post_logout, bool already) {
  return !may_move_on(provider, post_logout, already) || provider.show_untold == ShowUntold::any;
}

Page logout_page(const Provider& provider, const Session& ended, const PostLogout& post_logout,
                 const Circumstances& circumstances, const Moment& moment) {
  Page page = ended_page(provider, ended, post_logout, circumstances, moment);
  if (circumstances.claim == Claim::ended && !circumstances.one_client && !circumstances.goes_to_op)
    expire_session_cookies(page, provider);
  return page;
}

Page already_out_page(const Provider& provider, const PostLogout& post_logout, Claim claim,
                      bool expires_cookies) {
  const Finish finish = finish_of(provider, post_logout, {.claim = claim, .already = true});
  Page page = finish.moves_on ? see_other(finish.target) : finish_page(provider, finish, {}, post_logout);
  if (expires_cookies) expire_session_cookies(page, provider);
  return page;
}

Page one_client_page(const Provider& provider, const PostLogout& post_logout) {
  const Finish finish = finish_of(provider, post_logout, {.already = true, .one_client = true});
  return finish.moves_on ? see_other(finish.target) : finish_page(provider, finish, {}, post_logout);
}

std::string post_logout_location(const PostLogout& post_logout) {
  if (post_logout.uri.empty() || post_logout.refused) return {};
  return post_logout.state ? with_query(post_logout.uri, {{"state", *post_logout.state}}) : post_logout.uri;
}

}  // namespace slo
