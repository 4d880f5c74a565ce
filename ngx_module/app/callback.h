// SPDX-License-Identifier: BSD-2-Clause
// What a login callback tells of its session, and the binding of the cookies that its answer sets.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/app/cookie_attributes.h"
#include "ngx_module/app/binding.h"
#include "ngx_module/app/conf.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// An application's login, as its own callback shows it.
struct CallbackLogin {
  const ProviderConf* provider = nullptr;
  const Application* application = nullptr;
  SessionNames names{};
  std::string code{};  // else: of the authorization response that led here
  std::vector<AnswerCookie> cookies{};
};

// nullopt: it sets no tracked cookie, is no success, or nothing names its session, which has a line at info.
std::optional<CallbackLogin> read_callback(ngx_http_request_t& r, const BindRule& rule);

// Finds the session, by what slo_learn has seen of the code where there is one, and binds the cookies. `done`
// is called once, never from inside; false: the store has failed, which has been counted and logged, and it
// may be repeated. Nothing was revoked. REQUIRES: there is a store().
using Settled = std::function<void(bool is_settled)>;
void try_to_bind(CallbackLogin login, Settled done);

}  // namespace slo::ngx
