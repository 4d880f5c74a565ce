// SPDX-License-Identifier: BSD-2-Clause
// slo_learn: what an OP's answer tells of a login is stored before the client has the answer.
//
// The answer passes byte for byte. A token response and a page are held until they are whole, a redirect with
// its head from the beginning; and until what they teach is stored or has failed, which takes as long as
// slo_store's `timeout` allows; a failure is logged and counted, and the client logs in all the same.
#include "ngx_module/op/learn_filter.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "core/op/learning.h"
#include "ngx_module/http/held_answer.h"
#include "ngx_module/keys/key_fetcher.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/op/conf.h"
#include "ngx_module/op/jobs.h"
#include "ngx_module/op/learn_answer.h"
#include "ngx_module/op/op_ctx.h"

namespace slo::ngx {

enum class LearnStep : unsigned char { none, collecting, storing, passing };

namespace {
namespace learning {
void resume(LearnCtx& ctx);
}
}  // namespace

struct LearnCtx {
  explicit LearnCtx(ngx_http_request_t& request)
      : r(request), longest(ngx_cycle->log, [this] { learning::resume(*this); }) {}
  LearnCtx(const LearnCtx&) = delete;
  ~LearnCtx() { let_go(); }
  void let_go() noexcept {
    if (waiting) **std::exchange(waiting, std::nullopt) = nullptr;
    keys.give_up();
  }

  ngx_http_request_t& r;
  const ProviderConf* provider = nullptr;
  std::string token_request{};
  Lesson lesson = Lesson::none;
  bool is_packed = false;     // by the OP: our own gzip comes later
  bool holds_head = false;    // nothing of the answer has left
  bool is_beginning = false;  // nginx is about to come back to us by itself
  LearnStep step = LearnStep::none;
  HeldAnswer answer{max_token_response};
  std::optional<WaitingAnswers::iterator> waiting{};
  std::optional<ngx_msec_t> keys_until{};  // it waits for the OP's keys at most so long
  KeyFetcher::Waiting keys{};
  Event longest;
};

namespace {
namespace learning {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;

// One of nginx's bits for filters that keep something; image_filter's, which answers no token requests.
constexpr unsigned held_back = 0x08;

ngx_http_request_body_filter_pt next_request_body_filter;
ngx_http_output_header_filter_pt next_header_filter;
ngx_http_output_body_filter_pt next_body_filter;

// In the order in which they are called.
ngx_int_t filter_request_body(R* r, ngx_chain_t* in) noexcept;
ngx_int_t filter_header(R* r) noexcept;
bool begin(R& r);
void forget(LearnCtx& ctx);
void begin_to_collect(LearnCtx& ctx);
ngx_int_t filter_body(R* r, ngx_chain_t* in) noexcept;
ngx_int_t collect(LearnCtx& ctx, ngx_chain_t* in);
bool learn_whole(LearnCtx& ctx);
bool waits_for_keys(LearnCtx& ctx, const Refusal& why);
void with_keys(LearnCtx& ctx);
ngx_int_t keep_holding(LearnCtx& ctx, ngx_chain_t* in);
bool begin_to_store(LearnCtx& ctx, std::optional<LearntLogin> login);
void hold(LearnCtx& ctx);
void stored(WaitingAnswers::iterator waiting);
void resume(LearnCtx& ctx);
ngx_int_t pass(LearnCtx& ctx, ngx_chain_t* rest);

// Null as well where the request has gone another way since: to a post_action.
LearnCtx* ctx_of(const R& r) noexcept {
  const OpCtx* ctx = find_op_ctx(r);
  return ctx == nullptr ? nullptr : ctx->learns;
}

LearnCtx& open_learn_ctx(R& r) {
  if (LearnCtx* open = ctx_of(r)) return *open;
  LearnCtx& ctx = pool_new<LearnCtx>(r.pool, r);
  open_op_ctx(r).learns = &ctx;
  return ctx;
}

bool is_learnt_from(const R& r) noexcept {
  return &r == r.main && op_loc_conf(r).learns_for != nullptr && op_jobs() != nullptr;
}

// A copy as it comes: an unbuffered body, or one that lies in a file, is gone when the answer is there.
ngx_int_t filter_request_body(R* r, ngx_chain_t* in) noexcept {
  if (is_learnt_from(*r)) {
    guarded(r->connection->log, [r, in] {
      std::string& form = open_learn_ctx(*r).token_request;
      for (const ngx_chain_t* link = in; link != nullptr && form.size() <= max_token_request;
           link = link->next) {
        if (ngx_buf_in_memory(link->buf))
          form.append(reinterpret_cast<const char*>(link->buf->pos),
                      static_cast<std::size_t>(link->buf->last - link->buf->pos));
      }
    });
  }
  return next_request_body_filter(r, in);
}

ngx_int_t filter_header(R* r) noexcept {
  const bool may_learn = is_learnt_from(*r) && !r->header_only && r->method != NGX_HTTP_HEAD;
  const bool is_held = may_learn && guarded(r->connection->log, false, [r] { return begin(*r); });
  return is_held ? NGX_OK : next_header_filter(r);
}

// True: the head of the answer is held back as well.
bool begin(R& r) {
  const Lesson lesson = lesson_of_answer(r);
  if (LearnCtx* before = ctx_of(r)) forget(*before);
  if (lesson == Lesson::none) return false;
  const bool is_large = r.headers_out.content_length_n > static_cast<off_t>(max_token_response);
  if (lesson == Lesson::page && is_large) return false;
  LearnCtx& ctx = open_learn_ctx(r);
  ctx.provider = op_loc_conf(r).learns_for->provider;
  ctx.lesson = lesson;
  if (lesson != Lesson::redirect) return begin_to_collect(ctx), false;
  auto login = learn_redirect(r, *ctx.provider);
  if (!login) return false;
  r.filter_need_in_memory = 1;
  ctx.holds_head = true;
  ctx.is_beginning = true;
  begin_to_store(ctx, std::move(login));
  ctx.is_beginning = false;
  return true;
}

// Of an answer whose place this one takes.
void forget(LearnCtx& ctx) {
  ctx.let_go();
  ctx.longest.cancel();
  ctx.answer = HeldAnswer(max_token_response);
  ctx.step = LearnStep::none;
  ctx.holds_head = false;
  ctx.r.buffered &= ~held_back;
}

void begin_to_collect(LearnCtx& ctx) {
  R& r = ctx.r;
  ctx.is_packed = has_content_encoding(r);
  ctx.step = LearnStep::collecting;
  r.filter_need_in_memory = 1;
  if (r.headers_in.range != nullptr) r.allow_ranges = 0;  // half a token says nothing
  if (ctx.lesson == Lesson::page) ctx.longest.after(longest_hold(r, false));
}

ngx_int_t filter_body(R* r, ngx_chain_t* in) noexcept {
  LearnCtx* ctx = ctx_of(*r);
  if (ctx == nullptr) r->buffered &= ~held_back;  // left over from before a post_action
  if (ctx == nullptr || ctx->step == LearnStep::none) return next_body_filter(r, in);
  return guarded(r->connection->log, static_cast<ngx_int_t>(NGX_ERROR), [&]() -> ngx_int_t {
    if (ctx->step == LearnStep::collecting) return collect(*ctx, in);
    return ctx->step == LearnStep::storing ? keep_holding(*ctx, in) : pass(*ctx, in);
  });
}

ngx_int_t collect(LearnCtx& ctx, ngx_chain_t* in) {
  const auto gives_up = [&ctx, in](const Refusal& why) {
    if (ctx.lesson == Lesson::tokens) teaches_nothing(ctx.r.connection->log, *ctx.provider, why);
    return pass(ctx, in);
  };
  if (is_bare_flush(in)) {
    if (ctx.answer.bytes().empty()) return next_body_filter(&ctx.r, in);
    return gives_up(Refusal{Fault::response_malformed, "it broke off"});
  }
  if (!ctx.answer.take(in)) return gives_up(Refusal{Fault::response_too_large});
  if (!ctx.answer.is_whole()) return NGX_OK;
  // Whatever goes wrong with the login, its answer goes on.
  const bool is_held = guarded(ctx.r.connection->log, false, [&ctx] { return learn_whole(ctx); });
  return is_held ? NGX_AGAIN : pass(ctx, nullptr);
}

// False: there is nothing to wait for.
bool learn_whole(LearnCtx& ctx) {
  key_fetcher()->take_newest(*ctx.provider);
  const auto waits = [&ctx](const Refusal& why) { return waits_for_keys(ctx, why); };
  const LearntBody body{ctx.answer.bytes(), ctx.is_packed, ctx.token_request, waits};
  const auto learn = ctx.lesson == Lesson::page ? learn_page : learn_tokens;
  return begin_to_store(ctx, learn(ctx.r, *ctx.provider, body)) || ctx.step == LearnStep::storing;
}

// The OP may have just begun to use a key: the answer is looked at anew when its keys have been fetched.
bool waits_for_keys(LearnCtx& ctx, const Refusal& why) {
  const auto time = std::min(key_wait_left(ctx.keys_until), sendable_time(ctx.r));
  if (time <= Millis{0} || !key_fetcher()->may_help(*ctx.provider, why)) return false;
  ctx.step = LearnStep::storing;
  ctx.r.buffered |= held_back;
  key_fetcher()->wait(*ctx.provider, time, ctx.keys, [&ctx] { with_keys(ctx); });
  return true;
}

void with_keys(LearnCtx& ctx) {
  ctx.step = LearnStep::collecting;
  const bool is_held =
      guarded(ctx.r.connection->log, false, [&ctx] { return ctx_of(ctx.r) == &ctx && learn_whole(ctx); });
  if (!is_held) resume(ctx);
}

// Behind a head that is held there may come a body, in pieces; or its upstream cuts it short.
ngx_int_t keep_holding(LearnCtx& ctx, ngx_chain_t* in) {
  const ngx_http_upstream_t* upstream = ctx.r.upstream;
  const bool is_ending = upstream != nullptr && upstream->cleanup == nullptr;
  if (is_bare_flush(in) && is_ending) return pass(ctx, in);
  if (!is_bare_flush(in)) ctx.answer.take_all(ctx.r.pool, in);
  return NGX_AGAIN;
}

// False: there is nothing to store.
bool begin_to_store(LearnCtx& ctx, std::optional<LearntLogin> login) {
  if (!login) return false;
  hold(ctx);
  store_login(*ctx.provider, *std::move(login), [at = *ctx.waiting] { stored(at); });
  return true;
}

void hold(LearnCtx& ctx) {
  auto& all = op_jobs()->waiting;
  ctx.waiting = all.insert(all.end(), &ctx);
  ctx.step = LearnStep::storing;
  ctx.r.buffered |= held_back;
  if (ctx.lesson != Lesson::page) ctx.longest.after(longest_hold(ctx.r, ctx.keys_until.has_value()));
}

void stored(WaitingAnswers::iterator waiting) {
  LearnCtx* ctx = *waiting;
  op_jobs()->waiting.erase(waiting);
  if (ctx == nullptr) return;
  ctx->waiting.reset();
  resume(*ctx);
}

// What nginx is busy with it goes on with; else it calls the request as if its client could take more.
void resume(LearnCtx& ctx) {
  R& r = ctx.r;
  ctx.let_go();
  ctx.longest.cancel();
  if (ctx_of(r) != &ctx) {
    r.buffered &= ~held_back;
    return;
  }
  ctx.step = LearnStep::passing;
  if (ctx.is_beginning) return;
  if (ctx.holds_head || ctx.lesson == Lesson::page) {  // the rest of its body may be long in coming
    const auto sent = guarded(r.connection->log, static_cast<ngx_int_t>(NGX_ERROR), [&ctx] {
      const ngx_int_t passed = pass(ctx, nullptr);
      if (passed == NGX_ERROR || ctx.answer.is_whole()) return passed;
      return ngx_http_send_special(&ctx.r, NGX_HTTP_FLUSH);
    });
    if (sent == NGX_ERROR) r.connection->error = 1;
  }
  ngx_post_event(r.connection->write, &ngx_posted_events);
}

ngx_int_t pass(LearnCtx& ctx, ngx_chain_t* rest) {
  ctx.let_go();
  ctx.longest.cancel();
  ctx.step = LearnStep::none;
  ctx.r.buffered &= ~held_back;
  if (std::exchange(ctx.holds_head, false)) {
    const ngx_int_t sent = next_header_filter(&ctx.r);
    if (sent == NGX_ERROR || sent > NGX_OK || ctx.r.header_only) return NGX_ERROR;
  }
  return next_body_filter(&ctx.r, ctx.answer.release(ctx.r.pool, rest));
}

}  // namespace learning
}  // namespace

ngx_int_t install_learn_filter(ngx_conf_t* cf) {
  if (main_conf(cf).providers.empty()) return NGX_OK;
  learning::next_request_body_filter =
      std::exchange(ngx_http_top_request_body_filter, learning::filter_request_body);
  learning::next_header_filter = std::exchange(ngx_http_top_header_filter, learning::filter_header);
  learning::next_body_filter = std::exchange(ngx_http_top_body_filter, learning::filter_body);
  return NGX_OK;
}

}  // namespace slo::ngx
