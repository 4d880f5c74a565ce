// SPDX-License-Identifier: BSD-2-Clause
// One socket to Redis: bytes out, replies in, TLS underneath where it is asked for.
//
// Knows no command and never tries twice. What is said leaves at the end of the turn of the event loop, in
// one write.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/redis/settings.h"
#include "redis_schema/reply.h"

namespace slo::ngx {

class RedisWire {
 public:
  struct Callbacks {
    std::function<void()> opened{};  // connected; TLS: and the name is the one we wanted
    std::function<void(redis::OwnedReply)> replied{};
    std::function<void(const std::string& reason)>
        lost{};  // closed by now; also where open() fails, then from inside it
  };

  // REQUIRES: settings and log outlive the wire.
  RedisWire(const LinkSettings& settings, ngx_log_t* log, Callbacks callbacks);
  ~RedisWire() { close(); }
  RedisWire(const RedisWire&) = delete;
  RedisWire& operator=(const RedisWire&) = delete;

  // nginx's own lines about what goes wrong are kept out of the log, `lost` has the reason; but of a TLS
  // handshake only nginx knows the details, and `loud` lets them pass.
  // `tls_name` is verified, and sent as SNI.
  void open(const ngx_addr_t& address, const std::string& tls_name, bool log_handshake);
  void say(std::string_view bytes);
  void close() noexcept;  // nobody is told

 private:
  enum class Phase : std::uint8_t { closed, connecting, securing, open };
  static void on_read(ngx_event_t* event);
  static void on_write(ngx_event_t* event);
  static void on_handshake(ngx_connection_t* connection);
  static void on_tls(const SSL* ssl, int where, int what);
  template <class Work>
  void attend(Work&& work);

  void quiet_log() noexcept;
  void connected();
  void secure();
  void secured();
  void opened();
  void flush();
  void drain();
  bool on_reply();
  void lose(const std::string& reason);
  void lose_unheard(const std::string& reason);
  std::optional<std::string> refused_by_kernel() const;
  std::optional<std::string> peer_mismatch() const;

  const LinkSettings& settings_;
  ngx_log_t log_;
  const ngx_uint_t log_level_;
  bool log_handshake_ = false;
  std::string tls_name_{};
  std::string alert_{};  // by which the peer ended TLS
  Callbacks callbacks_;
  Event flush_;
  Phase phase_ = Phase::closed;
  ngx_connection_t* connection_ = nullptr;
  unsigned generation_ = 0;  // of the socket: tells a loop that what it called has closed it
  std::optional<redis::ReplyReader> reader_{};
  std::string out_{};
  std::size_t sent_ = 0;
  std::array<char, 16384> in_;
};

}  // namespace slo::ngx
