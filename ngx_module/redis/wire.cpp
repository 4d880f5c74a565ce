// SPDX-License-Identifier: BSD-2-Clause
// One socket to Redis: nginx's events and TLS on one side, hiredis' reply reader on the other.
#include "ngx_module/redis/wire.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace slo::ngx {
namespace {

constexpr std::size_t kept_output = 1 << 20;  // more than this is given back to the allocator

std::string in_words(int error) {
  return error == 0 ? "the connection broke" : std::generic_category().message(error);
}

RedisWire& wire_of(ngx_event_t* event) {
  return *static_cast<RedisWire*>(static_cast<ngx_connection_t*>(event->data)->data);
}

bool is_ip(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  auto* text = const_cast<u_char*>(reinterpret_cast<const u_char*>(name.data()));
  return ngx_inet_addr(text, name.size()) != INADDR_NONE ||
         ngx_inet6_addr(text, name.size(), ignored.data()) == NGX_OK;
}

// Why the peer ends TLS, in its own word; empty: it does not.
std::string alert_in(int where, int level_and_alert) {
  constexpr int certificate_required = 116;  // which OpenSSL has no words for
  if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT || level_and_alert >> 8 != SSL3_AL_FATAL) return {};
  if ((level_and_alert & 0xff) == certificate_required) return "certificate required";
  return SSL_alert_desc_string_long(level_and_alert);
}

bool is_issued_to(ngx_connection_t* c, const std::string& name) {
  if (!is_ip(name)) {
    ngx_str_t wanted{name.size(), const_cast<u_char*>(reinterpret_cast<const u_char*>(name.data()))};
    return ngx_ssl_check_host(c, &wanted) == NGX_OK;
  }
  const std::unique_ptr<X509, decltype(&X509_free)> peer(SSL_get_peer_certificate(c->ssl->connection),
                                                         &X509_free);
  return peer && X509_check_ip_asc(peer.get(), name.c_str(), 0) == 1;
}

}  // namespace

RedisWire::RedisWire(const LinkSettings& settings, ngx_log_t* log, Callbacks callbacks)
    : settings_(settings),
      log_(*log),
      log_level_(log->log_level),
      callbacks_(std::move(callbacks)),
      flush_(log, [this] { attend([this] { flush(); }); }) {
  quiet_log();
}

// One line per transition is the dialler's to write: nginx would write one per attempt.
void RedisWire::quiet_log() noexcept {
  if ((log_level_ & NGX_LOG_DEBUG_ALL) == 0) log_.log_level = NGX_LOG_ALERT;
}

// Whatever our own code throws (no memory) leaves the stream in an unknown state: the socket is given up.
template <class Work>
void RedisWire::attend(Work&& work) {
  const bool done = guarded(&log_, false, [&] { return work(), true; });
  if (!done) guarded(&log_, [this] { lose("out of memory"); });
}

void RedisWire::on_read(ngx_event_t* event) {
  auto& wire = wire_of(event);
  wire.attend([&] {
    if (wire.connection_->close) return wire.lose("the worker is being shut down");
    if (wire.phase_ == Phase::open) return wire.drain();
    if (wire.phase_ != Phase::connecting) return;
    if (const auto refused = wire.refused_by_kernel()) wire.lose(*refused);
  });
}

void RedisWire::on_write(ngx_event_t* event) {
  auto& wire = wire_of(event);
  wire.attend([&] {
    if (wire.phase_ == Phase::open) return wire.flush();
    if (wire.phase_ == Phase::connecting) return wire.connected();
  });
}

void RedisWire::on_handshake(ngx_connection_t* connection) {
  auto& wire = *static_cast<RedisWire*>(connection->data);
  wire.attend([&] { wire.secured(); });
}

void RedisWire::on_tls(const SSL* ssl, int where, int what) {
  const auto* connection = static_cast<ngx_connection_t*>(ngx_ssl_get_connection(ssl));
  auto& wire = *static_cast<RedisWire*>(connection->data);
  guarded(&wire.log_, [&] {
    if (auto alert = alert_in(where, what); !alert.empty()) wire.alert_ = std::move(alert);
  });
}

void RedisWire::open(const ngx_addr_t& address, const std::string& tls_name, bool log_handshake) {
  alert_.clear();
  tls_name_ = tls_name;
  log_handshake_ = log_handshake;
  ngx_str_t name = address.name;
  ngx_peer_connection_t peer{};
  peer.sockaddr = address.sockaddr;
  peer.socklen = address.socklen;
  peer.name = &name;
  peer.get = ngx_event_get_peer;
  peer.log = &log_;
  peer.log_error = NGX_ERROR_ERR;
  peer.so_keepalive = 1;

  errno = 0;
  const ngx_int_t started = ngx_event_connect_peer(&peer);
  if (started == NGX_ERROR || started == NGX_DECLINED)
    return lose(in_words(errno));  // it has closed the socket

  connection_ = peer.connection;
  connection_->data = this;
  connection_->read->handler = on_read;
  connection_->write->handler = on_write;
  reader_.emplace();
  phase_ = Phase::connecting;
  if (started == NGX_OK) connected();
}

std::optional<std::string> RedisWire::refused_by_kernel() const {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(connection_->fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1) error = errno;
  if (error == 0) return std::nullopt;
  return in_words(error);
}

void RedisWire::connected() {
  if (const auto refused = refused_by_kernel()) return lose(*refused);
  if (ngx_tcp_nodelay(connection_) != NGX_OK) return lose(in_words(errno));
  if (settings_.tls) return secure();
  opened();
}

void RedisWire::secure() {
  phase_ = Phase::securing;
  if (log_handshake_) log_.log_level = log_level_;
  connection_->pool = ngx_create_pool(1024, &log_);
  if (connection_->pool == nullptr) return lose("out of memory");
  if (ngx_ssl_create_connection(settings_.ssl, connection_, NGX_SSL_CLIENT) != NGX_OK)
    return lose("TLS cannot start");
  SSL_set_info_callback(connection_->ssl->connection, on_tls);
  if (!is_ip(tls_name_)) {
    SSL_set_tlsext_host_name(connection_->ssl->connection, tls_name_.c_str());
  }
  if (ngx_ssl_handshake(connection_) == NGX_AGAIN) {
    connection_->ssl->handler = on_handshake;
    return;
  }
  secured();
}

void RedisWire::secured() {
  if (!connection_->ssl->handshaked) return lose("the TLS handshake failed");
  connection_->read->handler = on_read;  // the handshake put its own in their place
  connection_->write->handler = on_write;
  if (const auto reason = peer_mismatch()) return lose(*reason);
  opened();
}

// Why the peer is not the one we want to talk to.
std::optional<std::string> RedisWire::peer_mismatch() const {
  const long verdict = SSL_get_verify_result(connection_->ssl->connection);
  if (verdict != X509_V_OK)
    return std::string("its certificate is not trusted: ") + X509_verify_cert_error_string(verdict);
  if (is_issued_to(connection_, tls_name_)) return std::nullopt;
  return "its certificate is not for \"" + tls_name_ + "\"";
}

void RedisWire::opened() {
  phase_ = Phase::open;
  if (connection_->read->ready) {
    // It may have spoken already, or the handshake may have read more than it needed: no event will tell.
    ngx_post_event(connection_->read, &ngx_posted_events);
  }
  callbacks_.opened();
}

void RedisWire::say(std::string_view bytes) {
  out_.append(bytes);
  if (connection_->write->ready) flush_.post();
}

void RedisWire::flush() {
  while (sent_ < out_.size()) {
    errno = 0;
    auto* rest = reinterpret_cast<u_char*>(out_.data() + sent_);
    const ssize_t sent = connection_->send(connection_, rest, out_.size() - sent_);
    if (sent == NGX_ERROR) return lose_unheard(in_words(errno));
    if (sent <= 0) break;
    sent_ += static_cast<std::size_t>(sent);
  }
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
    if (out_.capacity() > kept_output) out_.shrink_to_fit();
  } else if (sent_ > kept_output) {
    out_.erase(0, sent_);
    sent_ = 0;
  }
  if (ngx_handle_write_event(connection_->write, 0) != NGX_OK) lose("no event");
}

// Edge-triggered: reads until there is no more.
void RedisWire::drain() {
  for (;;) {
    errno = 0;
    const ssize_t got = connection_->recv(connection_, reinterpret_cast<u_char*>(in_.data()), in_.size());
    if (got == NGX_AGAIN) break;
    if (got == 0) return lose("it closed the connection");
    if (got < 0) return lose(in_words(errno));
    reader_->feed({in_.data(), static_cast<std::size_t>(got)});
    if (!on_reply()) return;
  }
  if (ngx_handle_read_event(connection_->read, 0) != NGX_OK) lose("no event");
}

// Hands out the whole replies read so far. False: the socket is not the same any more.
bool RedisWire::on_reply() {
  const unsigned generation = generation_;
  for (;;) {
    auto reply = reader_->next();
    if (!reply) return lose("it does not speak Redis' protocol"), false;
    if (!*reply) return true;
    if (std::exchange(log_handshake_, false))
      quiet_log();  // not before: TLS 1.3 tells only now that it wanted our certificate
    callbacks_.replied(*std::move(reply));
    if (generation != generation_) return false;
  }
}

// A server that wants another certificate of us says so after the handshake, and closes in the face of what
// we write.
void RedisWire::lose_unheard(const std::string& reason) {
  if (connection_->ssl != nullptr)
    connection_->recv(connection_, reinterpret_cast<u_char*>(in_.data()), in_.size());
  lose(reason);
}

void RedisWire::lose(const std::string& reason) {
  const std::string why = alert_.empty() ? reason : "it ends TLS, saying \"" + alert_ + '"';
  close();
  callbacks_.lost(why);
}

void RedisWire::close() noexcept {
  ++generation_;
  phase_ = Phase::closed;
  quiet_log();
  flush_.cancel();
  out_.clear();
  sent_ = 0;
  ngx_connection_t* c = std::exchange(connection_, nullptr);
  if (c == nullptr) return;
  if (c->ssl != nullptr) {
    c->ssl->no_wait_shutdown = 1;  // together: frees it without waiting for anybody
    c->ssl->no_send_shutdown = 1;
    ngx_ssl_shutdown(c);
  }
  ngx_pool_t* pool = c->pool;
  ngx_close_connection(c);
  if (pool != nullptr) ngx_destroy_pool(pool);
}

}  // namespace slo::ngx
