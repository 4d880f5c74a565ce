// SPDX-License-Identifier: BSD-2-Clause
// The browser's way from the logout button to the OP and back, where no access rule turns it away.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/page.h"
#include "core/rp/logout_button.h"
#include "core/text/cookie.h"
#include "ngx_module/app/tracked_cookies.h"
#include "ngx_module/http/ctx.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/rp/conf.h"

namespace slo::ngx {

// In the request's pool, so that it outlasts the internal redirects of an application's answer.
struct ButtonCtx : RequestCtx {
  const LogoutRule* rule = nullptr;
  bool is_decided = false;        // `page` is known
  bool asks_cookies = false;      // whose they are
  bool asks_application = false;  // which sees its own logout first
  bool is_answered = false;
  Page page{};
  ButtonToken token{};  // that the location's token= gave
  CookieAnswers* cookies = nullptr;
  std::optional<Mark> mark{};  // of the session that ends, if it is known

  void show(Page its) {
    page = std::move(its);
    is_decided = true;
  }
};

// Null: no button of ours was pressed by this request.
ButtonCtx* find_button(const ngx_http_request_t& r) noexcept;

bool is_https(const ngx_http_request_t& r) noexcept;

// The cookie of the way, and the values that came along under its name.
CookieScope way_cookie_of(const ngx_http_request_t& r, const LogoutRule& rule);
std::vector<std::string> way_cookies_of(const ngx_http_request_t& r, const LogoutRule& rule);

// What the request says of who presses.
ButtonRequest button_request(const ngx_http_request_t& r, const LogoutRule& rule);

// The request is the button's from here on.
ButtonCtx& open_button(ngx_http_request_t& r, const LogoutRule& rule);

// The page of a return, whether its state is its own or not.
void come_back(ngx_http_request_t& r, ButtonCtx& ctx);

// In the phase in front of access, behind limits: the login that an access rule asks for may have ended with
// the session. Main requests alone, with a state that their browser has set out with.
ngx_int_t install_logout_return(ngx_conf_t* cf);

}  // namespace slo::ngx
