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
#include "core/text/inflate.h"
#include "ngx_module/http/register_participation.h"
#include "ngx_module/nginx/bounded_log.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/op/conf.h"
#include "ngx_module/op/held_answer.h"
#include "ngx_module/op/jobs.h"

namespace slo::ngx {
namespace {
namespace learning {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;

// One of nginx's bits for filters that keep something; image_filter's, which answers no token requests.
constexpr unsigned held_back = 0x08;

enum class Step : unsigned char { collecting, storing, passing };

struct LearnCtx {
  const ProviderConf* provider = nullptr;
  bool is_packed = false;  // by the OP: our own gzip comes later
  Step step = Step::collecting;
  HeldAnswer answer{max_token_response};
  std::optional<WaitingRequests::iterator> waiting{};
  ~LearnCtx() {
    if (waiting) **waiting = nullptr;
  }
};

ngx_http_output_header_filter_pt next_header_filter;
ngx_http_output_body_filter_pt next_body_filter;

// In the order in which they are called.
ngx_int_t filter_header(R* r) noexcept;
bool is_to_learn(const R& r);
bool has_content_encoding(const R& r);
ngx_int_t filter_body(R* r, ngx_chain_t* in) noexcept;
ngx_int_t collect(R& r, LearnCtx& ctx, ngx_chain_t* in);
Outcome<std::optional<Participation>> read_answer(const LearnCtx& ctx);
bool begin_to_store(R& r, LearnCtx& ctx);
std::string token_request(const R& r);
void stored(WaitingRequests::iterator waiting);
ngx_int_t pass(R& r, LearnCtx& ctx, ngx_chain_t* rest);
void note_failure(const R& r, const LearnCtx& ctx, const Refusal& why);

LearnCtx* ctx_of(const R& r) noexcept {
  return static_cast<LearnCtx*>(ngx_http_get_module_ctx((&r), ngx_http_slo_op_module));
}

ngx_int_t filter_header(R* r) noexcept {
  if (is_to_learn(*r)) {
    guarded(r->connection->log, [r] {
      LearnCtx& ctx = pool_new<LearnCtx>(r->pool);
      ctx.provider = op_loc_conf(*r).learns_for->provider;
      ctx.is_packed = has_content_encoding(*r);
      ngx_http_set_ctx(r, &ctx, ngx_http_slo_op_module);
      r->filter_need_in_memory = 1;
      r->allow_ranges = 0;  // half a token says nothing
    });
  }
  return next_header_filter(r);
}

bool has_content_encoding(const R& r) {
  const auto* coding = r.headers_out.content_encoding;
  return coding != nullptr && coding->value.len != 0;
}

bool is_to_learn(const R& r) {
  return &r == r.main && op_loc_conf(r).learns_for != nullptr && r.headers_out.status == NGX_HTTP_OK &&
         !r.header_only && r.method != NGX_HTTP_HEAD && op_jobs() != nullptr;
}

ngx_int_t filter_body(R* r, ngx_chain_t* in) noexcept {
  LearnCtx* ctx = ctx_of(*r);
  if (ctx == nullptr ||
      (ctx->step == Step::passing && ctx->answer.bytes().empty() && !ctx->answer.is_whole()))
    return next_body_filter(r, in);
  return guarded(r->connection->log, static_cast<ngx_int_t>(NGX_ERROR), [&]() -> ngx_int_t {
    if (ctx->step == Step::collecting) return collect(*r, *ctx, in);
    return ctx->step == Step::storing ? NGX_AGAIN : pass(*r, *ctx, in);
  });
}

ngx_int_t collect(R& r, LearnCtx& ctx, ngx_chain_t* in) {
  if (!ctx.answer.take(in)) {
    note_failure(r, ctx, Refusal{Fault::response_too_large});
    return pass(r, ctx, in);
  }
  if (!ctx.answer.is_whole()) return NGX_OK;
  return begin_to_store(r, ctx) ? NGX_AGAIN : pass(r, ctx, nullptr);
}

// False: there is nothing to store.
bool begin_to_store(R& r, LearnCtx& ctx) {
  const auto seen = read_answer(ctx);
  if (!seen) return note_failure(r, ctx, seen.error()), false;
  if (!*seen) return false;
  auto registration = read_registration(ctx.provider->provider, **seen);
  if (!registration) return note_failure(r, ctx, registration.error()), false;
  registration->is_renewal = is_renewal(token_request(r));
  auto& all = op_jobs()->waiting;
  ctx.waiting = all.insert(all.end(), &r);
  ctx.step = Step::storing;
  r.buffered |= held_back;
  register_participation(*ctx.provider, *std::move(registration),
                         {.done = [at = *ctx.waiting](const Outcome<Registered>&) { stored(at); }});
  return true;
}

Outcome<std::optional<Participation>> read_answer(const LearnCtx& ctx) {
  const Provider& provider = ctx.provider->provider;
  if (!ctx.is_packed) return learn_from_token_response(provider, ctx.answer.bytes(), this_moment());
  const auto plain = inflate(ctx.answer.bytes(), max_token_response);
  if (!plain) return refuse(Fault::response_malformed, "its Content-Encoding is not gzip or deflate");
  return learn_from_token_response(provider, *plain, this_moment());
}

// As far as nginx has it in memory; what lies in a file is no renewal, which is short.
std::string token_request(const R& r) {
  std::string form;
  if (r.request_body == nullptr) return form;
  for (const auto* link = r.request_body->bufs; link != nullptr; link = link->next) {
    if (!ngx_buf_in_memory(link->buf)) return {};
    form.append(reinterpret_cast<const char*>(link->buf->pos),
                static_cast<std::size_t>(link->buf->last - link->buf->pos));
  }
  return form;
}

// The request may be gone; else nginx calls it as if its client could be written to again.
void stored(WaitingRequests::iterator waiting) {
  R* r = *waiting;
  op_jobs()->waiting.erase(waiting);
  if (r == nullptr) return;
  LearnCtx& ctx = *ctx_of(*r);
  ctx.waiting.reset();
  ctx.step = Step::passing;
  ngx_post_event(r->connection->write, &ngx_posted_events);
}

ngx_int_t pass(R& r, LearnCtx& ctx, ngx_chain_t* rest) {
  ctx.step = Step::passing;
  r.buffered &= ~held_back;
  ngx_chain_t* all = ctx.answer.release(r.pool, rest);
  ctx.answer = HeldAnswer(0);
  return next_body_filter(&r, all);
}

// Whoever is no client of ours is none of our business; all else an operator wants to hear of.
void note_failure(const R& r, const LearnCtx& ctx, const Refusal& why) {
  if (why.fault == Fault::client_unknown) return;
  count(Counter::registrations_failed);
  // Each reason has lines of its own: one that is frequent hides no other.
  const std::string what = "a token response teaches nothing: " + std::string(describe(why.fault).name);
  log_bounded(what, NGX_LOG_WARN, r.connection->log,
              what + (why.detail.empty() ? "" : ": " + why.detail) + ", provider \"" +
                  ctx.provider->provider.name + '"');
}

}  // namespace learning
}  // namespace

ngx_int_t install_learn_filter(ngx_conf_t* cf) {
  if (main_conf(cf).providers.empty()) return NGX_OK;
  learning::next_header_filter = std::exchange(ngx_http_top_header_filter, learning::filter_header);
  learning::next_body_filter = std::exchange(ngx_http_top_body_filter, learning::filter_body);
  return NGX_OK;
}

}  // namespace slo::ngx
