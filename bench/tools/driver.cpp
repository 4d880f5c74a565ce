// SPDX-License-Identifier: BSD-2-Clause
// Drives an HTTP server with prepared requests over kept-alive connections; tells how long the answers took.
//
//   driver closed ADDRESS CONNECTIONS FILE [confirm]
//       each request of FILE once, the next when one is answered
//   driver cycle ADDRESS CONNECTIONS FILE FROM COUNT
//       the templates of FILE in turn, for each of COUNT numbers from FROM on
//   driver open ADDRESS MICROSECONDS MILLISECONDS FILE OUT
//       the first request of FILE at a fixed pace, answered or not, for so long
//
// FILE: `<length>\n<bytes>` for each request. Templates hold `########`, replaced by the number. `confirm`
// fills in the form "do you want to log out?" of oidc-provider, and counts both requests as one. OUT: lines
// `sent latency`, in ns of the monotonic clock.
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "wire.h"

namespace bench {
namespace {

constexpr std::string_view place = "########";

std::string filled_in(const std::string& text, std::int64_t value) {
  std::array<char, 24> digits{};
  std::snprintf(digits.data(), digits.size(), "%08lld", static_cast<long long>(value));
  std::string filled = text;
  for (auto at = filled.find(place); at != std::string::npos; at = filled.find(place, at)) {
    filled.replace(at, place.size(), digits.data(), place.size());
  }
  return filled;
}

using Supply = std::function<bool(std::string&)>;  // false: there is no more

// oidc-provider's own page, answered as its user would.
std::optional<std::string> confirmation_of(std::string_view checked, std::string_view page) {
  constexpr std::string_view field = "name=\"xsrf\" value=\"";
  auto at = page.find(field);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view xsrf = page.substr(at + field.size());
  xsrf = xsrf.substr(0, xsrf.find('"'));
  std::string form = "xsrf=" + std::string(xsrf) + "&logout=yes";
  return "POST /session/end/confirm HTTP/1.1\r\nHost: " + std::string(*header(checked, "host")) +
         "\r\nCookie: " + std::string(*header(checked, "cookie")) +
         "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
         std::to_string(form.size()) + "\r\n\r\n" + form;
}

class Closed {
 public:
  Closed(const std::string& to, int connections, Supply supply, bool confirms)
      : to_(address_of(to)), supply_(std::move(supply)), confirms_(confirms), epoll_(epoll_create1(0)) {
    seats_.resize(static_cast<std::size_t>(connections));
  }

  void run() {
    began_ = now();
    for (auto& pending : seats_) hold_request(pending);
    std::array<epoll_event, 64> events{};
    while (busy_ > 0) {
      int n = epoll_wait(epoll_, events.data(), events.size(), 20'000);
      if (n <= 0) give_up("no answer within 20 s");
      for (int i = 0; i < n; ++i)
        on_reply(*static_cast<PendingReply*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
    took_ = now() - began_;
  }

  void tell() {
    std::sort(latencies_.begin(), latencies_.end());
    auto at = [this](double q) {
      if (latencies_.empty()) return 0.0;
      auto i = static_cast<std::size_t>(q * static_cast<double>(latencies_.size() - 1));
      return static_cast<double>(latencies_[i]) / 1e3;
    };
    std::printf(
        "{\"answers\":%zu,\"seconds\":%.6f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,\"statuses\":{",
        latencies_.size(), static_cast<double>(took_) / 1e9, at(.5), at(.99), at(1));
    const char* comma = "";
    for (auto [status, count] : statuses_) {
      std::printf("%s\"%d\":%zu", comma, status, count);
      comma = ",";
    }
    std::printf("},\"began_ns\":%lld}\n", static_cast<long long>(began_));
  }

 private:
  struct PendingReply {
    int fd = -1;
    std::string checked{}, heard{};
    Nanos sent = 0;
    bool is_confirming = false;
  };

  void hold_request(PendingReply& pending) {
    pending.fd = connected_to(to_);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &pending}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, pending.fd, &event);
    ++busy_;
    ask_next(pending);
  }

  void ask_next(PendingReply& pending) {
    if (!supply_(pending.checked)) {
      close(pending.fd);
      --busy_;
      return;
    }
    pending.sent = now();
    pending.is_confirming = false;
    say_all(pending.fd, pending.checked);
  }

  void on_reply(PendingReply& pending) {
    char block[16384];
    ssize_t n = recv(pending.fd, block, sizeof(block), 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) give_up("the server closed a connection");
    pending.heard.append(block, static_cast<std::size_t>(n));
    auto answer = message_in(pending.heard);
    if (!answer) return;
    if (confirms_ && !pending.is_confirming && answer->status == 200) {
      if (auto form = confirmation_of(pending.checked, answer->body)) {
        pending.is_confirming = true;
        pending.heard.erase(0, answer->size);
        return say_all(pending.fd, *form);
      }
    }
    latencies_.push_back(now() - pending.sent);
    ++statuses_[answer->status];
    pending.heard.erase(0, answer->size);
    ask_next(pending);
  }

  Address to_;
  Supply supply_;
  bool confirms_;
  int epoll_;
  int busy_ = 0;
  std::deque<PendingReply> seats_{};
  std::vector<Nanos> latencies_{};
  std::map<int, std::size_t> statuses_{};
  Nanos began_ = 0, took_ = 0;
};

Supply each_once(std::vector<std::string> requests) {
  return [requests = std::move(requests), next = std::size_t{0}](std::string& into) mutable {
    if (next == requests.size()) return false;
    into = requests[next++];
    return true;
  };
}

Supply in_turn(std::vector<std::string> templates, std::int64_t from, std::int64_t count) {
  return [templates = std::move(templates), from, upto = from + count,
          which = std::size_t{0}](std::string& into) mutable {
    if (from == upto) return false;
    into = filled_in(templates[which], from);
    if (++which == templates.size()) {
      which = 0;
      ++from;
    }
    return true;
  };
}

// A latency counts from the moment the bytes leave: what this process is late itself is not the server's.
void open_loop(const std::string& to, Nanos every, Nanos span, const std::string& request, const char* path) {
  int fd = connected_to(address_of(to));
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  itimerspec pace{};
  pace.it_value.tv_nsec = pace.it_interval.tv_nsec = every;
  timerfd_settime(timer, 0, &pace, nullptr);
  int epoll = epoll_create1(0);
  for (int each : {fd, timer}) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = each}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, each, &event);
  }
  std::FILE* out = std::fopen(path, "w");
  if (out == nullptr) give_up(path);
  std::deque<Nanos> waiting;
  std::string heard;
  for (Nanos end = now() + span; now() < end || !waiting.empty();) {
    std::array<epoll_event, 4> events{};
    int n = epoll_wait(epoll, events.data(), events.size(), 20'000);
    if (n <= 0) give_up("no answer within 20 s");
    for (int i = 0; i < n; ++i) {
      char block[16384];
      if (events[static_cast<std::size_t>(i)].data.fd == timer) {
        std::uint64_t ticks = 0;
        if (read(timer, &ticks, sizeof(ticks)) < 0 || now() >= end) continue;
        waiting.push_back(now());
        say_all(fd, request);
        continue;
      }
      ssize_t size = recv(fd, block, sizeof(block), 0);
      if (size <= 0) give_up("the server closed the connection");
      heard.append(block, static_cast<std::size_t>(size));
      for (auto answer = message_in(heard); answer; answer = message_in(heard)) {
        std::fprintf(out, "%lld %lld\n", static_cast<long long>(waiting.front()),
                     static_cast<long long>(now() - waiting.front()));
        waiting.pop_front();
        heard.erase(0, answer->size);
      }
    }
  }
  std::fclose(out);
}

int drive(const std::vector<std::string>& words) {
  if (words.size() >= 4 && words[0] == "closed") {
    Closed closed(words[1], std::stoi(words[2]), each_once(requests_of(words[3])), words.size() > 4);
    closed.run();
    closed.tell();
  } else if (words.size() == 6 && words[0] == "cycle") {
    Closed closed(words[1], std::stoi(words[2]),
                  in_turn(requests_of(words[3]), number(words[4]), number(words[5])), false);
    closed.run();
    closed.tell();
  } else if (words.size() == 6 && words[0] == "open") {
    open_loop(words[1], number(words[2]) * 1000, number(words[3]) * 1'000'000, requests_of(words[4]).front(),
              words[5].c_str());
  } else {
    std::fprintf(stderr, "see the head of driver.cpp\n");
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace bench

int main(int count, char** words) { return bench::drive({words + 1, words + count}); }
