// SPDX-License-Identifier: BSD-2-Clause
// nginx answer → what core reads of it for slo_learn → what is to be stored.
#include "ngx_module/op/learn_answer.h"

#include <string>
#include <utility>

#include "core/op/learning.h"
#include "core/participation/browser_cookies.h"
#include "ngx_module/http/request.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

// The login as the browser's cookies tell of it; `response` adds what it hands out.
std::optional<LearntLogin> learn_authorization(const ngx_http_request_t& r, const ProviderConf& conf,
                                               const std::optional<AuthorizationResponse>& response) {
  const Provider& provider = conf.provider;
  const bool is_handed_out = response && leads_to_client(provider, response->target, find_header(r, "host"));
  const auto sent = cookie_headers(r), set = answer_headers(r, "set-cookie");
  const auto cookies = browser_cookies(provider, sent, set, this_moment().seconds());
  LearntLogin login;
  if (cookies.current) login.cookie = digest_cookie(provider.cookie_secret, *cookies.current);
  for (const auto other : cookies.others)
    login.other_cookies.push_back(digest_cookie(provider.cookie_secret, other));
  if (is_handed_out && !response->code.empty() && login.cookie)
    login.code = digest_code(provider.cookie_secret, response->code);
  if (is_handed_out && !response->id_token.empty()) {
    auto seen = learn_from_id_token(provider, response->id_token, this_moment());
    if (!seen) teaches_nothing(r.connection->log, conf, seen.error());
    if (seen) login.seen = *std::move(seen);
  }
  if (!login.seen && !login.code && !cookies.is_rotated()) return std::nullopt;
  return login;
}

}  // namespace

Lesson lesson_of_answer(const ngx_http_request_t& r) {
  return lesson_of({.status = static_cast<unsigned>(r.headers_out.status),
                    .answers_post = r.method == NGX_HTTP_POST,
                    .content_type = view(r.headers_out.content_type)});
}

std::optional<LearntLogin> learn_tokens(const ngx_http_request_t& r, const ProviderConf& provider,
                                        const LearntBody& body) {
  auto seen = learn_from_token_response(provider.provider, {.body = body.bytes, .is_packed = body.is_packed},
                                        this_moment());
  if (!seen && body.waits && body.waits(seen.error())) return std::nullopt;
  if (!seen) teaches_nothing(r.connection->log, provider, seen.error());
  if (!seen || !*seen) return std::nullopt;
  const TokenRequest request = read_token_request(body.token_request);
  LearntLogin login{.seen = *std::move(seen), .is_renewal = request.is_renewal};
  if (!request.code.empty()) login.code = digest_code(provider.provider.cookie_secret, request.code);
  return login;
}

std::optional<LearntLogin> learn_redirect(const ngx_http_request_t& r, const ProviderConf& provider) {
  const auto locations = answer_headers(r, "location");
  return learn_authorization(r, provider,
                             locations.size() == 1 ? read_redirect(locations.front()) : std::nullopt);
}

// A page that hands nothing out is any page of the OP.
std::optional<LearntLogin> learn_page(const ngx_http_request_t& r, const ProviderConf& provider,
                                      const LearntBody& body) {
  const auto page = unpacked_page(body.bytes, body.is_packed);
  const auto response = page ? read_form_post(*page) : std::nullopt;
  return response ? learn_authorization(r, provider, response) : std::nullopt;
}

}  // namespace slo::ngx
