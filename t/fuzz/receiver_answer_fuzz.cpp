// SPDX-License-Identifier: BSD-2-Clause
// A receiver's answer: whatever status, headers and body it sends, the verdict is one that the specification
// allows, comes in bounded time, and tells nobody's name.
//
// nginx is here as its headers only. Its two readers of numbers answer what the fuzzer wants, within what
// their contracts allow.
#include "ngx_module/delivery/receiver_answer.h"

#include <array>

#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

time_t seconds_read = NGX_ERROR;
time_t date_read = NGX_ERROR;

}  // namespace
}  // namespace slo::fuzz

extern "C" {
static ngx_time_t fuzz_time{1'800'000'600, 0, 0};
volatile ngx_time_t* ngx_cached_time = &fuzz_time;

// Digits only, and what fits.
time_t ngx_atotm(u_char* line, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    if (line[i] < '0' || line[i] > '9') return NGX_ERROR;
  }
  return n == 0 ? NGX_ERROR : slo::fuzz::seconds_read;
}
time_t ngx_parse_http_time(u_char* value, size_t n) {
  return n == 0 || value[0] == '-' ? NGX_ERROR : slo::fuzz::date_read;
}

// Only reading a head needs memory, which is not done here.
void* ngx_palloc(ngx_pool_t*, size_t) { return nullptr; }
}

namespace slo::fuzz {
namespace {

struct Header {
  std::string name, value, lower;
};

std::vector<Header> headers_from(Input& input) {
  std::vector<Header> headers;
  for (auto count = input.below(4); count > 0; --count) {
    Header header{.name = input.flag() ? "Retry-After" : input.text(), .value = input.text()};
    for (const char c : header.name) header.lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    headers.push_back(std::move(header));
  }
  return headers;
}

ngx_str_t nginx_text(std::string& text) { return {text.size(), reinterpret_cast<u_char*>(text.data())}; }

Answer answer_of(Input& input, std::vector<Header>& headers) {
  std::vector<ngx_table_elt_t> rows(headers.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].key = nginx_text(headers[i].name);
    rows[i].value = nginx_text(headers[i].value);
    rows[i].lowcase_key = reinterpret_cast<u_char*>(headers[i].lower.data());
  }
  ngx_http_upstream_t upstream{};
  upstream.headers_in.status_n = static_cast<ngx_uint_t>(input.byte()) << 2 | input.byte();
  upstream.headers_in.headers.part = {rows.data(), rows.size(), nullptr};
  if (input.flag() && !rows.empty()) upstream.headers_in.x_accel_redirect = rows.data();
  ngx_http_request_t call{};
  if (!input.flag()) call.upstream = &upstream;
  call.header_sent = input.flag() ? 1 : 0;
  call.headers_out.status = static_cast<ngx_uint_t>(input.byte()) << 2;
  const ngx_int_t rc =
      input.flag() ? -static_cast<ngx_int_t>(input.below(8)) : static_cast<ngx_int_t>(input.byte()) << 2;
  ngx::ReceiverAnswer answer;
  if (input.flag()) answer.note(call);
  return answer.conclude(call, rc, input.flag());
}

Delivery delivery_from(Input& input) {
  auto delivery = a_delivery();
  delivery.attempt = 1 + input.byte() % 12;
  delivery.enqueued = a_moment().now - Seconds{static_cast<long long>(input.byte()) << 10};
  delivery.sid = Sid{"a-sid-of-someone"};
  delivery.sub = Subject{"a-user-of-ours"};
  return delivery;
}

bool may_be_tried_again(const Answer& answer) {
  if (!answer.by_receiver) return true;
  return answer.status == 408 || answer.status == 429 || answer.status < 200 || answer.status >= 600 ||
         (answer.status >= 500 && answer.status != 501);
}

void check(const Delivery& delivery, const Answer& answer) {
  const DeliveryPolicy policy{};
  const auto moment = a_moment();
  const auto verdict = judge(policy, delivery, answer, moment);
  if (answer.retry_after)
    promise(*answer.retry_after >= Seconds{0} && *answer.retry_after <= Seconds{366LL * 24 * 3600},
            "nobody waits for years");
  const bool is_fine = answer.by_receiver && answer.status >= 200 && answer.status <= 299;
  promise(std::holds_alternative<Delivered>(verdict) == is_fine,
          "delivered is what the receiver itself has taken");
  if (is_fine) return;
  const auto* retry = std::get_if<RetryAt>(&verdict);
  const auto& why = retry != nullptr ? retry->why : std::get<Abandon>(verdict).why;
  promise(!why.empty() && why.size() <= 80, "a verdict has its reason, in few words");
  promise(!holds_any(why, "\r\n\"<>\x1f"), "which breaks no log, page or record");
  promise(
      why.find("a-sid-of-someone") == std::string::npos && why.find("a-user-of-ours") == std::string::npos,
      "and tells no name");
  if (retry == nullptr) {
    const bool is_late =
        delivery.attempt >= policy.attempts || moment.now - delivery.enqueued >= policy.max_age;
    promise(is_late || !may_be_tried_again(answer), "nobody is given up early");
    return;
  }
  promise(may_be_tried_again(answer) && delivery.attempt < policy.attempts,
          "what is final is not tried again");
  promise(retry->delay > Millis{0} && retry->delay <= policy.max * 3 / 2, "a retry comes in bounded time");
  promise(moment.now + retry->delay <= delivery.enqueued + policy.max_age,
          "and before a delivery is too old");
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  using namespace slo::fuzz;
  const auto delivery = delivery_from(input);
  seconds_read = input.flag() ? NGX_ERROR : input.number() & 0x7fffffffffffffff;
  date_read = input.flag() ? NGX_ERROR : input.number() & 0x3fffffffff;  // up to the year 9999
  auto headers = headers_from(input);
  auto answer = answer_of(input, headers);
  answer.sample = input.rest();
  check(delivery, answer);
}
