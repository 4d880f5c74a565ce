// SPDX-License-Identifier: BSD-2-Clause
// A cluster as one store: its map, its schema, and who waits for them.
#include "ngx_module/store/cluster.h"

#include <algorithm>
#include <list>
#include <optional>
#include <string>
#include <utility>

#include "ngx_module/nginx/deadline.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/redis/tidings.h"
#include "ngx_module/redis/watch.h"
#include "ngx_module/store/cluster_guide.h"
#include "ngx_module/store/cluster_router.h"
#include "ngx_module/store/partition_watch.h"
#include "redis_schema/servers/cluster.h"

namespace slo::ngx {
namespace {

constexpr Millis heartbeat_every{1000};
constexpr std::size_t max_before_agreement = 10'000;  // submissions, for the first map and the schema

}  // namespace

struct Cluster::State {
  struct Waiting {
    std::vector<redis::Command> commands{};
    OnReplies on_replies{};
    ngx_msec_t deadline = 0;
    std::optional<Refusal> refusal{};
  };
  using Queue = std::list<Waiting>;

  State(const LinkSettings& its_settings, ngx_log_t* its_log);

  void accept(Queue fresh);
  void turn_away(Queue fresh, std::optional<Refusal> why);
  void answer_turned_away();
  void refuse_late_ones();
  void send(Queue fresh);
  void refuse_all(Queue queue, const Refusal& why);
  void found(const redis::ClusterMap& map);
  void found_none(const std::string& why);
  void is_lost(const Refusal& why);
  void agree();
  void agreed(const Outcome<redis::Agreement>& agreement);
  void begin_to_serve();
  void tell_whole();
  void quit();

  const LinkSettings& settings;
  ngx_log_t* log;
  Queue waiting{};      // for the map, and for the schema
  Queue turned_away{};  // their answer is known; they get it in a later turn of the event loop
  std::optional<Refusal> down{};
  bool has_map = false;
  bool is_agreed = false;  // on the schema
  bool is_agreeing = false;
  bool has_quit = false;
  bool is_told_whole = true;
  bool is_told_blind = false;
  std::function<void(std::uint16_t)> moved{};
  Event soon;  // a draining worker stays for this one
  Event look_again;
  Event heartbeat;
  StoreWatch watch;
  StoreTidings tidings;
  ClusterGuide guide;
  ClusterRouter router;
  PartitionWatch partition_watch;
};

Cluster::State::State(const LinkSettings& its_settings, ngx_log_t* its_log)
    : settings(its_settings),
      log(its_log),
      soon(log, [this] { answer_turned_away(); }),
      look_again(log, [this] { refuse_late_ones(); }),
      heartbeat(log, [this] { agree(); }),
      watch(settings, log),
      tidings(settings, log),
      guide(settings, log,
            {.found = [this](const redis::ClusterMap& map) { found(map); },
             .nowhere = [this](const std::string& why) { found_none(why); }}),
      router(settings, log,
             {.in_doubt = [this] { guide.ask(); },
              .moved =
                  [this](std::uint16_t partition) {
                    if (moved && partition < redis::partitions) moved(partition);
                  }}),
      partition_watch(
          settings, log,
          {.ask = [this](auto commands, auto on_replies) { router.carry(std::move(commands), on_replies); },
           .name_of_server =
               [this](std::uint16_t partition) {
                 const auto* node = router.map().node_of(partition);
                 return node == nullptr ? std::string("?") : redis::name_of(*node);
               }}) {
  heartbeat.may_be_left();
  guide.start(Millis(ngx_random() % settings.start_spread.count()));
}

void Cluster::State::accept(Queue fresh) {
  if (fresh.front().commands.empty()) return turn_away(std::move(fresh), std::nullopt);
  if (down) return turn_away(std::move(fresh), *down);
  if (is_agreed) return send(std::move(fresh));
  if (waiting.size() >= max_before_agreement) return turn_away(std::move(fresh), Refusal{Fault::store_busy});
  waiting.splice(waiting.end(), fresh);
  if (!look_again.is_set()) look_again.after(settings.timeout);
}

// The answer may not come from inside submit(). A timer, not a posted event: it keeps a draining worker until
// then, and a caller that tries again at once does not stop the event loop.
void Cluster::State::turn_away(Queue fresh, std::optional<Refusal> why) {
  fresh.front().refusal = std::move(why);
  turned_away.splice(turned_away.end(), fresh);
  if (!soon.is_set()) soon.after(Millis(1));
}

void Cluster::State::answer_turned_away() {
  Queue now;
  now.swap(turned_away);
  for (auto& each : now) {
    guarded(log, [&each] {
      each.on_replies(each.refusal ? Outcome<RedisServer::Replies>(refuse(*each.refusal))
                                   : RedisServer::Replies());
    });
  }
}

void Cluster::State::refuse_late_ones() {
  Queue late;
  while (!waiting.empty() && is_past(waiting.front().deadline))
    late.splice(late.end(), waiting, waiting.begin());
  if (!waiting.empty()) look_again.after(std::max(time_left(waiting.front().deadline), Millis(1)));
  refuse_all(std::move(late), {Fault::store_unreachable, "no connection in time"});
}

void Cluster::State::send(Queue fresh) {
  while (!fresh.empty()) {
    Queue one;
    one.splice(one.end(), fresh, fresh.begin());
    auto& first = one.front();
    if (auto allowed = watch.may_send(first.commands); !allowed) {
      turn_away(std::move(one), allowed.error());
    } else {
      router.carry(std::move(first.commands), std::move(first.on_replies));
    }
  }
}

void Cluster::State::refuse_all(Queue queue, const Refusal& why) {
  for (auto& each : queue) guarded(log, [&] { each.on_replies(refuse(why)); });
}

void Cluster::State::found(const redis::ClusterMap& map) {
  if (has_quit) return;
  router.use(map);
  has_map = true;
  is_told_blind = false;
  if (!is_agreed || down) agree();
}

// The last map may still hold: who has moved since says so himself.
void Cluster::State::found_none(const std::string& why) {
  if (!is_agreed || !router.serves()) return is_lost({Fault::store_unreachable, why});
  if (std::exchange(is_told_blind, true)) return;
  ngx_log_error(NGX_LOG_WARN, log, 0, "slo: store \"%s\" is used by the last map of its slots: %s",
                settings.url.c_str(), why.c_str());
}

void Cluster::State::is_lost(const Refusal& why) {
  if (has_quit) return;
  down = why;
  tidings.down(why);
  refuse_all(std::exchange(waiting, {}), why);
}

// Once each second, as on one server: is it the same store still, and may we use it?
void Cluster::State::agree() {
  if (has_quit || ngx_exiting) return;
  heartbeat.after(heartbeat_every);
  if (is_agreed) tell_whole();
  if (!has_map || std::exchange(is_agreeing, true)) return;
  auto question = watch.question();
  router.carry(std::move(question.commands), [this, read = std::move(question.read)](
                                                 const Outcome<RedisServer::Replies>& replies) {
    is_agreeing = false;
    agreed(replies ? read(redis::views_of(*replies)) : Outcome<redis::Agreement>(refuse(replies.error())));
  });
}

// The node that knows may be away while others serve, also when a worker begins after a reload.
void Cluster::State::agreed(const Outcome<redis::Agreement>& agreement) {
  if (has_quit) return;
  if (agreement) {
    watch.learned(*agreement);
    return begin_to_serve();
  }
  const auto& why = agreement.error();
  if (why.fault == Fault::store_schema_foreign) {
    is_agreed = false;
    forget_agreement();
  }
  if (is_agreed && !down) return;
  if (!watch.have_agreed_before() || !router.serves()) return is_lost(why);
  begin_to_serve();
}

void Cluster::State::begin_to_serve() {
  is_agreed = true;
  down.reset();
  tidings.up();
  partition_watch.start();
  send(std::exchange(waiting, {}));
}

// Its nodes say that they go; that another one has taken over, which none of them can, ends it in the same
// log.
void Cluster::State::tell_whole() {
  const bool is_whole = router.is_whole();
  if (std::exchange(is_told_whole, is_whole) == is_whole) return;
  if (is_whole) {
    ngx_log_error(NGX_LOG_ERR, log, 0, "slo: store \"%s\" is served as a whole again", settings.url.c_str());
  } else {
    ngx_log_error(NGX_LOG_ERR, log, 0,
                  "slo: store \"%s\" is not served as a whole: what lies at some of its nodes is away",
                  settings.url.c_str());
  }
}

void Cluster::State::quit() {
  has_quit = true;
  heartbeat.cancel();
  partition_watch.quit();
  look_again.cancel();
  guide.quit();
  down = Refusal{Fault::store_unreachable, "the worker exits"};
  router.quit();
  refuse_all(std::exchange(waiting, {}), *down);
  // Who is answered may ask once more; who would go on for ever is left behind.
  for (int round = 0; round < 8; ++round) answer_turned_away();
  soon.cancel();
}

Cluster::Cluster(const LinkSettings& settings, ngx_log_t* log)
    : state_(std::make_unique<State>(settings, log)) {}
Cluster::~Cluster() = default;

void Cluster::submit(std::vector<redis::Command> commands, OnReplies on_replies) {
  State::Queue fresh(1);
  fresh.front().commands = std::move(commands);
  fresh.front().on_replies = std::move(on_replies);
  fresh.front().deadline = deadline_in(state_->settings.timeout);
  state_->accept(std::move(fresh));
}

bool Cluster::is_up() const noexcept { return !state_->down && state_->is_agreed; }
bool Cluster::is_whole() const noexcept { return is_up() && state_->router.is_whole(); }

void Cluster::on_move(std::function<void(std::uint16_t)> moved) { state_->moved = std::move(moved); }

void Cluster::quit() noexcept {
  guarded(state_->log, [this] { state_->quit(); });
}

}  // namespace slo::ngx
