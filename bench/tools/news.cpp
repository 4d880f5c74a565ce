// SPDX-License-Identifier: BSD-2-Clause
// After the 200 to a logout: how long every worker of two hosts still lets the session pass.
//
//   news OWN OTHER FILE LINES PAUSE
//
// FILE: three requests for each logout: the logout, for OWN; a page of its session; the logout repeated,
// which changes nothing, so that what follows it is what such an answer takes anyway. Each is followed by
// asking for the page on LINES connections to each of the two workers of each host (told apart by X-Worker),
// again and again until refused, and a few times more. A random part of PAUSE µs lies between two of them,
// twice PAUSE at most.
//
// Prints a line for each host after each logout, times in ns after its 200:
//   news|known own|other PASSES LAST_PASS_SENT LAST_PASS_HEARD FIRST_REFUSAL ALL_REFUSE WRONG
// LAST_PASS_…: of the last request to leave that passed, 0 where none did. FIRST_REFUSAL: came on any of its
// connections; ALL_REFUSE: the first one of each had come. WRONG: passed, though they left after that first
// refusal came.
#include <poll.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <vector>

#include "wire.h"

namespace bench {
namespace {

constexpr int workers = 2;
constexpr int most_connections = 200;  // until each worker has its lines
constexpr int refusals_each = 4;       // and no more is asked
constexpr int patience = 20'000;       // ms

struct Line {
  int fd = -1;
  int host = 0;
  Nanos sent = 0;
  int refusals = 0;
  std::string heard{};
};

struct Seen {
  std::size_t passes = 0, wrong = 0;
  Nanos last_pass_sent = 0, last_pass_heard = 0, first_refusal = 0, all_refuse = 0;
};

// Waits for more of an answer.
bool hear(int fd, std::string& heard) {
  char block[16384];
  const ssize_t n = recv(fd, block, sizeof(block), 0);
  if (n < 0 && errno == EAGAIN) return false;
  if (n <= 0) give_up("the server closed a connection");
  heard.append(block, static_cast<std::size_t>(n));
  return true;
}

// Asks, and waits: {status, X-Worker}.
std::pair<int, std::string> ask(int fd, const std::string& request) {
  say_all(fd, request);
  std::string heard;
  for (;;) {
    pollfd readable{.fd = fd, .events = POLLIN, .revents = 0};
    if (poll(&readable, 1, patience) <= 0) give_up("no answer in time");
    hear(fd, heard);
    if (const auto answer = message_in(heard))
      return {answer->status, std::string(header(heard, "x-worker").value_or(""))};
  }
}

// One connection of each worker first, then the second ones …
std::vector<Line> lines_to(const Address& address, int host, int each, const std::string& request) {
  std::map<std::string, std::vector<Line>> by_worker;
  for (int i = 0; i < most_connections; ++i) {
    const int fd = connected_to(address);
    auto& lines = by_worker[ask(fd, request).second];
    if (static_cast<int>(lines.size()) < each)
      lines.push_back({.fd = fd, .host = host});
    else
      close(fd);
  }
  std::vector<Line> all;
  for (int nth = 0; nth < each; ++nth) {
    for (auto& [worker, lines] : by_worker) {
      if (static_cast<int>(lines.size()) == each) all.push_back(lines[static_cast<std::size_t>(nth)]);
    }
  }
  if (static_cast<int>(all.size()) != each * workers) give_up("two workers do not answer");
  return all;
}

class Watch {
 public:
  Watch(const Address& own, const Address& other, int each, const std::string& page) {
    for (int i = 0; i < workers; ++i) doors_.push_back(door_to(own, i, page));
    lines_ = lines_to(own, 0, each, page);
    std::ranges::move(lines_to(other, 1, each, page), std::back_inserter(lines_));
  }

  // On each worker by turns.
  void log_out(const char* kind, const std::string& logout, const std::string& page) {
    door_ = (door_ + 1) % doors_.size();
    if (const int status = ask(doors_[door_], logout).first; status != 200)
      give_up("a logout was answered with " + std::to_string(status));
    const auto seen = poll_until_refused(page);
    for (std::size_t host = 0; host < seen.size(); ++host)
      tell(kind, host == 0 ? "own" : "other", seen[host]);
  }

 private:
  // For logouts: a connection to another worker for each `nth`.
  static int door_to(const Address& own, int nth, const std::string& page) {
    auto lines = lines_to(own, 0, 1, page);
    close(lines[static_cast<std::size_t>(1 - nth)].fd);
    return lines[static_cast<std::size_t>(nth)].fd;
  }

  std::array<Seen, 2> poll_until_refused(const std::string& page) {
    std::array<Seen, 2> seen{};
    const Nanos since = now();
    for (auto& line : lines_) {
      line.refusals = 0;
      ask_on(line, page);
    }
    std::vector<pollfd> waiting;
    for (auto open = lines_.size(); open > 0;) {
      waiting.clear();
      for (const auto& line : lines_) waiting.push_back({.fd = line.fd, .events = POLLIN, .revents = 0});
      if (poll(waiting.data(), waiting.size(), patience) <= 0) give_up("no answer in time");
      for (std::size_t i = 0; i < lines_.size(); ++i) {
        auto& line = lines_[i];
        if (waiting[i].revents == 0 || !hear(line.fd, line.heard)) continue;
        const auto answer = message_in(line.heard);
        if (!answer) continue;
        note(seen[static_cast<std::size_t>(line.host)], line, answer->status, since);
        line.heard.erase(0, answer->size);
        if (line.refusals == refusals_each)
          --open;
        else
          ask_on(line, page);
      }
    }
    return seen;
  }

  static void ask_on(Line& line, const std::string& page) {
    line.sent = now();
    say_all(line.fd, page);
  }

  static void note(Seen& seen, Line& line, int status, Nanos since) {
    const Nanos at = now() - since, sent = line.sent - since;
    if (status == 401) {
      if (seen.first_refusal == 0) seen.first_refusal = at;
      if (line.refusals++ == 0) seen.all_refuse = at;
      return;
    }
    if (status != 200) give_up("a page was answered with " + std::to_string(status));
    ++seen.passes;
    if (seen.first_refusal != 0 && sent > seen.first_refusal) ++seen.wrong;
    if (sent < seen.last_pass_sent) return;
    seen.last_pass_sent = sent;
    seen.last_pass_heard = at;
  }

  static void tell(const char* kind, const char* host, const Seen& seen) {
    const auto wide = [](Nanos time) { return static_cast<long long>(time); };
    std::printf("%s %s %zu %lld %lld %lld %lld %zu\n", kind, host, seen.passes, wide(seen.last_pass_sent),
                wide(seen.last_pass_heard), wide(seen.first_refusal), wide(seen.all_refuse), seen.wrong);
  }

  std::vector<Line> lines_{};
  std::vector<int> doors_{};
  std::size_t door_ = 0;
};

int news(const std::vector<std::string>& words) {
  if (words.size() != 5) {
    std::fprintf(stderr, "news OWN OTHER FILE LINES PAUSE\n");
    return 2;
  }
  const auto requests = requests_of(words[2]);
  std::minstd_rand random{1};
  std::uniform_int_distribution<useconds_t> pause(0, static_cast<useconds_t>(2 * number(words[4])));
  Watch watch(address_of(words[0]), address_of(words[1]), static_cast<int>(number(words[3])), requests[1]);
  for (std::size_t i = 0; i + 2 < requests.size(); i += 3) {
    watch.log_out("news", requests[i], requests[i + 1]);
    usleep(pause(random));
    watch.log_out("known", requests[i + 2], requests[i + 1]);
    usleep(pause(random));
  }
  return 0;
}

}  // namespace
}  // namespace bench

int main(int count, char** words) { return bench::news({words + 1, words + count}); }
