// SPDX-License-Identifier: BSD-2-Clause
// What nginx says during a detached call: never at the error level for a receiver's fault.
//
// A receiver that refuses, hangs or talks nonsense must not be able to fill the error log, so nginx's `error`
// lines become `info` here, and worse ones that a receiver can cause; others (alert, crit: ourselves) pass as
// they are. They go where the delivery location's own error_log sends them. The last one is kept: it
// tells a refused connection from an unknown host, which both are 502.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// Names the delivery, without secrets; asked only if nginx has something to say.
using Label = std::function<std::string()>;

class CallLog {
 public:
  CallLog(const DeliveryLocation& delivery_location, Label label, ngx_connection_t& owner);
  CallLog(const CallLog&) = delete;

  // To be repeated after ngx_http_create_request(), which points the log elsewhere.
  void attach();
  static bool belongs_to(const ngx_connection_t& connection) noexcept;
  // In nginx's place, where it has nothing to say.
  void note(std::string_view sentence) { last_error_.assign(sentence); }
  const std::string& last_error() const noexcept { return last_error_; }

  ngx_log_t line{};  // the connection's log

 private:
  static u_char* name_the_delivery(ngx_log_t* log, u_char* buffer, size_t room);
  static void write_line(ngx_log_t* log, ngx_uint_t level, u_char* text, size_t size);
  void pass_on(ngx_uint_t level, std::string_view text);
  void keep_error(std::string_view sentence);

  struct Context {
    ngx_http_log_ctx_t http{};  // nginx reads log.data as this
    CallLog* log = nullptr;
  };
  const ngx_log_t& target_;
  Label label_;
  Context context_{};
  const u_char* sentence_end_ = nullptr;  // where name_the_delivery() began to write
  std::string last_error_{};
};

}  // namespace slo::ngx
