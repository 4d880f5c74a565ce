// SPDX-License-Identifier: BSD-2-Clause
// What a finished call came to: the receiver's own answer, or nginx's verdict about it.
#include "ngx_module/receiver_answer.h"

#include <algorithm>
#include <optional>

#include "ngx_module/pool.h"

namespace slo::ngx {
namespace {

constexpr time_t longest_wait = 366 * 24 * 3600;

std::optional<Seconds> read_retry_after(ngx_str_t value) {
  time_t seconds = ngx_atotm(value.data, value.len);
  if (seconds == NGX_ERROR) {
    bool all_digits = value.len > 0 && std::all_of(value.data, value.data + value.len, isdigit);
    if (all_digits) return Seconds(longest_wait);  // beyond what fits
    time_t date = ngx_parse_http_time(value.data, value.len);
    if (date == NGX_ERROR) return std::nullopt;
    seconds = date - ngx_time();
  }
  return Seconds(std::clamp<time_t>(seconds, 0, longest_wait));
}

std::optional<Seconds> find_retry_after(const ngx_http_upstream_headers_in_t& headers) {
  constexpr std::string_view name = "retry-after";
  for (const ngx_list_part_t* part = &headers.headers.part; part != nullptr; part = part->next) {
    const auto* rows = static_cast<const ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      bool is_it = rows[i].key.len == name.size() &&
                   std::equal(name.begin(), name.end(), reinterpret_cast<const char*>(rows[i].lowcase_key));
      if (is_it) return read_retry_after(rows[i].value);
    }
  }
  return std::nullopt;
}

// nginx ends the call with a status of its own in place of a header that it was told to act on (an error page
// of the carrier location, X-Accel-Redirect): the receiver has answered all the same.
bool has_answered(const ngx_http_request_t& call, ngx_int_t rc) {
  if (call.upstream == nullptr || call.upstream->headers_in.status_n == 0) return false;
  const auto& headers = call.upstream->headers_in;
  return call.header_sent || headers.x_accel_redirect != nullptr ||
         static_cast<ngx_int_t>(headers.status_n) == rc;
}

int local_status(const ngx_http_request_t& call, ngx_int_t rc) {
  if (rc >= NGX_HTTP_SPECIAL_RESPONSE) return static_cast<int>(rc);
  // An answer without a status line, or cut off before its end.
  if (call.upstream != nullptr) return NGX_HTTP_BAD_GATEWAY;
  auto status = static_cast<int>(call.headers_out.status);
  return rc == NGX_OK && status != 0 ? status : NGX_HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace

Answer receiver_answer(const ngx_http_request_t& call, ngx_int_t rc) {
  if (!has_answered(call, rc)) return {.by_receiver = false, .status = local_status(call, rc)};
  const auto& headers = call.upstream->headers_in;
  return {.by_receiver = true,
          .status = static_cast<int>(headers.status_n),
          .retry_after = find_retry_after(headers)};
}

}  // namespace slo::ngx
