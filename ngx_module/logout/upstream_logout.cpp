// SPDX-License-Identifier: BSD-2-Clause
// The OP's own logout: a subrequest with the browser's cookies to a location of the operator's.
#include "ngx_module/logout/upstream_logout.h"

#include <algorithm>
#include <array>
#include <new>
#include <span>
#include <string_view>
#include <utility>

#include "core/op/upstream_logout.h"
#include "ngx_module/delivery/call_request.h"
#include "ngx_module/http/request.h"
#include "ngx_module/nginx/bounded_log.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/nginx/zone.h"

namespace slo::ngx {
namespace {
namespace upstream_logout {  // names of this file alone, in unity builds too

constexpr int loop_detected = 508;  // RFC 5842, section 7.2

// Of the browser's request, not of this one.
constexpr std::array<std::string_view, 13> left_out{
    "upgrade", "trailer", "content-length", "content-type",      "content-encoding",    "transfer-encoding",
    "expect",  "range",   "if-match",       "if-modified-since", "if-unmodified-since", "if-none-match",
    "if-range"};

bool is_left_out(const ngx_table_elt_t& header) {
  return header.lowcase_key == nullptr ||
         std::ranges::find(left_out, std::string_view(reinterpret_cast<const char*>(header.lowcase_key),
                                                      header.key.len)) != left_out.end();
}

// The list of a subrequest is the main request's own: it gets one of its own.
void take_headers(ngx_http_request_t& request, const ngx_http_request_t& main) {
  auto& headers = request.headers_in;
  if (ngx_list_init(&headers.headers, request.pool, 16, sizeof(ngx_table_elt_t)) != NGX_OK)
    throw std::bad_alloc();
  for (const ngx_list_part_t* part = &main.headers_in.headers.part; part != nullptr; part = part->next) {
    for (const auto& header : std::span(static_cast<const ngx_table_elt_t*>(part->elts), part->nelts)) {
      if (is_left_out(header)) continue;
      auto* copy = static_cast<ngx_table_elt_t*>(ngx_list_push(&headers.headers));
      if (copy == nullptr) throw std::bad_alloc();
      *copy = header;
    }
  }
  headers.upgrade = headers.content_length = headers.content_type = headers.transfer_encoding =
      headers.expect = nullptr;
  headers.range = headers.if_range = headers.if_match = headers.if_none_match = nullptr;
  headers.if_modified_since = headers.if_unmodified_since = nullptr;
  headers.content_length_n = -1;
  headers.chunked = 0;
}

void take_method(ngx_http_request_t& request, bool is_post) {
  request.method = is_post ? NGX_HTTP_POST : NGX_HTTP_GET;
  request.method_name = is_post ? ngx_str_t ngx_string("POST") : ngx_str_t ngx_string("GET");
}

// `form` outlives the request.
void take_body(ngx_http_request_t& request, std::string& form) {
  std::string none;
  const bool is_post = request.method == NGX_HTTP_POST;
  if (!add_request_body(request, is_post ? form : none)) throw std::bad_alloc();
  if (!is_post) return;
  request.headers_in.content_length_n = static_cast<off_t>(form.size());
  request.headers_in.content_type =
      add_request_header(request, ngx_str_t ngx_string("Content-Type"),
                         ngx_str_t ngx_string("application/x-www-form-urlencoded"));
  if (request.headers_in.content_type == nullptr) throw std::bad_alloc();
}

int status_of(const ngx_http_request_t& subrequest, ngx_int_t rc) {
  if (rc >= NGX_HTTP_SPECIAL_RESPONSE) return static_cast<int>(rc);
  return rc == NGX_ERROR ? 0 : static_cast<int>(subrequest.headers_out.status);
}

}  // namespace upstream_logout
}  // namespace

UpstreamLogout& UpstreamLogout::begin(ngx_http_request_t& r, const Provider& provider, std::string form,
                                      UpstreamLogoutAsker asker) {
  auto& begun = pool_new<UpstreamLogout>(r.pool, r, provider, std::move(form), std::move(asker));
  begun.send();
  begun.deadline_.after(provider.upstream_logout.timeout);
  return begun;
}

UpstreamLogout::UpstreamLogout(ngx_http_request_t& r, const Provider& provider, std::string form,
                               UpstreamLogoutAsker asker)
    : r_(r),
      provider_(provider),
      form_(std::move(form)),
      asker_(std::move(asker)),
      finish_(ngx_cycle->log, [this] { go_on_waiting(); }),
      deadline_(ngx_cycle->log, [this] { cut_off(); }) {}

void UpstreamLogout::send() {
  using namespace upstream_logout;
  at_end_.data = this;
  at_end_.handler = [](ngx_http_request_t* request, void* data, ngx_int_t rc) -> ngx_int_t {
    guarded(request->connection->log, [&] { static_cast<UpstreamLogout*>(data)->answered(*request, rc); });
    return NGX_OK;
  };
  ngx_str_t uri = to_ngx(r_.pool, provider_.upstream_logout.uri);
  if (ngx_http_subrequest(&r_, &uri, nullptr, &subrequest_, &at_end_, NGX_HTTP_SUBREQUEST_BACKGROUND) !=
      NGX_OK)
    throw std::bad_alloc();
  subrequest_->header_only = 1;
  take_method(*subrequest_, provider_.upstream_logout.is_post);
  take_headers(*subrequest_, r_);
  take_body(*subrequest_, form_);
}

void UpstreamLogout::answered(const ngx_http_request_t& subrequest, ngx_int_t rc) {
  using namespace upstream_logout;
  if (is_over_) return;                                                         // too late
  if (loc_conf(subrequest).handler != nullptr) return conclude(loop_detected);  // our own word is no OP's
  for (const auto value : answer_headers(subrequest, "set-cookie")) {
    cookies_.push_back({"Set-Cookie", std::string(value)});
  }
  conclude(status_of(subrequest, rc));
}

bool UpstreamLogout::says_yes(int status) const {
  UpstreamLogoutAnswer answer{.status = status};
  for (const Header& cookie : cookies_) answer.cookies.emplace_back(cookie.value);
  return is_upstream_logout_done(provider_, answer, asker_, this_moment().seconds());
}

// Its connection to the OP is closed, and the user's serves the next request. What is not with the OP yet,
// but waits in its location for something, keeps the user's connection: that one ends with the answer.
void UpstreamLogout::cut_off() {
  if (ngx_http_request_t* waiting = std::exchange(subrequest_, nullptr)) {
    if (waiting->upstream != nullptr && waiting->upstream->cleanup != nullptr) {
      waiting->write_event_handler = ngx_http_request_empty_handler;
      (*waiting->upstream->cleanup)(waiting);  // as if the request were freed
    } else {
      r_.keepalive = 0;
    }
  }
  conclude(NGX_HTTP_GATEWAY_TIME_OUT);
}

void UpstreamLogout::give_up() { conclude(NGX_HTTP_CLIENT_CLOSED_REQUEST); }

void UpstreamLogout::conclude(int status) {
  if (std::exchange(is_over_, true)) return;
  deadline_.cancel();
  is_done_ = says_yes(status);
  count(is_done_ ? Counter::upstream_logouts_done : Counter::upstream_logouts_failed);
  if (!is_done_) {
    log_bounded("upstream_logout failed", NGX_LOG_WARN, r_.connection->log,
                "upstream_logout \"" + provider_.upstream_logout.uri + "\" answered " +
                    std::to_string(status) + (status < 400 ? " without expiring a session cookie" : "") +
                    ": the OP's own session may live, provider \"" + provider_.name + '"');
  }
  if (next_ != nullptr) finish_.post();
}

void UpstreamLogout::when_over(void (*next)(ngx_http_request_t& r)) {
  if (is_over_) return next(r_);
  next_ = next;
  pending_ = &hold_request(r_);
  r_.read_event_handler = ngx_http_block_reading;
}

void UpstreamLogout::go_on_waiting() {
  go_on(r_, *pending_, [this] { next_(r_); });
}

}  // namespace slo::ngx
