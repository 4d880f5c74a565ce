// SPDX-License-Identifier: BSD-2-Clause
// slo_learn: the ID Token in a token response becomes a participation before the client has the response.
//
// The answer passes byte for byte. It is held until it is whole and its registration is stored or has failed,
// which takes as long as slo_store's `timeout` allows; a failure is logged and counted, and the client logs
// in all the same.
#include "ngx_module/op/learn_filter.h"

#include <optional>
#include <string>
#include <utility>

#include "core/op/learning.h"
#include "ngx_module/http/register_participation.h"
#include "ngx_module/nginx/bounded_log.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/op/conf.h"
#include "ngx_module/op/held_answer.h"
#include "ngx_module/op/jobs.h"
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
  }

  ngx_http_request_t& r;
  const ProviderConf* provider = nullptr;
  std::string token_request{};
  bool is_packed = false;  // by the OP: our own gzip comes later
  LearnStep step = LearnStep::none;
  HeldAnswer answer{max_token_response};
  std::optional<WaitingAnswers::iterator> waiting{};
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
bool is_to_learn(const R& r);
bool has_content_encoding(const R& r);
ngx_int_t filter_body(R* r, ngx_chain_t* in) noexcept;
ngx_int_t collect(LearnCtx& ctx, ngx_chain_t* in);
bool begin_to_store(LearnCtx& ctx);
void hold(LearnCtx& ctx);
void stored(WaitingAnswers::iterator waiting);
void resume(LearnCtx& ctx);
ngx_int_t pass(LearnCtx& ctx, ngx_chain_t* rest);
void note_failure(const LearnCtx& ctx, const Refusal& why);

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
  if (is_to_learn(*r)) {
    guarded(r->connection->log, [r] {
      LearnCtx& ctx = open_learn_ctx(*r);
      ctx.provider = op_loc_conf(*r).learns_for->provider;
      ctx.is_packed = has_content_encoding(*r);
      ctx.step = LearnStep::collecting;
      r->filter_need_in_memory = 1;
      if (r->headers_in.range != nullptr) r->allow_ranges = 0;  // half a token says nothing
    });
  }
  return next_header_filter(r);
}

bool is_to_learn(const R& r) {
  return is_learnt_from(r) && r.headers_out.status == NGX_HTTP_OK && !r.header_only &&
         r.method != NGX_HTTP_HEAD;
}

bool has_content_encoding(const R& r) {
  const auto* coding = r.headers_out.content_encoding;
  return coding != nullptr && coding->value.len != 0;
}

ngx_int_t filter_body(R* r, ngx_chain_t* in) noexcept {
  LearnCtx* ctx = ctx_of(*r);
  if (ctx == nullptr) r->buffered &= ~held_back;  // left over from before a post_action
  if (ctx == nullptr || ctx->step == LearnStep::none) return next_body_filter(r, in);
  return guarded(r->connection->log, static_cast<ngx_int_t>(NGX_ERROR), [&]() -> ngx_int_t {
    if (ctx->step == LearnStep::collecting) return collect(*ctx, in);
    return ctx->step == LearnStep::storing ? NGX_AGAIN : pass(*ctx, in);
  });
}

// How nginx ends an answer that its upstream cut short; and how it begins one that is not buffered.
bool is_bare_flush(const ngx_chain_t* in) {
  return in != nullptr && in->next == nullptr && in->buf->flush && !in->buf->last_buf &&
         ngx_buf_special(in->buf);
}

ngx_int_t collect(LearnCtx& ctx, ngx_chain_t* in) {
  if (is_bare_flush(in)) {
    if (ctx.answer.bytes().empty()) return next_body_filter(&ctx.r, in);
    note_failure(ctx, Refusal{Fault::response_malformed, "it broke off"});
    return pass(ctx, in);
  }
  if (!ctx.answer.take(in)) {
    note_failure(ctx, Refusal{Fault::response_too_large});
    return pass(ctx, in);
  }
  if (!ctx.answer.is_whole()) return NGX_OK;
  // Whatever goes wrong with the login, its answer goes on.
  const bool is_held = guarded(ctx.r.connection->log, false, [&ctx] { return begin_to_store(ctx); });
  return is_held ? NGX_AGAIN : pass(ctx, nullptr);
}

// False: there is nothing to store.
bool begin_to_store(LearnCtx& ctx) {
  const auto seen = learn_from_token_response(
      ctx.provider->provider, {.body = ctx.answer.bytes(), .is_packed = ctx.is_packed}, this_moment());
  if (!seen) return note_failure(ctx, seen.error()), false;
  if (!*seen) return false;
  auto registration = read_registration(ctx.provider->provider, **seen);
  if (!registration) return note_failure(ctx, registration.error()), false;
  registration->is_renewal = is_renewal(ctx.token_request);
  hold(ctx);
  register_participation(*ctx.provider, *std::move(registration),
                         {.done = [at = *ctx.waiting](const Outcome<Registered>&) { stored(at); }});
  return true;
}

// A client that takes nothing for `send_timeout` is given up by nginx: ours has had nothing to take.
void hold(LearnCtx& ctx) {
  auto& all = op_jobs()->waiting;
  ctx.waiting = all.insert(all.end(), &ctx);
  ctx.step = LearnStep::storing;
  ctx.r.buffered |= held_back;
  const auto* core =
      static_cast<ngx_http_core_loc_conf_t*>(ngx_http_get_module_loc_conf((&ctx.r), ngx_http_core_module));
  ctx.longest.after(Millis(static_cast<Millis::rep>(core->send_timeout / 4 * 3)));
}

void stored(WaitingAnswers::iterator waiting) {
  LearnCtx* ctx = *waiting;
  op_jobs()->waiting.erase(waiting);
  if (ctx == nullptr) return;
  ctx->waiting.reset();
  resume(*ctx);
}

// nginx calls the request as if its client could be written to again.
void resume(LearnCtx& ctx) {
  ctx.let_go();
  ctx.longest.cancel();
  ctx.step = LearnStep::passing;
  if (ctx_of(ctx.r) == &ctx) {
    ngx_post_event(ctx.r.connection->write, &ngx_posted_events);
  } else {
    ctx.r.buffered &= ~held_back;
  }
}

ngx_int_t pass(LearnCtx& ctx, ngx_chain_t* rest) {
  ctx.let_go();
  ctx.longest.cancel();
  ctx.step = LearnStep::none;
  ctx.r.buffered &= ~held_back;
  return next_body_filter(&ctx.r, ctx.answer.release(ctx.r.pool, rest));
}

void note_failure(const LearnCtx& ctx, const Refusal& why) {
  count(Counter::registrations_failed);
  // Each reason has lines of its own: one that is frequent hides no other.
  const std::string what = "a token response teaches nothing: " + std::string(describe(why.fault).name);
  log_bounded(what, NGX_LOG_WARN, ctx.r.connection->log,
              what + (why.detail.empty() ? "" : ": " + why.detail) + ", provider \"" +
                  ctx.provider->provider.name + '"');
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
