// SPDX-License-Identifier: BSD-2-Clause
// Asks HTTP servers at an exact rate over kept-alive connections, until it is told to stop.
//
//   load RATE CONNECTIONS FILE ADDRESS…    on SIGTERM {"answers":…,"seconds":…,"p50_us":…,…,"statuses":{…}}
//
// CONNECTIONS to each address, by turns, the requests of FILE likewise. What is due while every connection
// waits for an answer is asked as soon as one has come: so many are asked in all, as long as the servers keep
// up. A latency counts from the moment a request leaves.
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <deque>
#include <map>
#include <vector>

#include "wire.h"

namespace bench {
namespace {

constexpr Nanos tick = 250'000;  // more often costs more than it spreads

struct Seat {
  int fd = -1;
  Nanos sent = 0;
  std::string heard{};
};

class Load {
 public:
  Load(double rate, std::vector<std::string> requests) : rate_(rate), requests_(std::move(requests)) {
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    sigprocmask(SIG_BLOCK, &stops, nullptr);
    stop_ = signalfd(-1, &stops, SFD_CLOEXEC);
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    itimerspec pace{};
    pace.it_value.tv_nsec = pace.it_interval.tv_nsec = tick;
    timerfd_settime(timer_, 0, &pace, nullptr);
    watch(stop_, &stop_);
    watch(timer_, &timer_);
  }

  void connect_to(const Address& address) {
    Seat& seat = seats_.emplace_back();
    seat.fd = connected_to(address);
    watch(seat.fd, &seat);
    free_.push_back(&seat);
  }

  void run() {
    std::array<epoll_event, 128> events{};
    began_ = now();
    for (bool goes = true; goes;) {
      const int n = epoll_wait(epoll_, events.data(), events.size(), 20'000);
      if (n <= 0 && errno != EINTR) give_up("nothing within 20 s");
      for (int i = 0; i < n; ++i) {
        void* who = events[static_cast<std::size_t>(i)].data.ptr;
        if (who == &stop_) goes = false;
        if (who == &timer_) {
          std::uint64_t ticks = 0;
          if (read(timer_, &ticks, sizeof(ticks)) < 0 && errno != EAGAIN) give_up("timer");
        }
        if (who != &stop_ && who != &timer_) hear(*static_cast<Seat*>(who));
      }
      ask_what_is_due();
    }
    took_ = now() - began_;
  }

  void tell() {
    std::sort(latencies_.begin(), latencies_.end());
    const auto at = [this](double part) {
      if (latencies_.empty()) return 0.0;
      return latencies_[static_cast<std::size_t>(part * static_cast<double>(latencies_.size() - 1))] / 1e3;
    };
    std::printf(
        "{\"answers\":%zu,\"seconds\":%.6f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,\"statuses\":{",
        latencies_.size(), static_cast<double>(took_) / 1e9, at(.5), at(.99), at(1));
    const char* comma = "";
    for (auto [status, count] : statuses_) {
      std::printf("%s\"%d\":%zu", comma, status, count);
      comma = ",";
    }
    std::printf("}}\n");
  }

 private:
  void watch(int fd, void* who) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = who}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) give_up("epoll_ctl");
  }

  void hear(Seat& seat) {
    char block[16384];
    const ssize_t n = recv(seat.fd, block, sizeof(block), 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) give_up("the server closed a connection");
    seat.heard.append(block, static_cast<std::size_t>(n));
    const auto answer = message_in(seat.heard);
    if (!answer) return;
    latencies_.push_back(static_cast<double>(now() - seat.sent));
    ++statuses_[answer->status];
    seat.heard.erase(0, answer->size);
    free_.push_back(&seat);
  }

  void ask_what_is_due() {
    const double due = rate_ * static_cast<double>(now() - began_) / 1e9;
    while (!free_.empty() && static_cast<double>(asked_) < due) {
      Seat& seat = *free_.front();
      free_.pop_front();
      seat.sent = now();
      say_all(seat.fd, requests_[asked_++ % requests_.size()]);
    }
  }

  double rate_;
  std::vector<std::string> requests_;
  int epoll_ = epoll_create1(EPOLL_CLOEXEC), timer_ = -1, stop_ = -1;
  std::deque<Seat> seats_{};
  std::deque<Seat*> free_{};
  std::size_t asked_ = 0;
  std::vector<double> latencies_{};
  std::map<int, std::size_t> statuses_{};
  Nanos began_ = 0, took_ = 0;
};

int load(const std::vector<std::string>& words) {
  if (words.size() < 4) {
    std::fprintf(stderr, "load RATE CONNECTIONS FILE ADDRESS…\n");
    return 2;
  }
  Load load(static_cast<double>(number(words[0])), requests_of(words[2]));
  for (std::int64_t i = 0; i < number(words[1]); ++i) {
    for (std::size_t to = 3; to < words.size(); ++to) load.connect_to(address_of(words[to]));
  }
  load.run();
  load.tell();
  return 0;
}

}  // namespace
}  // namespace bench

int main(int count, char** words) { return bench::load({words + 1, words + count}); }
