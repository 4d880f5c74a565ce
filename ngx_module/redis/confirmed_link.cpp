// SPDX-License-Identifier: BSD-2-Clause
// Group commit: one WAIT behind all that came while the last one was unanswered.
#include "ngx_module/redis/confirmed_link.h"

#include <algorithm>
#include <utility>

#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/redis/watch.h"

namespace slo::ngx {
namespace {

constexpr std::size_t max_gathered = 10'000;  // submissions

// The link shall not send again by itself: what was answered before the connection broke would be missing in
// front of the second WAIT, and so would a script that goes behind it.
LinkSettings settings_of(const LinkSettings& shared) {
  LinkSettings settings = shared;
  settings.sends_again = false;
  settings.sends_scripts = false;
  settings.timeout += shared.wait->time;
  return settings;
}

bool is_unreachable(const Refusal& refusal) { return refusal.fault == Fault::store_unreachable; }

bool lacks_script(const RedisLink::Replies& replies) {
  return std::ranges::any_of(replies, [](const redis::OwnedReply& reply) {
    return redis::code_of(redis::Reply(reply.get()).error()) == "NOSCRIPT";
  });
}

}  // namespace

ConfirmedLink::ConfirmedLink(const LinkSettings& settings, RedisLink& shared, ngx_log_t* log)
    : settings_(settings_of(settings)),
      wait_(*settings.wait),
      shared_(shared),
      log_(log),
      link_(settings_, log) {}

void ConfirmedLink::submit(std::vector<redis::Command> commands, RedisLink::OnReplies on_replies) {
  if (gathered_.size() >= max_gathered) {  // the link answers what is empty in a later turn
    return link_.submit({}, [on_replies = std::move(on_replies)](const Outcome<RedisLink::Replies>&) {
      on_replies(refuse(Fault::store_busy));
    });
  }
  gathered_.push_back({.commands = std::move(commands), .on_replies = std::move(on_replies)});
  send_group();
}

void ConfirmedLink::send_group() {
  if (is_settling_ || !sent_.empty() || gathered_.empty()) return;
  sent_.swap(gathered_);
  missing_ = sent_.size() + 1;
  for (Waiting& waiting : sent_) {
    link_.submit(waiting.commands, [this, &waiting](Outcome<RedisLink::Replies> replies) {
      waiting.answer = std::move(replies);
      heard();
    });
  }
  const auto partition = sent_.front().commands.front().partition;
  auto question = redis::count_replicas(settings_.prefix, partition, wait_);
  link_.submit(std::move(question.commands),
               [this, read = std::move(question.read)](const Outcome<RedisLink::Replies>& replies) {
                 replicas_ =
                     replies ? read(redis::views_of(*replies)) : Outcome<unsigned>(refuse(replies.error()));
                 heard();
               });
}

void ConfirmedLink::heard() {
  if (--missing_ == 0) settle();
}

// Who is told may submit again, and goes with those who go again.
void ConfirmedLink::settle() {
  is_settling_ = true;
  if (is_confirmed()) tell_confirmed();
  if (!replicas_ && !was_cut_off()) tell_refused(replicas_.error());
  Group answered = std::exchange(sent_, {});
  Group again;
  std::vector<Next> nexts;
  for (auto waiting = answered.begin(); waiting != answered.end();) {
    const auto here = waiting++;
    const Next next = what_next(*here);
    if (next == Next::answer || next == Next::elsewhere) {
      nexts.push_back(next);
      continue;
    }
    prepare_again(*here, next);
    again.splice(again.end(), answered, here);
  }
  gathered_.splice(gathered_.begin(), again);
  auto next = nexts.begin();
  for (Waiting& waiting : answered) guarded(log_, [&, its = *next++] { answer(waiting, its); });
  is_settling_ = false;
  send_group();
}

// Nobody knows what replicas have, and what is the master now.
bool ConfirmedLink::was_cut_off() const {
  return !replicas_ && replicas_.error().fault != Fault::store_refused;
}

ConfirmedLink::Next ConfirmedLink::what_next(const Waiting& waiting) const {
  const bool may_resend = !waiting.resent && !has_quit_;
  if (waiting.answer) {
    if (!waiting.in_full && lacks_script(*waiting.answer)) return has_quit_ ? Next::answer : Next::in_full;
    return was_cut_off() && may_resend ? Next::again : Next::answer;
  }
  if (!is_unreachable(waiting.answer.error())) return Next::answer;
  if (may_resend) return Next::again;
  return !has_quit_ && shared_.is_up() ? Next::elsewhere : Next::answer;
}

void ConfirmedLink::prepare_again(Waiting& waiting, Next next) {
  if (next == Next::in_full) {
    waiting.in_full = true;
    for (auto& command : waiting.commands)
      if (command.script != nullptr) command = redis::fallback(command);
    return;
  }
  waiting.resent = true;
  if (waiting.answer) waiting.first = std::move(*waiting.answer);
}

// What it was told first stands, where it could be done again: then a step may say that it is done already.
// Where it could not, the one who knew of it is gone, and nobody is told that it has happened.
void ConfirmedLink::answer(Waiting& waiting, Next next) {
  if (next == Next::elsewhere) {
    tell_unconfirmed();
    return shared_.submit(std::move(waiting.commands), std::move(waiting.on_replies));
  }
  if (!waiting.answer) return waiting.on_replies(std::move(waiting.answer));
  if (!is_confirmed()) tell_unconfirmed();
  if (waiting.first) waiting.answer = std::move(*waiting.first);
  waiting.on_replies(std::move(waiting.answer));
}

void ConfirmedLink::tell_confirmed() {
  if (!replicas_came_back(digest_of(settings_.url))) return;
  ngx_log_error(NGX_LOG_NOTICE, log_, 0, "slo: store \"%s\": logouts are confirmed by %ud replicas again",
                settings_.url.c_str(), wait_.replicas);
}

void ConfirmedLink::tell_unconfirmed() {
  count(Counter::store_unconfirmed);
  if (!replicas_failed(digest_of(settings_.url))) return;
  ngx_log_error(
      NGX_LOG_WARN, log_, 0,
      "slo: store \"%s\": logouts are not confirmed: within %uL ms %ud of %ud replicas had them; should the "
      "master be lost, so are they",
      settings_.url.c_str(), static_cast<std::uint64_t>(wait_.time.count()), replicas_ ? *replicas_ : 0,
      wait_.replicas);
}

void ConfirmedLink::tell_refused(const Refusal& why) {
  if (std::exchange(is_told_refused_, true)) return;
  ngx_log_error(NGX_LOG_ERR, log_, 0,
                "slo: store \"%s\" does not say what its replicas have: WAIT was answered %s; its user needs "
                "\"+wait\"",
                settings_.url.c_str(), why.detail.c_str());
}

void ConfirmedLink::quit() noexcept {
  has_quit_ = true;
  link_.quit();
}

}  // namespace slo::ngx
