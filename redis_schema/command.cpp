// SPDX-License-Identifier: BSD-2-Clause
// Writes commands as RESP2 argument vectors, with hiredis.
#include "redis_schema/command.h"

#include <hiredis/hiredis.h>

#include <iterator>
#include <memory>
#include <utility>

#include "redis_schema/script.h"

namespace slo::redis {
namespace {

struct CommandRelease {
  void operator()(char* bytes) const noexcept { redisFreeSdsCommand(bytes); }
};

}  // namespace

std::string encode(const Command& command) {
  std::vector<const char*> words;
  std::vector<std::size_t> lengths;
  words.reserve(command.words.size());
  lengths.reserve(command.words.size());
  for (const auto& word : command.words) {
    words.push_back(word.data());
    lengths.push_back(word.size());
  }
  sds bytes = nullptr;  // its numbers are written without printf
  const int length =
      redisFormatSdsCommandArgv(&bytes, static_cast<int>(words.size()), words.data(), lengths.data());
  const std::unique_ptr<char, CommandRelease> owned(bytes);
  return length < 0 ? std::string() : std::string(bytes, static_cast<std::size_t>(length));
}

Command run_script(const Script& script, std::uint16_t partition, std::vector<std::string> keys,
                   std::vector<std::string> arguments) {
  Command command{
      .words = {"EVALSHA", std::string(script.digest), std::to_string(keys.size())},
      .script = &script,
      .partition = partition,
  };
  std::move(keys.begin(), keys.end(), std::back_inserter(command.words));
  std::move(arguments.begin(), arguments.end(), std::back_inserter(command.words));
  return command;
}

Command fallback(const Command& command) {
  Command whole = command;
  whole.words[0] = "EVAL";
  whole.words[1] = command.script->body;
  return whole;
}

}  // namespace slo::redis
