// SPDX-License-Identifier: BSD-2-Clause
// Receivers of logout tokens on many loopback addresses, in one process: answers 200 at once, or hangs, and
// notes when each door was told.
//
//   receiver PORT DOORS CONTROL AWAKE
//
// Doors are 127.1.0.1 …, 250 to a block. CONTROL is a unix socket that takes lines and answers each with one:
//     reset      forget what came
//     hang N K   every Nth door, beginning with K, never answers from now on (0 0: all answer)
//     report     {"requests":…,"body":…,"hanging":…,"told_ns":[…]}: bytes of the last body; when each healthy
//                door was first told, sorted; by the kernel's stamp of the bytes, for here a receiver waits
//                for a core that the sender uses, as no other machine would
//     count      how many requests came
//
// On loopback it is the sender who pays for waking a sleeping receiver; a receiver on another machine costs
// him nothing. So this one looks for more for AWAKE microseconds before it sleeps, and needs a core for that.
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "wire.h"

namespace bench {
namespace {

constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nCache-Control: no-store\r\n\r\n";

std::string door_address(int door, const std::string& port) {
  return "127.1." + std::to_string(door / 250) + "." + std::to_string(1 + door % 250) + ":" + port;
}

// When the kernel got the bytes, by now()'s clock.
Nanos arrival_of(msghdr& message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp{}, wall{};
    std::memcpy(&stamp, CMSG_DATA(part), sizeof(stamp));
    clock_gettime(CLOCK_REALTIME, &wall);
    return now() - ((wall.tv_sec - stamp.tv_sec) * 1'000'000'000 + (wall.tv_nsec - stamp.tv_nsec));
  }
  return now();
}

struct Guest {
  enum class Kind : std::uint8_t { door, control_door, caller, controller };
  Kind kind = Kind::door;
  int fd = -1;
  int door = 0;
  std::string heard{};
};

class House {
 public:
  House(const std::string& port, int doors, const std::string& control, Nanos awake)
      : epoll_(epoll_create1(0)), stays_awake_(awake) {
    told_.assign(static_cast<std::size_t>(doors), 0);
    for (int door = 0; door < doors; ++door) {
      int fd = listening_on(address_of(door_address(door, port))), on = 1;
      setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));  // callers inherit it
      admit({.kind = Guest::Kind::door, .fd = fd, .door = door});
    }
    admit({.kind = Guest::Kind::control_door, .fd = listening_on(address_of("unix:" + control))});
  }

  [[noreturn]] void open() {
    std::array<epoll_event, 256> events{};
    Nanos last = 0;
    for (bool awake = false;;) {
      int n = epoll_wait(epoll_, events.data(), events.size(), awake ? 0 : -1);
      if (n > 0) last = now();
      awake = now() - last < stays_awake_;
      if (n == 0) sched_yield();
      for (int i = 0; i < n; ++i) attend(static_cast<Guest*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
  }

 private:
  void admit(Guest guest) {
    auto* kept = std::make_unique<Guest>(std::move(guest)).release();  // until its connection closes
    epoll_event event{.events = EPOLLIN, .data = {.ptr = kept}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, kept->fd, &event) != 0) give_up("epoll_ctl");
  }

  void attend(Guest* guest) {
    bool stays = true;
    switch (guest->kind) {
      case Guest::Kind::door:
      case Guest::Kind::control_door:
        let_in(*guest);
        break;
      case Guest::Kind::caller:
      case Guest::Kind::controller:
        stays = listen_to(*guest);
        break;
    }
    if (stays) return;
    close(guest->fd);
    std::unique_ptr<Guest> gone(guest);
  }

  void let_in(const Guest& door) {
    int fd = accept4(door.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    bool calls = door.kind == Guest::Kind::door;
    int on = 1;
    if (calls) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    admit({.kind = calls ? Guest::Kind::caller : Guest::Kind::controller, .fd = fd, .door = door.door});
  }

  bool listen_to(Guest& guest) {
    char block[16384], extra[CMSG_SPACE(sizeof(timespec))];
    iovec into{.iov_base = block, .iov_len = sizeof(block)};
    msghdr message{};
    message.msg_iov = &into, message.msg_iovlen = 1;
    message.msg_control = extra, message.msg_controllen = sizeof(extra);
    ssize_t n = recvmsg(guest.fd, &message, 0);
    if (n < 0 && errno == EAGAIN) return true;
    if (n <= 0) return false;
    came_ = arrival_of(message);
    guest.heard.append(block, static_cast<std::size_t>(n));
    return guest.kind == Guest::Kind::caller ? take_requests(guest) : take_orders(guest);
  }

  bool take_requests(Guest& guest) {
    for (auto message = message_in(guest.heard); message; message = message_in(guest.heard)) {
      ++requests_;
      body_ = message->body.size();
      Nanos& told = told_[static_cast<std::size_t>(guest.door)];
      if (told == 0) told = came_;
      if (!hangs(guest.door)) say_all(guest.fd, answer);
      guest.heard.erase(0, message->size);
    }
    return true;
  }

  bool take_orders(Guest& guest) {
    for (auto end = guest.heard.find('\n'); end != std::string::npos; end = guest.heard.find('\n')) {
      say_all(guest.fd, obey(guest.heard.substr(0, end)) + "\n");
      guest.heard.erase(0, end + 1);
    }
    return true;
  }

  std::string obey(const std::string& order) {
    if (order == "report") return report();
    if (order == "count") return std::to_string(requests_);
    if (order.starts_with("hang ")) {
      std::string_view words = std::string_view(order).substr(5);
      hang_each_ = static_cast<int>(number(words));
      hang_at_ = static_cast<int>(number(words.substr(std::min(words.find(' ') + 1, words.size()))));
    }
    if (order == "reset") {
      requests_ = 0;
      std::fill(told_.begin(), told_.end(), 0);
    }
    return "ok";
  }

  std::string report() const {
    std::vector<Nanos> told;
    int hanging = 0;
    for (int door = 0; door < static_cast<int>(told_.size()); ++door) {
      Nanos at = told_[static_cast<std::size_t>(door)];
      if (at == 0) continue;
      if (hangs(door)) {
        ++hanging;
      } else {
        told.push_back(at);
      }
    }
    std::sort(told.begin(), told.end());
    std::string text = "{\"requests\":" + std::to_string(requests_) + ",\"body\":" + std::to_string(body_) +
                       ",\"hanging\":" + std::to_string(hanging) + ",\"told_ns\":[";
    for (Nanos at : told) text += (text.back() == '[' ? "" : ",") + std::to_string(at);
    return text + "]}";
  }

  bool hangs(int door) const { return hang_each_ > 0 && door % hang_each_ == hang_at_; }

  int epoll_;
  Nanos stays_awake_;
  int hang_each_ = 0, hang_at_ = 0;
  Nanos came_ = 0;  // what is being listened to
  std::size_t requests_ = 0, body_ = 0;
  std::vector<Nanos> told_{};
};

}  // namespace
}  // namespace bench

int main(int count, char** words) {
  if (count != 5) {
    std::fprintf(stderr, "receiver PORT DOORS CONTROL AWAKE\n");
    return 2;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  bench::House(words[1], static_cast<int>(bench::number(words[2])), words[3], bench::number(words[4]) * 1000)
      .open();
}
