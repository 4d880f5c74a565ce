// SPDX-License-Identifier: BSD-2-Clause
#include "t/harness/private_redis.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace slo {
namespace {

[[noreturn]] void give_up(const char* why) {
  std::fprintf(stderr, "private_redis: %s: %s\n", why, std::strerror(errno));
  std::abort();
}

int connect_to(const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (socket < 0 || path.size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;
  ::close(socket);
  return -1;
}

// Another one than the system's, such as a Valkey: t/README.md.
const char* server_program() {
  const char* named = std::getenv("SLO_REDIS_SERVER");
  return named && *named ? named : "redis-server";
}

[[noreturn]] void become_redis(const std::string& directory, const std::vector<std::string>& options) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::vector<std::string> words{server_program(),
                                 "--port",
                                 "0",
                                 "--unixsocket",
                                 directory + "/redis.sock",
                                 "--dir",
                                 directory,
                                 "--save",
                                 "",
                                 "--appendonly",
                                 "no",
                                 "--daemonize",
                                 "no",
                                 "--logfile",
                                 directory + "/redis.log"};
  words.insert(words.end(), options.begin(), options.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

}  // namespace

RedisClient::RedisClient(const std::string& socket_path) : socket_(connect_to(socket_path)) {
  if (socket_ < 0) give_up("connect");
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

RedisClient::~RedisClient() { ::close(socket_); }

void RedisClient::send(const redis::Command& command) {
  const auto bytes = redis::encode(command);
  for (std::size_t sent = 0; sent < bytes.size();) {
    const auto n = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) give_up("send");
    sent += static_cast<std::size_t>(n);
  }
}

redis::OwnedReply RedisClient::on_reply() {
  for (;;) {
    auto reply = reader_.next();
    if (!reply) give_up("the reply is not RESP");
    if (*reply) return *std::move(reply);
    std::array<char, 16384> buffer{};
    const auto n = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (n <= 0) give_up("recv");
    reader_.feed({buffer.data(), static_cast<std::size_t>(n)});
  }
}

std::vector<redis::OwnedReply> RedisClient::check_request(const std::vector<redis::Command>& commands) {
  for (const auto& command : commands) send(command);
  std::vector<redis::OwnedReply> replies;
  for (std::size_t i = 0; i < commands.size(); ++i) replies.push_back(on_reply());
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (!commands[i].script || !redis::Reply(replies[i].get()).error().starts_with("NOSCRIPT")) continue;
    send(redis::fallback(commands[i]));
    replies[i] = on_reply();
  }
  return replies;
}

redis::OwnedReply RedisClient::say(std::vector<std::string> words) {
  send({.words = std::move(words)});
  return on_reply();
}

std::unique_ptr<PrivateRedis> PrivateRedis::start(const std::vector<std::string>& options) {
  std::string directory = (std::filesystem::temp_directory_path() / "slo-redis-XXXXXX").string();
  if (!::mkdtemp(directory.data())) return nullptr;
  const pid_t pid = ::fork();
  if (pid == 0) become_redis(directory, options);
  auto server = std::make_unique<PrivateRedis>(directory, pid);
  return pid > 0 && server->wait_until_it_listens() ? std::move(server) : nullptr;
}

bool PrivateRedis::wait_until_it_listens() {
  for (int tries = 0; tries < 500; ++tries) {
    if (const int socket = connect_to(socket_path()); socket >= 0) return ::close(socket) == 0;
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return false;
    }
    ::usleep(10'000);
  }
  return false;
}

PrivateRedis::~PrivateRedis() {
  if (pid_ > 0) {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

}  // namespace slo
