// SPDX-License-Identifier: BSD-2-Clause
// slo_session_status: whether the browser is still signed in, for applications' pages.
#include <optional>
#include <string>
#include <utility>

#include "core/admin/api.h"
#include "core/op/session_status.h"
#include "core/participation/browser_cookies.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/http/body.h"
#include "ngx_module/http/ctx.h"
#include "ngx_module/http/request.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/op/directives.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {
namespace {
namespace status_job {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;

struct SessionStatusCtx : RequestCtx {
  StatusAsker asker{};
};

void with_asker(R& r);
void ask_store(R& r);
void with_located(R& r, Outcome<redis::Located> located);
void with_found(R& r, Outcome<Found> found);

void answer(R& r, Page page) { respond(r, readable_by(std::move(page), ctx_of<SessionStatusCtx>(r).asker)); }

void turn_away(R& r, const Refusal& why) {
  report(r.connection->log, for_log(r, why), ctx_of<SessionStatusCtx>(r).provider->provider.name);
  answer(r, problem_page(why));
}

// Who may not know hears no more than that.
void with_asker(R& r) {
  const auto& ctx = ctx_of<SessionStatusCtx>(r);
  if (auto allowed = check_status_asker(ctx.provider->provider, ctx.asker); !allowed) {
    report(r.connection->log, allowed.error(), ctx.provider->provider.name);
    return respond(r, problem_page(allowed.error()));
  }
  if (r.method == NGX_HTTP_OPTIONS) return answer(r, status_preflight_page());
  if (r.method != NGX_HTTP_GET && r.method != NGX_HTTP_HEAD)
    return turn_away(r, Refusal{Fault::method_not_allowed, "GET, HEAD, OPTIONS"});
  ask_store(r);
}

void ask_store(R& r) {
  const ProviderConf& provider = *ctx_of<SessionStatusCtx>(r).provider;
  SessionQuestion question;
  for (const auto& cookie : provider.provider.session_cookies) {
    for (const auto& value : find_request_cookies(r, cookie.name)) {
      if (value.empty() || question.cookies.size() >= max_session_cookies) continue;
      for (auto& digest : digests_of(provider.provider, value)) question.cookies.push_back(std::move(digest));
    }
  }
  if (question.cookies.empty()) return with_found(r, Found{});
  ask(r, redis::locate(provider.space, question, std::nullopt), with_located);
}

void with_located(R& r, Outcome<redis::Located> located) {
  if (!located) return turn_away(r, located.error());
  if (located->is_complete()) return with_found(r, located->found);
  ask(r, redis::load(ctx_of<SessionStatusCtx>(r).provider->space, *located), with_found);
}

void with_found(R& r, Outcome<Found> found) {
  if (!found) return turn_away(r, found.error());
  answer(r, session_status_page(*found, this_moment().seconds()));
}

}  // namespace status_job
}  // namespace

ngx_int_t handle_session_status(ngx_http_request_t& r) {
  auto& ctx = open_ctx<status_job::SessionStatusCtx>(r);
  ctx.provider = loc_conf(r).provider;
  ctx.asker = {.origin = std::string(find_header(r, "origin")),
               .sec_fetch_site = std::string(find_header(r, "sec-fetch-site")),
               .host = std::string(find_header(r, "host"))};
  return drop_body(r, status_job::with_asker);
}

}  // namespace slo::ngx
