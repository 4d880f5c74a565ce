// SPDX-License-Identifier: BSD-2-Clause
// The OP's own logout: a subrequest with the browser's cookies to a location of the operator's.
//
// It is on its way while applications are told; the user's answer waits for it, for its `timeout` at most,
// and hands on the cookies that it sets. What comes later is read to its end and counts no more.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/op/upstream_logout.h"
#include "core/page.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

class UpstreamLogout {
 public:
  // In r's pool; its subrequest runs when this stack of nginx's has. `form`: what a POST sends. REQUIRES: the
  // provider has an upstream_logout, which outlives `r`.
  static UpstreamLogout& begin(ngx_http_request_t& r, const Provider& provider, std::string form,
                               UpstreamLogoutAsker asker);
  UpstreamLogout(ngx_http_request_t& r, const Provider& provider, std::string form,
                 UpstreamLogoutAsker asker);
  UpstreamLogout(const UpstreamLogout&) = delete;

  // Calls `next`, once: now, if it is over, else later. A client that leaves meanwhile does not end it.
  void when_over(void (*next)(ngx_http_request_t& r));
  bool is_done() const noexcept { return is_done_; }
  // The request goes, whatever has become of it.
  void give_up();
  // The Set-Cookie headers of its answer.
  const std::vector<Header>& cookies() const noexcept { return cookies_; }

 private:
  void send();
  void answered(const ngx_http_request_t& subrequest, ngx_int_t rc);
  bool says_yes(int status) const;
  void cut_off();
  void conclude(int status);
  void go_on_waiting();

  ngx_http_request_t& r_;
  const Provider& provider_;
  std::string form_;
  UpstreamLogoutAsker asker_;
  ngx_http_post_subrequest_t at_end_{};
  ngx_http_request_t* subrequest_ = nullptr;
  Event finish_;  // never from inside nginx's stack of the subrequest
  Event deadline_;
  PendingAsk* pending_ = nullptr;
  void (*next_)(ngx_http_request_t& r) = nullptr;
  std::vector<Header> cookies_{};
  bool is_over_ = false, is_done_ = false;
};

}  // namespace slo::ngx
