// SPDX-License-Identifier: BSD-2-Clause
// The store of one worker: users' commands at once, the background's a few at a time.
#include "ngx_module/store/store.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <list>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "ngx_module/nginx/deadline.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/redis/server.h"
#include "ngx_module/store/cluster.h"
#include "ngx_module/store/distance.h"

namespace slo::ngx {
namespace {

// Commands of the background that may be unanswered: what may stand before a user's, in Redis and, as replies
// that come together, in the worker.
constexpr std::size_t window = 32;
// In a crowd of submissions, as when very many sessions expire, there is always more: one that Redis works
// at, one that it finds next, and those that are on their way, one for each eighth of a millisecond that it
// is away. Measured by bench/expiry.mjs beside Redis: 2, 4 and 8 commands make users wait 1.3, 1.8 and 2.8
// times as long as in a calm time, and nothing is sooner done with more. While a user waits it is one.
constexpr std::size_t crowd = 8;  // submissions
constexpr std::size_t window_at_redis = 2;
constexpr Distance::Micros apart_on_the_way{125};
constexpr std::size_t window_beside_users = 1;
constexpr Millis crowd_lasts{10};
constexpr std::size_t max_waiting = 10'000;  // submissions of the background

Store* this_store = nullptr;

using Servers = std::variant<RedisServer, Cluster>;

Servers servers_of(const LinkSettings& settings, ngx_log_t* log) {
  if (settings.cluster.empty()) return Servers(std::in_place_type<RedisServer>, settings, log);
  return Servers(std::in_place_type<Cluster>, settings, log);
}

}  // namespace

struct Store::State {
  using Waiting = PendingReply::Waiting;
  using Queue = std::list<Waiting>;

  State(const LinkSettings& its_settings, ngx_log_t* its_log)
      : settings(its_settings),
        log(its_log),
        look_again(log, [this] { refuse_late_ones(); }),
        servers(servers_of(its_settings, its_log)) {
    look_again.may_be_left();  // what has left keeps a draining worker
  }

  void accept(Queue fresh, Priority priority);
  void send(Queue::iterator waiting, std::size_t count, Priority priority);
  std::size_t& unanswered(Priority priority) {
    return priority == Priority::user ? users_unanswered : background_unanswered;
  }
  bool is_crowded() const { return crowd_until && !is_past(*crowd_until); }
  std::size_t window_in_crowd() const;
  std::size_t room_for_background() const;
  void send_background();
  void heard(Queue::iterator waiting, std::size_t first, std::size_t count,
             Outcome<RedisServer::Replies> replies);
  void refuse_late_ones();
  void give_up_rest(Queue::iterator waiting, const Refusal& why);
  void answer(Queue::iterator waiting);
  bool is_up() const {
    return std::visit([](const auto& its) { return its.is_up(); }, servers);
  }
  void quit();

  const LinkSettings& settings;
  ngx_log_t* log;
  Queue asked{};       // what has left, or will not
  Queue background{};  // what has not left yet, oldest first; of the first one a part perhaps has
  std::size_t users_unanswered = 0;  // commands, as those of the background
  std::size_t background_unanswered = 0;
  std::size_t background_submissions = 0;
  std::optional<ngx_msec_t> crowd_until{};
  Distance distance{};
  bool has_quit = false;
  Event look_again;
  Servers servers;
};

void Store::State::accept(Queue fresh, Priority priority) {
  const auto waiting = fresh.begin();
  const bool is_urgent = priority == Priority::user || has_quit || waiting->commands.empty();
  if (!is_urgent && background.size() < max_waiting) {
    waiting->deadline = deadline_in(settings.timeout);
    background.splice(background.end(), fresh);
    waiting->is_background = true;
    if (++background_submissions > crowd) crowd_until = deadline_in(crowd_lasts);
    if (!look_again.is_set()) look_again.after(settings.timeout);
    return send_background();
  }
  asked.splice(asked.end(), fresh);
  if (is_urgent) return send(waiting, waiting->commands.size(), Priority::user);
  waiting->commands.clear();  // there is no room; what is empty is answered in a later turn
  waiting->refusal = Refusal{Fault::store_busy};
  send(waiting, 0, Priority::user);
}

// Of its commands the next `count`. The answer comes later, not from in here.
void Store::State::send(Queue::iterator waiting, std::size_t count, Priority priority) {
  const std::size_t first = std::exchange(waiting->sent, waiting->sent + count);
  waiting->missing += count;
  waiting->replies.resize(waiting->sent);
  const auto begin = waiting->commands.begin() + static_cast<std::ptrdiff_t>(first);
  std::vector<redis::Command> part(std::make_move_iterator(begin),
                                   std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(count)));
  unanswered(priority) += count;
  const auto sent = std::chrono::steady_clock::now();
  const auto on_replies = [this, waiting, first, count, priority,
                           sent](Outcome<RedisServer::Replies> replies) {
    unanswered(priority) -= count;
    if (replies && count > 0) distance.note(sent, std::chrono::steady_clock::now());
    heard(waiting, first, count, std::move(replies));
    send_background();
  };
  std::visit([&](auto& its) { its.submit(std::move(part), on_replies); }, servers);
}

std::size_t Store::State::window_in_crowd() const {
  const auto on_the_way = static_cast<std::size_t>(distance.shortest() / apart_on_the_way);
  return std::min(window_at_redis + on_the_way, window);
}

std::size_t Store::State::room_for_background() const {
  const std::size_t most = !is_crowded()          ? window
                           : users_unanswered > 0 ? window_beside_users
                                                  : window_in_crowd();
  return most - std::min(most, background_unanswered);
}

void Store::State::send_background() {
  while (!background.empty() && room_for_background() > 0) {
    const auto first = background.begin();
    const std::size_t left = first->commands.size() - first->sent;
    const std::size_t count = std::min(left, room_for_background());
    if (count == left) asked.splice(asked.end(), background, first);
    send(first, count, Priority::background);
  }
}

void Store::State::heard(Queue::iterator waiting, std::size_t first, std::size_t count,
                         Outcome<RedisServer::Replies> replies) {
  waiting->missing -= count;
  if (replies) {
    std::ranges::move(*replies, waiting->replies.begin() + static_cast<std::ptrdiff_t>(first));
  } else {
    give_up_rest(waiting, replies.error());
  }
  if (waiting->missing == 0 && waiting->sent == waiting->commands.size()) answer(waiting);
}

void Store::State::give_up_rest(Queue::iterator waiting, const Refusal& why) {
  waiting->refusal = why;
  if (std::exchange(waiting->sent, waiting->commands.size()) == waiting->commands.size()) return;
  asked.splice(asked.end(), background, waiting);
}

// What has begun to leave goes on: its time is counted where it went.
void Store::State::refuse_late_ones() {
  const Refusal why = is_up() ? Refusal{Fault::store_busy, "no room in time"}
                              : Refusal{Fault::store_unreachable, "no connection in time"};
  std::vector<Queue::iterator> late;
  auto oldest = background.begin();
  if (oldest != background.end() && oldest->sent > 0) ++oldest;
  while (oldest != background.end() && is_past(oldest->deadline)) late.push_back(oldest++);
  if (oldest != background.end()) look_again.after(std::max(time_left(oldest->deadline), Millis(1)));
  for (const auto each : late) give_up_rest(each, why);
  for (const auto each : late) answer(each);
}

void Store::State::answer(Queue::iterator waiting) {
  Queue leaving;
  leaving.splice(leaving.end(), asked, waiting);
  waiting->let_go_of_handle();
  if (waiting->is_background) --background_submissions;
  if (!waiting->on_reply) return;
  guarded(log, [waiting] {
    if (waiting->refusal) return waiting->on_reply(refuse(*waiting->refusal));
    const auto views = redis::views_of(waiting->replies);
    waiting->on_reply(std::span<const redis::Reply>(views));
  });
}

void Store::State::quit() {
  has_quit = true;
  look_again.cancel();
  const Refusal why{Fault::store_unreachable, "the worker exits"};
  while (!background.empty()) {
    const auto waiting = background.begin();
    give_up_rest(waiting, why);
    if (waiting->missing == 0) answer(waiting);
  }
  std::visit([](auto& its) { its.quit(); }, servers);
}

Store::Store(const LinkSettings& settings, ngx_log_t* log) : state_(std::make_unique<State>(settings, log)) {}

Store::~Store() = default;

PendingReply Store::submit(std::vector<redis::Command> commands, OnReply on_reply, Priority priority) {
  State::Queue fresh(1);
  fresh.front().commands = std::move(commands);
  fresh.front().on_reply = std::move(on_reply);
  PendingReply pending(fresh.front());
  state_->accept(std::move(fresh), priority);
  return pending;
}

bool Store::is_up() const noexcept { return state_->is_up(); }
bool Store::is_whole() const noexcept {
  return std::visit([](const auto& its) { return its.is_whole(); }, state_->servers);
}
void Store::on_move(std::function<void(std::uint16_t)> moved) {
  if (auto* cluster = std::get_if<Cluster>(&state_->servers)) cluster->on_move(std::move(moved));
}
bool Store::is_crowded() const noexcept { return state_->is_crowded(); }

void Store::quit() noexcept {
  guarded(state_->log, [this] { state_->quit(); });
}

Store* store() noexcept { return this_store; }
void use_store(Store* its) noexcept { this_store = its; }

}  // namespace slo::ngx
