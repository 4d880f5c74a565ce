// SPDX-License-Identifier: BSD-2-Clause
// slo_publish: what clients must know of our logout is put into the OP's documents as they pass by.
//
// An answer's header waits for its body, since what is sent says how long it is, and which. What is no
// document of ours goes on as it came. The document is asked for as a whole, and so are conditions: a client
// has a copy of ours, the OP has another one.
#include "ngx_module/op/publish_filter.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "core/op/publishing.h"
#include "ngx_module/config/role.h"
#include "ngx_module/http/held_answer.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/nginx/bounded_log.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/op/addresses.h"
#include "ngx_module/op/conf.h"
#include "ngx_module/op/op_ctx.h"
#include "ngx_module/op/unconditional.h"

namespace slo::ngx {

enum class PublishStep : unsigned char { passing, holding, told };  // told: 304, the body is dropped

struct PublishCtx {
  const ProviderConf* provider = nullptr;
  std::string known{};  // If-None-Match
  PublishStep step = PublishStep::passing;
  HeldAnswer answer{max_published};
};

namespace {
namespace publishing {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;

ngx_http_output_header_filter_pt next_header_filter;
ngx_http_output_body_filter_pt next_body_filter;

// In the order in which they are called.
ngx_int_t filter_request(R* r) noexcept;
ngx_int_t filter_header(R* r) noexcept;
ngx_int_t filter_body(R* r, ngx_chain_t* in) noexcept;
ngx_int_t collect(R& r, PublishCtx& ctx, ngx_chain_t* in);
ngx_int_t conclude(R& r, PublishCtx& ctx);
ngx_int_t send(R& r, PublishCtx& ctx, std::string_view document);
ngx_int_t pass(R& r, PublishCtx& ctx, ngx_chain_t* rest);
void note(const R& r, const ProviderConf& provider, const std::string& what, const std::string& detail);

PublishCtx* ctx_of(const R& r) noexcept {
  const OpCtx* ctx = find_op_ctx(r);
  return ctx == nullptr ? nullptr : ctx->publishes;
}

PublishCtx& open_publish_ctx(R& r) {
  if (PublishCtx* open = ctx_of(r)) return *open;
  PublishCtx& ctx = pool_new<PublishCtx>(r.pool);
  ctx.provider = op_loc_conf(r).publishes_for->provider;
  open_op_ctx(r).publishes = &ctx;
  return ctx;
}

bool is_published(const R& r) noexcept {
  return &r == r.main && op_loc_conf(r).publishes_for != nullptr &&
         (r.method == NGX_HTTP_GET || r.method == NGX_HTTP_HEAD);
}

ngx_int_t filter_request(R* r) noexcept {
  if (!is_published(*r)) return NGX_DECLINED;
  return guarded(r->connection->log, static_cast<ngx_int_t>(NGX_HTTP_INTERNAL_SERVER_ERROR), [r] {
    open_publish_ctx(*r).known = ask_for_all(*r);
    return static_cast<ngx_int_t>(NGX_DECLINED);
  });
}

template <class Name>
bool is_one_of(std::string_view name, const Name& names) {
  for (const std::string_view one : names) {
    if (name.size() == one.size() &&
        ngx_strncasecmp(reinterpret_cast<u_char*>(const_cast<char*>(name.data())),
                        reinterpret_cast<u_char*>(const_cast<char*>(one.data())), one.size()) == 0)
      return true;
  }
  return false;
}

// What says something of the bytes that the OP sent.
void forget_upstream_bytes(R& r) {
  constexpr std::array<std::string_view, 5> names{"Content-MD5", "Digest", "Content-Digest", "Repr-Digest",
                                                  "Content-Encoding"};
  ngx_http_clear_content_length((&r));
  ngx_http_clear_last_modified((&r));
  ngx_http_clear_etag((&r));
  r.headers_out.content_encoding = nullptr;
  for (ngx_list_part_t* part = &r.headers_out.headers.part; part != nullptr; part = part->next) {
    auto* headers = static_cast<ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      if (is_one_of(view(headers[i].key), names)) headers[i].hash = 0;
    }
  }
}

ngx_int_t filter_header(R* r) noexcept {
  if (!is_published(*r)) return next_header_filter(r);
  const bool is_held = guarded(r->connection->log, false, [r] {
    PublishCtx& ctx = open_publish_ctx(*r);
    if (r->headers_out.status != NGX_HTTP_OK) {
      if (r->method == NGX_HTTP_GET) {
        note(*r, *ctx.provider, "status", " " + std::to_string(r->headers_out.status));
      }
      return false;
    }
    ngx_http_clear_accept_ranges(r);
    if (r->method == NGX_HTTP_HEAD || r->header_only) return forget_upstream_bytes(*r), false;
    ctx.step = PublishStep::holding;
    r->filter_need_in_memory = 1;
    return true;
  });
  return is_held ? NGX_OK : next_header_filter(r);
}

ngx_int_t filter_body(R* r, ngx_chain_t* in) noexcept {
  PublishCtx* ctx = ctx_of(*r);
  if (ctx == nullptr || ctx->step == PublishStep::passing) return next_body_filter(r, in);
  if (ctx->step == PublishStep::told) {
    for (; in != nullptr; in = in->next) in->buf->pos = in->buf->last;
    return next_body_filter(r, nullptr);
  }
  return guarded(r->connection->log, static_cast<ngx_int_t>(NGX_ERROR),
                 [&] { return collect(*r, *ctx, in); });
}

// nginx ends an answer so that its upstream cut short; but begins one so, too, that is not buffered.
bool is_cut_short(const R& r, const ngx_chain_t* in) {
  return in != nullptr && in->next == nullptr && in->buf->flush && !in->buf->last_buf &&
         ngx_buf_special(in->buf) && r.upstream != nullptr && r.upstream->cleanup == nullptr;
}

ngx_int_t collect(R& r, PublishCtx& ctx, ngx_chain_t* in) {
  if (is_cut_short(r, in)) {
    note(r, *ctx.provider, "broken", " off");
    return pass(r, ctx, in);
  }
  if (!ctx.answer.take(in)) {
    note(r, *ctx.provider, std::string(describe(Fault::response_too_large).name), "");
    return pass(r, ctx, in);
  }
  return ctx.answer.is_whole() ? conclude(r, ctx) : NGX_OK;
}

ngx_int_t conclude(R& r, PublishCtx& ctx) {
  const ProviderConf& provider = *ctx.provider;
  const auto published = publish(provider.provider, logout_support(provider),
                                 {.body = ctx.answer.bytes(), .is_packed = has_content_encoding(r)});
  if (!published) {
    const auto& [fault, detail] = published.error();
    note(r, provider, std::string(describe(fault).name), detail.empty() ? "" : ": " + detail);
    return pass(r, ctx, nullptr);
  }
  if (!published->doubt.empty()) {
    const std::string what = "a key set cannot show all our keys";
    log_bounded(what, NGX_LOG_WARN, r.connection->log,
                what + ": " + published->doubt + ", provider \"" + provider.provider.name + '"');
  }
  return send(r, ctx, published->document);
}

ngx_int_t send(R& r, PublishCtx& ctx, std::string_view document) {
  forget_upstream_bytes(r);
  const std::string etag = etag_of(document);
  r.headers_out.etag = &add_header(r, {"ETag", etag});
  if (names_etag(ctx.known, etag)) {
    r.headers_out.status = NGX_HTTP_NOT_MODIFIED;
    r.headers_out.status_line.len = 0;
    r.headers_out.content_type.len = 0;
    ctx.step = PublishStep::told;
    const ngx_int_t sent = next_header_filter(&r);
    return sent == NGX_ERROR || sent > NGX_OK ? NGX_ERROR : sent;
  }
  r.headers_out.content_length_n = static_cast<off_t>(document.size());
  ctx.answer.replace(document);
  return pass(r, ctx, nullptr);
}

ngx_int_t pass(R& r, PublishCtx& ctx, ngx_chain_t* rest) {
  ctx.step = PublishStep::passing;
  const ngx_int_t sent = next_header_filter(&r);
  if (sent == NGX_ERROR || sent > NGX_OK) return NGX_ERROR;
  if (r.header_only) return sent;
  return next_body_filter(&r, ctx.answer.release(r.pool, rest));
}

void note(const R& r, const ProviderConf& provider, const std::string& what, const std::string& detail) {
  // Each reason has lines of its own: one that is frequent hides no other.
  const std::string kind = "a document passes as it is: " + what;
  log_bounded(kind, NGX_LOG_WARN, r.connection->log,
              kind + detail + ", provider \"" + provider.provider.name + '"');
}

}  // namespace publishing
}  // namespace

ngx_int_t install_publish_filter(ngx_conf_t* cf) {
  if (main_conf(cf).providers.empty()) return NGX_OK;
  if (add_phase_handler(cf, NGX_HTTP_PRECONTENT_PHASE, publishing::filter_request) != NGX_OK)
    return NGX_ERROR;
  publishing::next_header_filter = std::exchange(ngx_http_top_header_filter, publishing::filter_header);
  publishing::next_body_filter = std::exchange(ngx_http_top_body_filter, publishing::filter_body);
  return NGX_OK;
}

}  // namespace slo::ngx
