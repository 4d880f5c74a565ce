// SPDX-License-Identifier: BSD-2-Clause
// slo_logout: a press ends a session here, before the application sees it and the browser goes on to the OP.
#pragma once

#include <optional>

#include "core/page.h"
#include "core/rp/logout_button.h"
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
};

// Null: no button of ours was pressed by this request.
ButtonCtx* find_button(const ngx_http_request_t& r) noexcept;

// In the phase behind access. Main requests alone, each once, whatever internal redirects follow. Who ends
// nothing is answered by us alone.
ngx_int_t install_logout_button(ngx_conf_t* cf);

// The page takes the place of what an application, or nginx for it, answers: logout_button_filter.cpp.
ngx_int_t install_logout_button_filter(ngx_conf_t* cf);

// $slo_logout_url: logout_url.cpp.
ngx_int_t add_logout_url(ngx_conf_t* cf);

}  // namespace slo::ngx
