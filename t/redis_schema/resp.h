// SPDX-License-Identifier: BSD-2-Clause
// Bytes in: lets an exchange read replies from a literal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "redis_schema/exchange.h"

namespace slo::redis {

template <class T>
Outcome<T> read_bytes(const Exchange<T>& exchange, std::string_view bytes) {
  ReplyReader reader;
  reader.feed(bytes);
  std::vector<OwnedReply> owned;
  std::vector<Reply> replies;
  for (;;) {
    auto reply = reader.next();
    if (!reply) return refuse(reply.error());
    if (!*reply) break;
    owned.push_back(*std::move(reply));
    replies.emplace_back(owned.back().get());
  }
  return exchange.read(replies);
}

// A RESP array of bulk strings.
inline std::string array_of(const std::vector<std::string>& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const auto& word : words) bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return bytes;
}

// The words of all commands of an exchange.
template <class T>
std::vector<std::vector<std::string>> words_of(const Exchange<T>& exchange) {
  std::vector<std::vector<std::string>> words;
  for (const auto& command : exchange.commands) words.push_back(command.words);
  return words;
}

}  // namespace slo::redis
