// SPDX-License-Identifier: BSD-2-Clause
// Says recorded commands to a Redis again, some at a time, and waits for their replies: the store alone.
//
//   replay ADDRESS FILE DEPTH    {"commands":…,"errors":…,"seconds":…}
//
// FILE: `<length>\n<RESP bytes>` for each command; DEPTH of them go in one write.
#include <poll.h>

#include <vector>

#include "wire.h"

namespace bench {
namespace {

// The end of the reply that begins at `at`, or npos while it is incomplete.
std::size_t end_of_reply(std::string_view bytes, std::size_t at) {
  auto line = bytes.find("\r\n", at);
  if (at >= bytes.size() || line == std::string_view::npos) return std::string_view::npos;
  std::int64_t count = number(bytes.substr(at + 1, line - at - 1));
  std::size_t next = line + 2;
  if (bytes[at] == '$') {
    if (count >= 0) next += static_cast<std::size_t>(count) + 2;
    return next <= bytes.size() ? next : std::string_view::npos;
  }
  if (bytes[at] == '*') {
    for (; count > 0 && next != std::string_view::npos; --count) next = end_of_reply(bytes, next);
  }
  return next;
}

int replay(const std::string& to, const std::string& path, int depth) {
  std::string content = file_content(path);
  int fd = connected_to(address_of(to));
  std::size_t commands = 0, errors = 0;
  Nanos began = now();
  for (std::size_t at = 0; at < content.size();) {
    std::string said;
    int waiting = 0;
    for (; waiting < depth && at < content.size(); ++waiting) {
      auto line = content.find('\n', at);
      auto size = static_cast<std::size_t>(number(std::string_view(content).substr(at, line - at)));
      said.append(content, line + 1, size);
      at = line + 1 + size;
    }
    say_all(fd, said);
    std::string heard;
    for (std::size_t from = 0; waiting > 0;) {
      std::size_t end = end_of_reply(heard, from);
      if (end != std::string_view::npos) {
        errors += heard[from] == '-';
        from = end;
        --waiting;
        ++commands;
        continue;
      }
      pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
      if (poll(&readable, 1, 20'000) <= 0) give_up("no reply within 20 s");
      char block[65536];
      ssize_t n = recv(fd, block, sizeof(block), 0);
      if (n <= 0) give_up("Redis closed the connection");
      heard.append(block, static_cast<std::size_t>(n));
    }
  }
  std::printf("{\"commands\":%zu,\"errors\":%zu,\"seconds\":%.6f}\n", commands, errors,
              static_cast<double>(now() - began) / 1e9);
  return 0;
}

}  // namespace
}  // namespace bench

int main(int count, char** words) {
  if (count != 4) {
    std::fprintf(stderr, "replay ADDRESS FILE DEPTH\n");
    return 2;
  }
  return bench::replay(words[1], words[2], static_cast<int>(bench::number(words[3])));
}
