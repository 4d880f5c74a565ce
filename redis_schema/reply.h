// SPDX-License-Identifier: BSD-2-Clause
// Reply: a checked, borrowed view of one RESP reply; ReplyReader: the skin over hiredis' redisReader.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/outcome.h"

struct redisReply;
struct redisReader;

namespace slo::redis {

// An integer in decimal digits, at most 2^48 from zero: then sums of them, and seconds made milliseconds,
// never overflow. What the scripts write is far smaller.
std::optional<long long> read_integer(std::string_view digits) noexcept;

// Valid as long as the redisReply it views; copy what you keep.
class Reply {
 public:
  explicit Reply(const redisReply* reply) noexcept : reply_(reply) {}

  bool is_nil() const noexcept;
  bool is_error() const noexcept;
  bool is_array() const noexcept;
  std::string_view error() const noexcept;                // the error line; empty if it is none
  std::optional<std::string_view> text() const noexcept;  // bulk or status string
  std::optional<long long> integer() const noexcept;      // as read_integer(), from an integer or a string
  std::size_t size() const noexcept;                      // elements of an array, else 0
  Reply operator[](std::size_t index) const noexcept;     // beyond the end: a nil reply

 private:
  const redisReply* reply_;
};

// The code of an error line; also where Redis 6 wraps what happened inside a script, and where Redis 7 and
// Valkey do not tell it at all (a script that may not run a command: NOPERM).
std::string_view code_of(std::string_view error) noexcept;

// An error reply as a Refusal: OOM → store_full, CLUSTERDOWN (nobody has that part of the data) →
// store_part_away, everything else → store_refused; of the latter two the code is the detail.
Refusal refusal_of(const Reply& reply);
Refusal unexpected_reply(std::string_view command);

struct ReplyRelease {
  void operator()(redisReply* reply) const noexcept;
};
using OwnedReply = std::unique_ptr<redisReply, ReplyRelease>;
// As if a server had said so. REQUIRES: one line.
OwnedReply error_reply(std::string_view line);
std::vector<Reply> views_of(const std::vector<OwnedReply>& replies);

class ReplyReader {
 public:
  ReplyReader();
  void feed(std::string_view bytes);
  // The next whole reply; null: not enough bytes yet. store_reply_unexpected: the stream is broken for good,
  // also where an array says that it will hold more than 100 000 elements.
  Outcome<OwnedReply> next();

 private:
  struct Release {
    void operator()(redisReader* reader) const noexcept;
  };
  std::unique_ptr<redisReader, Release> reader_;
};

}  // namespace slo::redis
