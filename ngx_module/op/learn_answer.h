// SPDX-License-Identifier: BSD-2-Clause
// nginx answer → what core reads of it for slo_learn → what is to be stored. Nothing: it passes.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "core/op/authorization_response.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/op/learnt_login.h"

namespace slo::ngx {

// By the head of the answer that `r` is about to have.
Lesson lesson_of_answer(const ngx_http_request_t& r);

struct LearntBody {
  std::string_view bytes{};
  bool is_packed = false;            // by the OP: our own gzip comes later
  std::string_view token_request{};  // the form that asked for it
  // Does it wait for keys that may change this verdict on its token? Then it is learnt from once more.
  std::function<bool(const Refusal&)> waits{};
};

// What could have taught something has been counted and logged.
std::optional<LearntLogin> learn_tokens(const ngx_http_request_t& r, const ProviderConf& provider,
                                        const LearntBody& body);
std::optional<LearntLogin> learn_redirect(const ngx_http_request_t& r, const ProviderConf& provider);
std::optional<LearntLogin> learn_page(const ngx_http_request_t& r, const ProviderConf& provider,
                                      const LearntBody& body);

}  // namespace slo::ngx
