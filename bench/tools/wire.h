// SPDX-License-Identifier: BSD-2-Clause
// What the tools share: addresses, sockets, the clock, and where an HTTP message ends.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

using Nanos = std::int64_t;

inline Nanos now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return Nanos{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

// Processor time of this thread.
inline double thread_micros() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

[[noreturn]] inline void give_up(const std::string& why) {
  std::fprintf(stderr, "%s: %s\n", why.c_str(), std::strerror(errno));
  std::exit(1);
}

inline std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  int family = AF_UNSPEC;
};

// `unix:/path` or `127.0.0.1:80`.
inline Address address_of(const std::string& text) {
  Address address;
  if (text.starts_with("unix:")) {
    auto& un = reinterpret_cast<sockaddr_un&>(address.storage);
    un.sun_family = AF_UNIX;
    text.copy(un.sun_path, sizeof(un.sun_path) - 1, 5);
    address.size = sizeof(un);
  } else {
    auto colon = text.rfind(':');
    auto& in = reinterpret_cast<sockaddr_in&>(address.storage);
    in.sin_family = AF_INET;
    in.sin_port = htons(static_cast<std::uint16_t>(number(std::string_view(text).substr(colon + 1))));
    if (inet_pton(AF_INET, text.substr(0, colon).c_str(), &in.sin_addr) != 1) give_up(text);
    address.size = sizeof(in);
  }
  address.family = address.storage.ss_family;
  return address;
}

inline int socket_for(const Address& address) {
  int fd = socket(address.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) give_up("socket");
  int on = 1;
  if (address.family == AF_INET) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

// Loopback connects at once, so this may block.
inline int connected_to(const Address& address) {
  int fd = socket_for(address);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0) give_up("connect");
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  return fd;
}

inline int listening_on(const Address& address) {
  int fd = socket_for(address);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0) give_up("bind");
  if (listen(fd, 4096) != 0) give_up("listen");
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  return fd;
}

struct Message {
  int status = 0;  // of an answer
  std::string_view body{};
  std::size_t size = 0;  // head and body
};

inline std::optional<std::string_view> header(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos && at + 2 < head.size();
       at = head.find("\r\n", at + 2)) {
    std::string_view line = head.substr(at + 2);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    line.remove_prefix(name.size() + 1);
    line = line.substr(0, line.find("\r\n"));
    return line.substr(std::min(line.find_first_not_of(' '), line.size()));
  }
  return std::nullopt;
}

// The first message in `bytes`, if it is complete.
inline std::optional<Message> message_in(std::string_view bytes) {
  auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view head = bytes.substr(0, end + 2);
  Message message;
  if (head.starts_with("HTTP/")) message.status = static_cast<int>(number(head.substr(9, 3)));
  std::string_view rest = bytes.substr(end + 4);
  if (header(head, "transfer-encoding")) {
    auto last = rest.find("0\r\n\r\n");
    if (last == std::string_view::npos) return std::nullopt;
    message.body = rest.substr(0, last);
    message.size = end + 4 + last + 5;
    return message;
  }
  auto length = static_cast<std::size_t>(number(header(head, "content-length").value_or("0")));
  if (message.status == 204 || message.status == 304) length = 0;
  if (rest.size() < length) return std::nullopt;
  message.body = rest.substr(0, length);
  message.size = end + 4 + length;
  return message;
}

inline void say_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) {
      usleep(20);
      continue;
    }
    if (n <= 0) give_up("send");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

inline std::string file_content(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) give_up(path);
  std::string content;
  char block[65536];
  for (std::size_t n; (n = std::fread(block, 1, sizeof(block), file)) > 0;) content.append(block, n);
  std::fclose(file);
  return content;
}

// `<length>\n<bytes>` for each.
inline std::vector<std::string> requests_of(const std::string& path) {
  std::string content = file_content(path);
  std::vector<std::string> requests;
  for (std::size_t at = 0; at < content.size();) {
    auto line = content.find('\n', at);
    auto size = static_cast<std::size_t>(number(std::string_view(content).substr(at, line - at)));
    requests.push_back(content.substr(line + 1, size));
    at = line + 1 + size;
  }
  if (requests.empty()) give_up(path + " holds no request");
  return requests;
}

}  // namespace bench
