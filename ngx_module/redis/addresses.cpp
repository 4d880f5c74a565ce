// SPDX-License-Identifier: BSD-2-Clause
// A server's addresses, by nginx's resolver.
#include "ngx_module/redis/addresses.h"

#include <array>
#include <set>
#include <utility>

#include "ngx_module/nginx/entry.h"

namespace slo::ngx {
namespace {

std::string as_text(const ngx_str_t& text) { return {reinterpret_cast<const char*>(text.data), text.len}; }

template <class Range, class Name>
std::set<std::string> names_of(const Range& range, Name name) {
  std::set<std::string> names;
  for (const auto& one : range) names.insert(name(one));
  return names;
}

}  // namespace

RedisPlaces::RedisPlaces(const LinkSettings& settings, ngx_log_t* log, std::function<void(bool)> heard)
    : settings_(settings),
      log_(log),
      heard_(std::move(heard)),
      host_(settings.host),
      port_(settings.port),
      tls_name_(settings.tls_name),
      addresses_(settings.addresses),
      tell_(log, [this] { heard_(std::exchange(changed_, false)); }) {
  tell_.may_be_left();
}

bool RedisPlaces::next() noexcept {
  if (addresses_.empty()) return false;
  current_ = (current_ + 1) % addresses_.size();
  if (++tried_ < addresses_.size()) return true;
  tried_ = 0;
  return false;
}

bool RedisPlaces::look_up() {
  if (host_.empty() || settings_.resolver == nullptr || asked_ != nullptr) return false;
  ngx_resolver_ctx_t* question = ngx_resolve_start(settings_.resolver, nullptr);
  if (question == nullptr || question == NGX_NO_RESOLVER) return false;
  name_ = host_;
  question->name = {name_.size(), reinterpret_cast<u_char*>(name_.data())};
  question->handler = on_resolved;
  question->data = this;
  question->timeout = static_cast<ngx_msec_t>(settings_.timeout.count());
  question->cancelable = 1;  // a draining worker does not wait for it
  asked_ = question;
  if (ngx_resolve_name(question) != NGX_OK) {  // which has freed it
    asked_ = nullptr;
    return false;
  }
  return true;
}

// Also from inside ngx_resolve_name(), where the answer is known.
void RedisPlaces::on_resolved(ngx_resolver_ctx_t* answer) {
  auto& places = *static_cast<RedisPlaces*>(answer->data);
  guarded(places.log_, [&] { places.resolved(*answer); });
  places.asked_ = nullptr;
  ngx_resolve_name_done(answer);
  guarded(places.log_, [&] { places.tell_.post_next(); });
}

void RedisPlaces::resolved(const ngx_resolver_ctx_t& answer) {
  if (answer.state != NGX_OK) {
    trouble_ = reinterpret_cast<const char*>(ngx_resolver_strerror(answer.state));
    return;
  }
  trouble_.clear();
  take(answer);
}

void RedisPlaces::give_name(Place& place) {
  std::array<u_char, NGX_SOCKADDR_STRLEN> text{};
  const auto length = ngx_sock_ntop(&place.address.sockaddr, place.length, text.data(), text.size(), 1);
  place.name.assign(reinterpret_cast<const char*>(text.data()), length);
}

// A resolver gives the same addresses in another order each time: that is no change.
void RedisPlaces::take(const ngx_resolver_ctx_t& answer) {
  std::vector<Place> fresh(answer.naddrs);
  for (ngx_uint_t i = 0; i < answer.naddrs; ++i) {
    fresh[i].length = answer.addrs[i].socklen;
    ngx_memcpy(&fresh[i].address, answer.addrs[i].sockaddr, fresh[i].length);
    ngx_inet_set_port(&fresh[i].address.sockaddr, port_);
    give_name(fresh[i]);
  }
  const auto before = names_of(addresses_, [](const ngx_addr_t& known) { return as_text(known.name); });
  if (before == names_of(fresh, [](const Place& place) { return place.name; })) return;
  use(std::move(fresh));
  changed_ = true;
}

void RedisPlaces::use(std::vector<Place> places) {
  places_ = std::move(places);
  addresses_.clear();
  for (auto& place : places_) {
    ngx_addr_t address{};
    address.sockaddr = &place.address.sockaddr;
    address.socklen = place.length;
    address.name = {place.name.size(), reinterpret_cast<u_char*>(place.name.data())};
    addresses_.push_back(address);
  }
  current_ = tried_ = 0;
}

std::optional<RedisPlaces::Place> RedisPlaces::place_of_literal(const redis::Peer& peer) {
  Place place;
  std::string text = peer.host;
  auto* bytes = reinterpret_cast<u_char*>(text.data());
  auto& v4 = place.address.sockaddr_in;
  auto& v6 = place.address.sockaddr_in6;
  if (const in_addr_t number = ngx_inet_addr(bytes, text.size()); number != INADDR_NONE) {
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = number;
    place.length = sizeof(v4);
  } else if (ngx_inet6_addr(bytes, text.size(), v6.sin6_addr.s6_addr) == NGX_OK) {
    v6.sin6_family = AF_INET6;
    place.length = sizeof(v6);
  } else {
    return std::nullopt;
  }
  ngx_inet_set_port(&place.address.sockaddr, peer.port);
  give_name(place);
  return place;
}

void RedisPlaces::move_to(const redis::Peer& peer, std::vector<ngx_addr_t> known) {
  quit();
  trouble_.clear();
  changed_ = false;
  tls_name_ = peer.host;
  port_ = peer.port;
  auto literal = place_of_literal(peer);
  host_ = literal ? std::string() : peer.host;
  use({});
  if (literal) {
    std::vector<Place> only;
    only.push_back(*std::move(literal));
    return use(std::move(only));
  }
  addresses_ = std::move(known);
}

void RedisPlaces::quit() noexcept {
  tell_.cancel();
  if (asked_ != nullptr) ngx_resolve_name_done(std::exchange(asked_, nullptr));
}

}  // namespace slo::ngx
