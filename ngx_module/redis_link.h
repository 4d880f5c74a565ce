// SPDX-License-Identifier: BSD-2-Clause
// One pipelined Redis connection of one worker: Exchange out, Outcome back, in order.
//
// Every submission is answered exactly once, always from a later turn of the event loop, never from inside
// submit(). Down, timed out or overfull, the answer is a Refusal (store_unreachable, store_timeout,
// store_busy). What was sent and not answered is ambiguous: only the schema's scripts, which may all be
// repeated, go this way.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/moment.h"
#include "core/outcome.h"
#include "ngx_module/ngx.h"
#include "redis_schema/exchange.h"
#include "redis_schema/schema.h"

namespace slo::ngx {

// Where and how to connect, made from slo_store at configuration time; all strings owned.
struct LinkSettings {
  std::string url{};                    // for messages, without credentials
  std::vector<ngx_addr_t> addresses{};  // resolved at configuration time, in the cycle's pool; tried in turn
  std::string host{};                   // what may be looked up again; empty: an address or a path
  in_port_t port = 0;
  ngx_resolver_t* resolver = nullptr;  // who is asked then; null: nobody
  bool tls = false;
  std::string tls_name{};    // verified (DNS name or IP) and sent as SNI
  ngx_ssl_t* ssl = nullptr;  // the context, in the cycle's pool
  std::string user{};
  std::string password{};
  unsigned database = 0;
  Millis timeout{1000};  // connecting, and each command
  std::string prefix = "slo";
  std::vector<redis::Tenant> tenants{};  // whose data lies there, by their tags
};

class RedisLink {
 public:
  using Hear = std::function<void(Outcome<std::span<const redis::Reply>>)>;

  // The waiting side's chair: destroyed, the late answer is read and dropped.
  class Seat {
   public:
    Seat() = default;
    Seat(Seat&& other) noexcept;
    Seat& operator=(Seat&& other) noexcept;
    ~Seat();
    void keep() noexcept;  // answer even if the seat is gone: for callers that outlive the link's requests

   private:
    friend class RedisLink;
    struct Waiting;
    explicit Seat(Waiting& waiting);
    Waiting* waiting_ = nullptr;
  };

  // Connects at once (after a random 0..100 ms) and keeps reconnecting until quit().
  RedisLink(const LinkSettings& settings, ngx_log_t* log);
  ~RedisLink();
  RedisLink(const RedisLink&) = delete;

  [[nodiscard]] Seat submit(std::vector<redis::Command> commands, Hear hear);

  template <class T>
  [[nodiscard]] Seat submit(redis::Exchange<T> exchange,
                            std::type_identity_t<std::function<void(Outcome<T>)>> hear) {
    return submit(std::move(exchange.commands), [read = std::move(exchange.read), hear = std::move(hear)](
                                                    Outcome<std::span<const redis::Reply>> replies) {
      hear(replies ? read(*replies) : Outcome<T>(refuse(replies.error())));
    });
  }

  bool is_up() const noexcept;
  void quit() noexcept;  // exit_process: fails what waits, closes the socket

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace slo::ngx
