// SPDX-License-Identifier: BSD-2-Clause
// One pipelined connection: who waits for what, until when, and what becomes of them when it breaks.
#include "ngx_module/redis/link.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <list>
#include <optional>
#include <string>

#include "ngx_module/nginx/deadline.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/redis/dial.h"
#include "ngx_module/redis/watch.h"
#include "redis_schema/servers/mood.h"

namespace slo::ngx {
namespace {

constexpr std::size_t max_in_flight = 50'000;  // commands
constexpr std::size_t max_pending = 10'000;    // submissions that wait for the connection
constexpr Millis heartbeat_every{1000};  // how long the store may be another one, or serve nobody, unseen

bool is_unknown_script(const redisReply* reply) {
  return redis::Reply(reply).error().starts_with("NOSCRIPT");
}

}  // namespace

struct RedisLink::State {
  struct Waiting {
    std::vector<redis::Command> commands{};
    OnReplies on_replies{};
    ngx_msec_t deadline = 0;  // to be sent; once sent, to be answered
    bool resent = false;
    Replies replies{};                 // one place per command
    std::size_t missing = 0;           // replies still to come
    std::optional<Refusal> refusal{};  // of one that never set out
  };
  using Queue = std::list<Waiting>;
  // One reply that is due. A script that Redis does not know gets a second place, at the end, for its EVAL.
  struct Due {
    Queue::iterator waiting;
    std::size_t index;
    bool in_full = false;
  };

  State(const LinkSettings& link_settings, ngx_log_t* link_log);

  void accept(Queue fresh);
  void turn_away(Queue fresh, std::optional<Refusal> why);
  void send(Queue fresh);
  void heard(redis::OwnedReply reply);
  void came_up(const redis::Agreement& agreement);
  void was_lost();
  void has_failed(const Refusal& why);
  void look_at_deadlines();
  void time_out();
  void watch_deadlines();
  void beat();
  void refuse_all(Queue queue, const Refusal& why);
  void answer(Queue& queue, Queue::iterator waiting, Outcome<Replies> outcome);
  void answer_turned_away();
  void quit();

  const LinkSettings& settings;
  ngx_log_t* log;
  Queue pending{};      // not sent: the connection is not there yet
  Queue flying{};       // sent, oldest first
  Queue turned_away{};  // their answer is known; they get it in a later turn of the event loop
  std::deque<Due> due{};
  std::optional<Refusal> down{};  // since a call has failed: nobody need wait to hear it
  Event deadline;                 // a draining worker stays for this one
  Event soon;                     // and for this one
  Event heartbeat;
  bool is_beating = false;
  StoreWatch watch;
  RedisDial dial;
};

RedisLink::State::State(const LinkSettings& link_settings, ngx_log_t* link_log)
    : settings(link_settings),
      log(link_log),
      deadline(log, [this] { look_at_deadlines(); }),
      soon(log, [this] { answer_turned_away(); }),
      heartbeat(log, [this] { beat(); }),
      watch(settings, log),
      dial(settings, log,
           {.up = [this](const redis::Agreement& agreement) { came_up(agreement); },
            .replied = [this](redis::OwnedReply reply) { heard(std::move(reply)); },
            .lost = [this] { was_lost(); },
            .failed = [this](const Refusal& why) { has_failed(why); }}) {
  heartbeat.may_be_left();
  dial.start();
}

void RedisLink::State::accept(Queue fresh) {
  const Waiting& waiting = fresh.front();
  if (waiting.commands.empty()) return turn_away(std::move(fresh), std::nullopt);
  if (down) return turn_away(std::move(fresh), *down);
  const bool full =
      dial.is_up() ? due.size() + waiting.commands.size() > max_in_flight : pending.size() >= max_pending;
  if (full) return turn_away(std::move(fresh), Refusal{Fault::store_busy});
  if (dial.is_up()) return send(std::move(fresh));
  pending.splice(pending.end(), fresh);
  watch_deadlines();
}

// The answer may not come from inside submit(). A timer, not a posted event: it keeps a draining worker until
// then, and a caller that tries again at once does not stop the event loop.
void RedisLink::State::turn_away(Queue fresh, std::optional<Refusal> why) {
  fresh.front().refusal = std::move(why);
  turned_away.splice(turned_away.end(), fresh);
  if (!soon.is_set()) soon.after(Millis(1));
}

void RedisLink::State::answer_turned_away() {
  Queue now;
  now.swap(turned_away);
  while (!now.empty()) {
    const auto first = now.begin();
    answer(now, first,
           first->refusal ? Outcome<Replies>(refuse(*first->refusal)) : Outcome<Replies>(Replies()));
  }
}

void RedisLink::State::send(Queue fresh) {
  while (!fresh.empty()) {
    const auto waiting = fresh.begin();
    const auto& commands = waiting->commands;
    if (auto allowed = watch.may_send(commands); !allowed) {
      Queue one;
      one.splice(one.end(), fresh, waiting);
      turn_away(std::move(one), allowed.error());
      continue;
    }
    std::string bytes;
    for (const auto& command : commands) bytes += redis::encode(command);
    waiting->missing = commands.size();
    waiting->replies.clear();
    waiting->replies.resize(commands.size());
    waiting->deadline = deadline_in(settings.timeout);  // who waited for a connection has all of it again
    dial.say(bytes);
    flying.splice(flying.end(), fresh, waiting);
    for (std::size_t i = 0; i < commands.size(); ++i) due.push_back({waiting, i});
  }
  watch_deadlines();
}

void RedisLink::State::heard(redis::OwnedReply reply) {
  if (due.empty()) {
    down = Refusal{Fault::store_unreachable, "it answered what nobody had asked"};
    return dial.drop(down->detail);
  }
  const redis::Reply view(reply.get());
  const auto mood = redis::why_it_cannot_serve(view);
  if (mood && !(settings.node && redis::is_of_clusters(view))) return dial.turn_from(*mood);
  const Due place = due.front();
  due.pop_front();
  const auto& command = place.waiting->commands[place.index];
  watch.heard(command, view);
  if (settings.sends_scripts && command.script != nullptr && !place.in_full &&
      is_unknown_script(reply.get())) {
    dial.say(redis::encode(redis::fallback(command)));
    due.push_back({place.waiting, place.index, true});
    return;
  }
  place.waiting->replies[place.index] = std::move(reply);
  if (--place.waiting->missing == 0) answer(flying, place.waiting, std::move(place.waiting->replies));
  if (flying.empty() && pending.empty()) deadline.cancel();
}

// The only place that calls back. Whoever is called may submit again.
void RedisLink::State::answer(Queue& queue, Queue::iterator waiting, Outcome<Replies> outcome) {
  Queue leaving;
  leaving.splice(leaving.end(), queue, waiting);
  guarded(log, [&] { waiting->on_replies(std::move(outcome)); });
}

void RedisLink::State::refuse_all(Queue queue, const Refusal& why) {
  while (!queue.empty()) answer(queue, queue.begin(), refuse(why));
}

void RedisLink::State::came_up(const redis::Agreement& agreement) {
  down.reset();
  is_beating = false;
  heartbeat.after(heartbeat_every);
  watch.learned(agreement);
  send(std::exchange(pending, {}));
}

// Sent but not answered is ambiguous, but all we send may be repeated: once, before its deadline, and where
// whoever asked need not know of it.
void RedisLink::State::was_lost() {
  due.clear();
  Queue over;
  Queue again;
  while (!flying.empty()) {
    const bool is_over = std::exchange(flying.front().resent, true) || !settings.sends_again;
    auto& queue = is_over ? over : again;
    queue.splice(queue.end(), flying, flying.begin());
  }
  pending.splice(pending.begin(), again);
  refuse_all(std::move(over), {Fault::store_unreachable, "the connection broke"});
}

void RedisLink::State::has_failed(const Refusal& why) {
  down = why;
  due.clear();
  Queue all = std::exchange(flying, {});
  all.splice(all.end(), pending);
  deadline.cancel();
  refuse_all(std::move(all), why);
}

void RedisLink::State::watch_deadlines() {
  const Queue& oldest = flying.empty() ? pending : flying;
  if (oldest.empty() || deadline.is_set()) return;
  deadline.after(std::max(time_left(oldest.front().deadline), Millis(1)));
}

void RedisLink::State::look_at_deadlines() {
  if (!flying.empty() && is_past(flying.front().deadline)) return time_out();
  while (!pending.empty() && is_past(pending.front().deadline)) {
    answer(pending, pending.begin(), refuse(Fault::store_unreachable, "no connection in time"));
  }
  watch_deadlines();
}

// Replies come in order: behind one that is late nothing can be trusted any more.
void RedisLink::State::time_out() {
  const std::string reason = "no answer within " + std::to_string(settings.timeout.count()) + " ms";
  down = Refusal{Fault::store_unreachable, reason};
  due.clear();
  Queue late = std::exchange(flying, {});
  dial.drop(reason);
  refuse_all(std::move(late), {Fault::store_timeout, reason});
}

// Finds before a request needs it: a connection that something in between has forgotten, a server that serves
// nobody, another store in the place of the one we knew.
void RedisLink::State::beat() {
  if (ngx_exiting || !dial.is_up()) return;
  heartbeat.after(heartbeat_every);
  if (std::exchange(is_beating, true)) return;
  auto question = watch.question();
  Queue pulse(1);
  pulse.front().commands = std::move(question.commands);
  pulse.front().on_replies = [this, read = std::move(question.read)](const Outcome<Replies>& replies) {
    is_beating = false;
    const auto agreement =
        replies ? read(redis::views_of(*replies)) : Outcome<redis::Agreement>(refuse(replies.error()));
    if (agreement) return watch.learned(*agreement);
    if (agreement.error().fault == Fault::store_schema_foreign && dial.is_up())
      dial.turn_from("it holds another schema");
  };
  send(std::move(pulse));
}

void RedisLink::State::quit() {
  dial.quit();
  heartbeat.cancel();
  deadline.cancel();
  due.clear();
  down = Refusal{Fault::store_unreachable, "the worker exits"};
  // Who is answered may ask once more; who would go on for ever is left behind.
  for (int round = 0; round < 8; ++round) {
    Queue all = std::exchange(flying, {});
    all.splice(all.end(), pending);
    all.splice(all.end(), turned_away);
    refuse_all(std::move(all), *down);
  }
  soon.cancel();
}

RedisLink::RedisLink(const LinkSettings& settings, ngx_log_t* log)
    : state_(std::make_unique<State>(settings, log)) {}
RedisLink::~RedisLink() = default;

void RedisLink::submit(std::vector<redis::Command> commands, OnReplies on_replies) {
  State::Queue fresh(1);
  fresh.front().commands = std::move(commands);
  fresh.front().on_replies = std::move(on_replies);
  fresh.front().deadline = deadline_in(state_->settings.timeout);
  state_->accept(std::move(fresh));
}

bool RedisLink::is_up() const noexcept { return state_->dial.is_up(); }
bool RedisLink::is_idle() const noexcept {
  return state_->pending.empty() && state_->flying.empty() && state_->turned_away.empty();
}

std::string RedisLink::server_name() const { return state_->dial.server_name(); }

void RedisLink::quit() noexcept {
  guarded(state_->log, [this] { state_->quit(); });
}

}  // namespace slo::ngx
