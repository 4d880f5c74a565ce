// SPDX-License-Identifier: BSD-2-Clause
// What a finished call came to: the receiver's own answer, or nginx's verdict about it.
#include "ngx_module/delivery/receiver_answer.h"

#include <algorithm>
#include <optional>

#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

constexpr time_t max_wait = 366 * 24 * 3600;

std::optional<Seconds> read_retry_after(ngx_str_t value) {
  time_t seconds = ngx_atotm(value.data, value.len);
  if (seconds == NGX_ERROR) {
    bool all_digits = value.len > 0 && std::all_of(value.data, value.data + value.len, isdigit);
    if (all_digits) return Seconds(max_wait);  // beyond what fits
    time_t date = ngx_parse_http_time(value.data, value.len);
    if (date == NGX_ERROR) return std::nullopt;
    seconds = date - ngx_time();
  }
  return Seconds(std::clamp<time_t>(seconds, 0, max_wait));
}

// Null: it has none; `name` in lower case.
const ngx_table_elt_t* find_header(const ngx_http_upstream_headers_in_t& headers, std::string_view name) {
  for (const ngx_list_part_t* part = &headers.headers.part; part != nullptr; part = part->next) {
    const auto* rows = static_cast<const ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      bool is_it = rows[i].key.len == name.size() &&
                   std::equal(name.begin(), name.end(), reinterpret_cast<const char*>(rows[i].lowcase_key));
      if (is_it) return &rows[i];
    }
  }
  return nullptr;
}

std::optional<Seconds> find_retry_after(const ngx_http_upstream_headers_in_t& headers) {
  const auto* header = find_header(headers, "retry-after");
  return header != nullptr ? read_retry_after(header->value) : std::nullopt;
}

std::string header_text(const ngx_http_upstream_headers_in_t& headers, std::string_view name) {
  const auto* header = find_header(headers, name);
  return header != nullptr ? std::string(view(header->value)) : std::string();
}

// An answer that precedes the answer: 100, 102, 103. nginx 1.22 knows no such thing.
bool is_interim(ngx_uint_t status) {
  return status >= NGX_HTTP_CONTINUE && status < NGX_HTTP_OK && status != NGX_HTTP_SWITCHING_PROTOCOLS;
}

// The head of an interim answer has been read: what follows it in the buffer is another head.
ngx_int_t start_over(ngx_http_request_t& call) {
  ngx_http_upstream_t& upstream = *call.upstream;
  if (upstream.reinit_request(&call) != NGX_OK) return NGX_ERROR;
  upstream.keepalive = 0;
  if (upstream.state != nullptr) upstream.state->status = 0;
  auto& headers = upstream.headers_in;
  ngx_memzero(&headers, sizeof(headers));
  headers.content_length_n = -1;
  headers.last_modified_time = -1;
  ngx_int_t made = ngx_list_init(&headers.headers, call.pool, 8, sizeof(ngx_table_elt_t));
  return made == NGX_OK ? ngx_list_init(&headers.trailers, call.pool, 2, sizeof(ngx_table_elt_t)) : made;
}

int local_status(const ngx_http_request_t& call, ngx_int_t rc) {
  if (rc >= NGX_HTTP_SPECIAL_RESPONSE) return static_cast<int>(rc);
  // An answer without a status line, or cut off before its end.
  if (call.upstream != nullptr) return NGX_HTTP_BAD_GATEWAY;
  auto status = static_cast<int>(call.headers_out.status);
  return rc == NGX_OK && status != 0 ? status : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace

Document document_head(const ngx_http_request_t& call) {
  if (call.upstream == nullptr) return {};
  const auto& headers = call.upstream->headers_in;
  Document head;
  head.coding = header_text(headers, "content-encoding");
  head.cache_control = header_text(headers, "cache-control");
  return head;
}

void ReceiverAnswer::watch(ngx_http_upstream_t& upstream, ReadHead in_its_place) noexcept {
  if (upstream.process_header == in_its_place) return;
  read_head_ = upstream.process_header;
  upstream.process_header = in_its_place;
}

ngx_int_t ReceiverAnswer::read(ngx_http_request_t& call) {
  ngx_http_upstream_t& upstream = *call.upstream;
  for (;;) {
    ReadHead ours = upstream.process_header;
    upstream.process_header = read_head_;
    ngx_int_t rc = read_head_(&call);
    read_head_ = upstream.process_header;  // the status line has been read: the next one reads headers
    upstream.process_header = ours;
    if (rc == NGX_OK && is_interim(upstream.headers_in.status_n)) {
      upstream.process_header = read_head_;
      if (start_over(call) != NGX_OK) return NGX_ERROR;
      watch(upstream, ours);
      continue;
    }
    note(call);
    // What has no status line passes for an answer of HTTP/0.9, which ends when the connection does.
    bool is_http = upstream.headers_in.status_n != 0;
    return rc == NGX_OK && !is_http ? NGX_HTTP_UPSTREAM_INVALID_HEADER : rc;
  }
}

void ReceiverAnswer::note(const ngx_http_request_t& call) {
  if (call.upstream == nullptr) return;
  ngx_http_upstream_t& upstream = *call.upstream;
  const auto& headers = upstream.headers_in;
  if (headers.status_n == 0 || is_interim(headers.status_n)) return;
  noted_ = Answer{.by_receiver = true,
                  .status = static_cast<int>(headers.status_n),
                  .retry_after = find_retry_after(headers)};
  if (!is_success(noted_->status)) return;
  upstream.peer.tries = 0;
  upstream.peer.cached = 0;  // or nginx would grant another try
}

Answer ReceiverAnswer::conclude(const ngx_http_request_t& call, ngx_int_t rc, bool is_own_server) const {
  if (noted_) return *noted_;
  const bool answers_itself = is_own_server && call.upstream == nullptr && rc != NGX_HTTP_GATEWAY_TIME_OUT;
  return {.by_receiver = answers_itself, .status = local_status(call, rc)};
}

}  // namespace slo::ngx
