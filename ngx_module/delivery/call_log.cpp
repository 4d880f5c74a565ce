// SPDX-License-Identifier: BSD-2-Clause
// What nginx says during a detached call: never at the error level for a receiver's fault.
#include "ngx_module/delivery/call_log.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/delivery/delivery.h"
#include "ngx_module/nginx/entry.h"

namespace slo::ngx {
namespace {

constexpr std::size_t kept_error = 200;

// nginx's line is `time [level] pid#tid: *connection sentence…\n`; the target writes all but the sentence
// again.
std::string_view without_preamble(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  auto star = text.find(": *");
  auto blank = star == std::string_view::npos ? star : text.find(' ', star + 2);
  return blank == std::string_view::npos ? text : text.substr(blank + 1);
}

}  // namespace

CallLog::CallLog(const DeliveryLocation& delivery_location, Label label, ngx_connection_t& owner)
    : target_(*delivery_location.location->error_log), label_(std::move(label)) {
  context_.http.connection = &owner;
  context_.log = this;
  line.connection = ngx_atomic_fetch_add(ngx_connection_counter, 1);
  line.handler = name_the_delivery;
  line.data = &context_;
  attach();
}

void CallLog::attach() {
  line.log_level = target_.log_level;
  line.file = target_.file;
  line.next = nullptr;
  line.writer = write_line;
  line.wdata = this;
}

bool CallLog::belongs_to(const ngx_connection_t& connection) noexcept {
  return connection.log->handler == name_the_delivery;
}

u_char* CallLog::name_the_delivery(ngx_log_t* log, u_char* buffer, size_t room) {
  Context& context = *static_cast<Context*>(log->data);
  context.log->sentence_end_ = buffer;
  u_char* at = buffer;
  u_char* end = buffer + room;
  if (log->action != nullptr) at = ngx_slprintf(at, end, " while %s", log->action);
  guarded(ngx_cycle->log, [&] {
    const std::string label = context.log->label_();
    at = ngx_slprintf(at, end, ", %*s", label.size(), label.data());
  });
  const ngx_http_request_t* r = context.http.current_request;
  const ngx_http_upstream_t* upstream = r != nullptr ? r->upstream : nullptr;
  if (upstream != nullptr && upstream->peer.name != nullptr) {
    at = ngx_slprintf(at, end, ", upstream: \"%V%V\"", &upstream->schema, upstream->peer.name);
  }
  return at;
}

void CallLog::write_line(ngx_log_t* log, ngx_uint_t level, u_char* text, size_t size) {
  guarded(ngx_cycle->log, [&] {
    CallLog& self = *static_cast<CallLog*>(log->wdata);
    std::string_view line(reinterpret_cast<const char*>(text), size);
    std::string_view sentence = without_preamble(line);
    if (level == NGX_LOG_DEBUG) return self.pass_on(level, sentence);  // by itself, with nothing behind it
    auto* from = reinterpret_cast<const u_char*>(sentence.data());
    const auto length = static_cast<std::size_t>(self.sentence_end_ - from);
    std::string_view tail = sentence.substr(length);
    sentence = without_receivers_words(sentence.substr(0, length));
    if (level <= NGX_LOG_ERR) self.keep_error(sentence);
    bool is_theirs = level == NGX_LOG_ERR || (level < NGX_LOG_INFO && is_receivers_fault(sentence));
    self.pass_on(is_theirs ? NGX_LOG_INFO : level, std::string(sentence).append(tail));
  });
}

void CallLog::pass_on(ngx_uint_t level, std::string_view text) {
  ngx_log_t copy = target_;
  copy.connection = line.connection;
  copy.handler = nullptr;
  copy.action = nullptr;
  // Debug was checked by mask, and a log that has one is at that level. The function behind this macro takes
  // other arguments on Angie.
  ngx_log_error(level, &copy, 0, "%*s", text.size(), text.data());
}

void CallLog::keep_error(std::string_view sentence) {
  last_error_.assign(sentence.substr(0, kept_error));
  // It may quote what a receiver sent.
  std::replace_if(
      last_error_.begin(), last_error_.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
}

}  // namespace slo::ngx
