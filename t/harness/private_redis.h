// SPDX-License-Identifier: BSD-2-Clause
// A Redis of the test's own on a unix socket, and a blocking client: the second host that runs an Exchange.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "redis_schema/exchange.h"

namespace slo {

// One blocking connection. Ends the test program if the server does not answer within seconds.
class RedisClient {
 public:
  explicit RedisClient(const std::string& socket_path);
  ~RedisClient();
  RedisClient(const RedisClient&) = delete;

  // Pipelined; NOSCRIPT is answered by sending the script's body.
  std::vector<redis::OwnedReply> check_request(const std::vector<redis::Command>& commands);
  redis::OwnedReply say(std::vector<std::string> words);
  // For tests that put a step between asking and hearing.
  void send(const redis::Command& command);
  redis::OwnedReply on_reply();

  template <class T>
  Outcome<T> run(const redis::Exchange<T>& exchange) {
    const auto owned = check_request(exchange.commands);
    std::vector<redis::Reply> replies;
    for (const auto& reply : owned) replies.emplace_back(reply.get());
    return exchange.read(replies);
  }

 private:
  int socket_;
  redis::ReplyReader reader_{};
};

// A redis-server without persistence in a directory of its own; stopped, and the directory removed, at the
// end.
class PrivateRedis {
 public:
  // Null where no redis-server is installed or it does not start.
  static std::unique_ptr<PrivateRedis> start(const std::vector<std::string>& options = {});
  PrivateRedis(std::string directory, pid_t pid) : directory_(std::move(directory)), pid_(pid) {}
  ~PrivateRedis();
  PrivateRedis(const PrivateRedis&) = delete;

  std::string socket_path() const { return directory_ + "/redis.sock"; }

 private:
  bool wait_until_it_listens();
  std::string directory_;
  pid_t pid_;
};

}  // namespace slo
