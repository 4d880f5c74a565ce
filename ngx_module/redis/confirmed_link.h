// SPDX-License-Identifier: BSD-2-Clause
// A connection for what replicas must confirm: what comes while one WAIT is unanswered shares the next.
//
// A submission is answered as a RedisLink would answer it, but once its WAIT was answered. Too few replicas:
// it is answered all the same, counted, and the log says so when that begins and when it is over. Where the
// connection breaks before, it is sent once more, since another server may be in the old one's place, and
// refused if it cannot be; where this connection alone does not work, the shared one takes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <vector>

#include "ngx_module/redis/link.h"
#include "redis_schema/servers/replicas.h"

namespace slo::ngx {

class ConfirmedLink {
 public:
  // REQUIRES: settings, which have `wait`, and log outlive it; `shared` is to the same server, and quits
  // later.
  ConfirmedLink(const LinkSettings& settings, RedisLink& shared, ngx_log_t* log);
  ConfirmedLink(const ConfirmedLink&) = delete;

  // REQUIRES: there are commands.
  void submit(std::vector<redis::Command> commands, RedisLink::OnReplies on_replies);
  void quit() noexcept;

 private:
  struct Waiting {
    std::vector<redis::Command> commands{};
    RedisLink::OnReplies on_replies{};
    Outcome<RedisLink::Replies> answer{};
    std::optional<RedisLink::Replies> first{};  // what it was answered before the connection broke
    bool resent = false;
    bool in_full = false;  // with its scripts
  };
  using Group = std::list<Waiting>;
  enum class Next : std::uint8_t { answer, again, in_full, elsewhere };

  void send_group();
  void heard();
  void settle();
  Next what_next(const Waiting& waiting) const;
  void prepare_again(Waiting& waiting, Next next);
  void answer(Waiting& waiting, Next next);
  bool is_confirmed() const { return replicas_ && *replicas_ >= wait_.replicas; }
  bool was_cut_off() const;
  void tell_confirmed();
  void tell_unconfirmed();
  void tell_refused(const Refusal& why);

  const LinkSettings settings_;
  const redis::ReplicaWait wait_;
  RedisLink& shared_;
  ngx_log_t* log_;
  Group gathered_{};
  Group sent_{};
  std::size_t missing_ = 0;         // answers still to come, that of WAIT included
  Outcome<unsigned> replicas_{0u};  // who have confirmed the group that was sent
  bool is_settling_ = false;
  bool has_quit_ = false;
  bool is_told_refused_ = false;
  RedisLink link_;
};

}  // namespace slo::ngx
