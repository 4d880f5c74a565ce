// SPDX-License-Identifier: BSD-2-Clause
// The store's addresses, by nginx's resolver.
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
  if (settings_.host.empty() || settings_.resolver == nullptr || asked_ != nullptr) return false;
  ngx_resolver_ctx_t* question = ngx_resolve_start(settings_.resolver, nullptr);
  if (question == nullptr || question == NGX_NO_RESOLVER) return false;
  name_ = settings_.host;
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

// A resolver gives the same addresses in another order each time: that is no change.
void RedisPlaces::take(const ngx_resolver_ctx_t& answer) {
  std::vector<Place> fresh(answer.naddrs);
  for (ngx_uint_t i = 0; i < answer.naddrs; ++i) {
    ngx_memcpy(&fresh[i].address, answer.addrs[i].sockaddr, answer.addrs[i].socklen);
    ngx_inet_set_port(&fresh[i].address.sockaddr, settings_.port);
    std::array<u_char, NGX_SOCKADDR_STRLEN> text{};
    const auto length =
        ngx_sock_ntop(&fresh[i].address.sockaddr, answer.addrs[i].socklen, text.data(), text.size(), 1);
    fresh[i].name.assign(reinterpret_cast<const char*>(text.data()), length);
  }
  const auto before = names_of(addresses_, [](const ngx_addr_t& known) { return as_text(known.name); });
  if (before == names_of(fresh, [](const Place& place) { return place.name; })) return;
  places_ = std::move(fresh);
  addresses_.clear();
  for (std::size_t i = 0; i < places_.size(); ++i) {
    ngx_addr_t address{};
    address.sockaddr = &places_[i].address.sockaddr;
    address.socklen = answer.addrs[i].socklen;
    address.name = {places_[i].name.size(), reinterpret_cast<u_char*>(places_[i].name.data())};
    addresses_.push_back(address);
  }
  current_ = tried_ = 0;
  changed_ = true;
}

void RedisPlaces::quit() noexcept {
  tell_.cancel();
  if (asked_ != nullptr) ngx_resolve_name_done(std::exchange(asked_, nullptr));
}

}  // namespace slo::ngx
