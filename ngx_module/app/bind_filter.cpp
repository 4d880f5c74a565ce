// SPDX-License-Identifier: BSD-2-Clause
// slo_bind: the cookies that a login callback's answer sets are tied to their session before they leave.
//
// The answer is held, head and all, until they are bound or that has failed, which takes as long as
// slo_store's `timeout` allows; then it goes on byte for byte.
#include "ngx_module/app/bind_filter.h"

#include <list>
#include <optional>
#include <utility>

#include "ngx_module/app/callback.h"
#include "ngx_module/app/late_logins.h"
#include "ngx_module/http/held_answer.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/store/store.h"

namespace slo::ngx {
namespace {
namespace bind_filter {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;

// One of nginx's bits for filters that keep something, as of slo_learn, which keeps answers of OPs.
constexpr unsigned held_back = 0x08;
constexpr std::size_t max_copied = 64UL * 1024;  // what is more stays where it lies

struct Binder;
using WaitingBinders = std::list<Binder*>;
// Who waits, so that a request that goes is not called any more.
WaitingBinders& waiting_binders() {
  static WaitingBinders all;
  return all;
}

void resume(Binder& binder);

struct Binder {
  explicit Binder(R& request) : r(request), longest(ngx_cycle->log, [this] { resume(*this); }) {}
  Binder(const Binder&) = delete;
  ~Binder() { let_go(); }
  void let_go() noexcept {
    if (waiting) **std::exchange(waiting, std::nullopt) = nullptr;
  }

  R& r;
  HeldAnswer answer{max_copied};
  bool is_holding = false;
  bool is_released = false;
  std::optional<WaitingBinders::iterator> waiting{};
  Event longest;
};

ngx_http_output_header_filter_pt next_header_filter;
ngx_http_output_body_filter_pt next_body_filter;

// In the order in which they are called.
ngx_int_t filter_header(R* r) noexcept;
bool begin(R& r, const BindRule& rule);
ngx_int_t filter_body(R* r, ngx_chain_t* in) noexcept;
ngx_int_t keep_holding(Binder& binder, ngx_chain_t* in);
void bound(WaitingBinders::iterator waiting);
void resume(Binder& binder);
ngx_int_t pass(Binder& binder, ngx_chain_t* rest);

ngx_int_t filter_header(R* r) noexcept {
  const BindRule* rule = app_loc_conf(*r).bind;
  if (rule == nullptr || r != r->main || store() == nullptr) return next_header_filter(r);
  const bool is_held = guarded(r->connection->log, false, [r, rule] { return begin(*r, *rule); });
  return is_held ? NGX_OK : next_header_filter(r);
}

// True: the head of the answer is held back. One without a body leaves at once.
bool begin(R& r, const BindRule& rule) {
  auto login = read_callback(r, rule);
  if (!login) return false;
  if (r.header_only != 0 || r.method == NGX_HTTP_HEAD) return bind_login(*std::move(login), [] {}), false;
  auto& binder = pool_new<Binder>(r.pool, r);
  auto& all = waiting_binders();
  binder.waiting = all.insert(all.end(), &binder);
  binder.is_holding = true;
  r.buffered |= held_back;
  r.filter_need_in_memory = 1;
  binder.longest.after(longest_hold(r, false));
  bind_login(*std::move(login), [at = *binder.waiting] { bound(at); });
  return true;
}

ngx_int_t filter_body(R* r, ngx_chain_t* in) noexcept {
  if (r->post_action != 0) r->buffered &= ~held_back;
  const bool may_be_held = app_loc_conf(*r).bind != nullptr && r == r->main && r->post_action == 0;
  Binder* binder = may_be_held ? pool_find<Binder>(r->pool) : nullptr;
  if (binder == nullptr || !binder->is_holding) return next_body_filter(r, in);
  return guarded(r->connection->log, static_cast<ngx_int_t>(NGX_ERROR), [&]() -> ngx_int_t {
    return binder->is_released ? pass(*binder, in) : keep_holding(*binder, in);
  });
}

// There may come a body, in pieces; or its upstream cuts it short.
ngx_int_t keep_holding(Binder& binder, ngx_chain_t* in) {
  const ngx_http_upstream_t* upstream = binder.r.upstream;
  const bool is_ending = upstream != nullptr && upstream->cleanup == nullptr;
  if (is_bare_flush(in) && is_ending) return pass(binder, in);
  if (!is_bare_flush(in)) binder.answer.take_all(binder.r.pool, in);
  return NGX_AGAIN;
}

void bound(WaitingBinders::iterator waiting) {
  Binder* binder = *waiting;
  waiting_binders().erase(waiting);
  if (binder == nullptr) return;
  binder->waiting.reset();
  resume(*binder);
}

// nginx calls the request as if its client could take more.
void resume(Binder& binder) {
  R& r = binder.r;
  binder.let_go();
  binder.longest.cancel();
  if (r.post_action != 0) return;
  binder.is_released = true;
  const auto sent = guarded(r.connection->log, static_cast<ngx_int_t>(NGX_ERROR), [&binder] {
    const ngx_int_t passed = pass(binder, nullptr);
    if (passed == NGX_ERROR || binder.answer.is_whole()) return passed;
    return ngx_http_send_special(&binder.r, NGX_HTTP_FLUSH);
  });
  if (sent == NGX_ERROR) r.connection->error = 1;
  ngx_post_event(r.connection->write, &ngx_posted_events);
}

ngx_int_t pass(Binder& binder, ngx_chain_t* rest) {
  R& r = binder.r;
  binder.let_go();
  binder.longest.cancel();
  binder.is_holding = false;
  r.buffered &= ~held_back;
  const ngx_int_t sent = next_header_filter(&r);
  if (sent == NGX_ERROR || sent > NGX_OK || r.header_only != 0) return NGX_ERROR;
  return next_body_filter(&r, binder.answer.release(r.pool, rest));
}

}  // namespace bind_filter
}  // namespace

ngx_int_t install_bind_filter(ngx_conf_t*) {
  bind_filter::next_header_filter = std::exchange(ngx_http_top_header_filter, bind_filter::filter_header);
  bind_filter::next_body_filter = std::exchange(ngx_http_top_body_filter, bind_filter::filter_body);
  return NGX_OK;
}

}  // namespace slo::ngx
