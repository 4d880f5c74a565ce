// SPDX-License-Identifier: BSD-2-Clause
// Command: words → RESP bytes. Always argument vectors, never a printf-style format.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace slo::redis {

struct Script;  // script.h

// `partition` is what a cluster would route by; every key of one command lies in it (meta for the
// unpartitioned).
inline constexpr std::uint16_t meta_partition = 0xffff;

struct Command {
  std::vector<std::string> words{};
  const Script* script = nullptr;  // set: words are EVALSHA …, and NOSCRIPT is answered by sending fallback()
  std::uint16_t partition = meta_partition;
  bool comes_last = false;    // what stands before it in its exchange is answered first, wherever it lies
  bool waits = false;         // the server answers late, so that nobody may stand behind it
  bool stands_alone = false;  // where its server is away, that is an error among the others' replies
  bool must_be_confirmed = false;  // somebody is told that it has ended something: replicas may be asked, too
  friend bool operator==(const Command&, const Command&) = default;
};

// RESP2 bytes, by hiredis.
std::string encode(const Command& command);

// EVALSHA of `script`; all keys declared.
Command run_script(const Script& script, std::uint16_t partition, std::vector<std::string> keys,
                   std::vector<std::string> arguments);
// The same as EVAL with the script's body. REQUIRES: command.script.
Command fallback(const Command& command);

}  // namespace slo::redis
