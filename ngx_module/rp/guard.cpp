// SPDX-License-Identifier: BSD-2-Clause
// slo_guard: a look into shared memory for each guard of the location, and the answer to who may not pass.
#include "ngx_module/rp/guard.h"

#include <optional>
#include <string>
#include <utility>

#include "core/names.h"
#include "ngx_module/app/cookies.h"
#include "ngx_module/config/role.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/http/variable.h"
#include "ngx_module/nginx/bounded_log.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/rp/conf.h"
#include "ngx_module/rp/guarded_cookies.h"
#include "ngx_module/rp/guarded_request.h"
#include "ngx_module/rp/jobs.h"
#include "redis_schema/key.h"

namespace slo::ngx {
namespace {
namespace guarding {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;
using Judged = GuardedRequest::Judged;

// In the order in which they are called.
ngx_int_t guard_request(R& r);
ngx_int_t judge_by(R& r, const GuardRule& rule, GuardedRequest& request);
std::optional<GuardVerdict> verdict_on(R& r, Judged& judged, GuardedRequest& request);
void tell_of_missing_sid(const R& r, const Judged& judged);
void count_verdict(const Judged& judged, const GuardVerdict& verdict, GuardedRequest& request);
void remember(GuardedRequest& request, const Judged& judged, const GuardVerdict& verdict);
bool only_tells(R& r, const Judged& judged, const GuardVerdict& verdict);
ngx_int_t refuse_request(R& r, const Judged& judged, const GuardVerdict& verdict);
std::string whose(R& r, const Judged& judged);

// An OP's frame brings the application's cookies along; and who is out already may go on to the OP.
bool is_door_of_ours(const R& r) {
  return loc_conf(r).handler != nullptr || rp_loc_conf(r).button != nullptr;
}

ngx_int_t guard_request(R& r) {
  const auto& guards = rp_loc_conf(r).guards;
  if (&r != r.main || guards.empty() || rp_jobs() == nullptr) return NGX_DECLINED;
  if (is_door_of_ours(r)) return NGX_DECLINED;
  GuardedRequest* request = find_guarded(r);
  if (request != nullptr && !request->verdict.passes) return NGX_DECLINED;
  if (request == nullptr) request = &pool_new<GuardedRequest>(r.pool, r);
  ngx_http_set_ctx((&r), request, ngx_http_slo_rp_module);
  const std::uint64_t changes = marks()->changes();
  for (const GuardRule* rule : guards) {
    if (request->was_judged_by(*rule)) continue;
    if (const ngx_int_t refused = judge_by(r, *rule, *request); refused != NGX_DECLINED) return refused;
  }
  if (request->count > 0) rp_jobs()->open_requests.add(*request, changes);
  return NGX_DECLINED;
}

// NGX_AGAIN: the store is asked whose its cookies are.
ngx_int_t judge_by(R& r, const GuardRule& rule, GuardedRequest& request) {
  Judged judged{.rule = &rule, .part = marks()->part_of(*rule.provider)};
  const auto found = verdict_on(r, judged, request);
  if (!found) return request.unlink(), NGX_AGAIN;
  const GuardVerdict& verdict = *found;
  if (judged.part != nullptr) count_verdict(judged, verdict, request);
  remember(request, judged, verdict);
  if (verdict.passes) return NGX_DECLINED;
  if (!only_tells(r, judged, verdict)) return refuse_request(r, judged, verdict);
  request.verdict.passes = true;
  return NGX_DECLINED;
}

// Who has found no session judges again behind an internal redirect, where more may be known.
void remember(GuardedRequest& request, const Judged& judged, const GuardVerdict& verdict) {
  const GuardStatus before = request.verdict.status;
  const bool finds_session = verdict.status != GuardStatus::none && verdict.status != GuardStatus::unbound;
  const bool had_found = before != GuardStatus::none && before != GuardStatus::unbound;
  const bool is_less_sure = finds_session && verdict.status > before;
  if (!verdict.passes || (!had_found && verdict.status != GuardStatus::none) || is_less_sure)
    request.verdict = verdict;
  if (finds_session && request.count < request.all.size()) request.all[request.count++] = judged;
}

std::optional<GuardVerdict> verdict_on(R& r, Judged& judged, GuardedRequest& request) {
  const Provider& provider = judged.rule->provider->provider;
  if (judged.part == nullptr) return judge({.names_session = true}, {}, provider.fail_closed);
  judged.evidence = evidence_of(r, *judged.rule, *judged.part, *marks(), rp_jobs()->tokens);
  tell_of_missing_sid(r, judged);
  const auto cookies = look_at_cookies_of(request, judged);
  if (!cookies) return std::nullopt;
  judged.evidence = cookies->session;
  judged.by = cookies->by;
  Findings findings = find_marks(*marks(), judged.evidence, this_second(), provider.retention);
  findings.has_cookie_of_nobody = cookies->has_cookie_of_nobody;
  findings.has_cookie_in_doubt = cookies->has_cookie_in_doubt;
  return judge(findings, marks()->knowledge(*judged.part, provider.max_stale), provider.fail_closed);
}

// A logout that names its session would pass it by. Who has `sub=` means users.
void tell_of_missing_sid(const R& r, const Judged& judged) {
  const bool has_user_alone = judged.evidence.sub && !judged.evidence.sid;
  if (!has_user_alone || judged.rule->sub.is_set()) return;
  const ProviderConf& provider = *judged.rule->provider;
  if (noted(redis::hash_of("token without sid " + provider.space.issuer), this_second(), Seconds{3600}))
    return;
  ngx_log_error(NGX_LOG_WARN, r.connection->log, 0,
                "slo: a guarded request's token has no sid, so that no logout of one session ends it: %s, "
                "provider \"%s\"",
                "have the OP put one in, backchannel_logout_session_required of its client",
                provider.provider.name.c_str());
}

void count_verdict(const Judged& judged, const GuardVerdict& verdict, GuardedRequest& request) {
  const Marks& its = *marks();
  if (!verdict.passes)
    its.count(*judged.part, judged.rule->is_dry_run ? GuardCounter::would_refuse : GuardCounter::refused);
  if (verdict.status == GuardStatus::none && !std::exchange(request.is_counted, true))
    its.count(*judged.part, GuardCounter::without_evidence);
  if (verdict.status > GuardStatus::none) its.count(*judged.part, GuardCounter::unsure);
}

bool only_tells(R& r, const Judged& judged, const GuardVerdict& verdict) {
  if (!judged.rule->is_dry_run) return false;
  log_bounded("slo_guard dry_run", NGX_LOG_NOTICE, r.connection->log,
              "slo_guard dry_run: a request would have been refused, " +
                  std::string(name_of(verdict.status)) + ", provider \"" +
                  judged.rule->provider->provider.name + '"');
  return true;
}

ngx_int_t refuse_request(R& r, const Judged& judged, const GuardVerdict& verdict) {
  const GuardRule& rule = *judged.rule;
  const std::string why =
      (verdict.is_unsure ? "it is not known whether its session has ended" : "its session has ended") +
      whose(r, judged);
  ngx_log_error(NGX_LOG_INFO, r.connection->log, 0, "slo: refused a request: %s, provider \"%s\"",
                why.c_str(), rule.provider->provider.name.c_str());
  add_header(r, {"Cache-Control", "no-store"});
  if (!verdict.is_unsure) end_application_cookies(r);
  strip_application_cookies(r);
  if (!verdict.is_unsure) return static_cast<ngx_int_t>(rule.error);
  add_header(r, {"Retry-After", "5"});
  return NGX_HTTP_SERVICE_UNAVAILABLE;
}

// `, session #…`, as the line of the logout that ended it: by what was marked. Of a session that a cookie
// alone names this worker keeps no name.
std::string whose(R& r, const Judged& judged) {
  if (judged.part == nullptr || !judged.by.name.empty()) return {};
  const SessionNames names = session_names_of(r, *judged.rule);
  const Findings found =
      find_marks(*marks(), judged.evidence, this_second(), judged.rule->provider->provider.retention);
  const bool is_user = names.sid.empty() || (!found.sid_is_marked && found.sub_marked_at);
  const std::string& name = is_user ? names.sub : names.sid;
  return name.empty() ? std::string() : (is_user ? ", subject #" : ", session #") + fingerprint(name);
}

std::string_view status_of(const R& r) {
  const GuardedRequest* request = find_guarded(*r.main);
  return request == nullptr ? std::string_view() : name_of(request->verdict.status);
}

}  // namespace guarding
}  // namespace

GuardedRequest* find_guarded(const ngx_http_request_t& r) noexcept {
  if (void* ctx = ngx_http_get_module_ctx((&r), ngx_http_slo_rp_module))
    return static_cast<GuardedRequest*>(ctx);
  return r.internal ? pool_find<GuardedRequest>(r.pool) : nullptr;
}

ngx_int_t install_guard(ngx_conf_t* cf) {
  return add_phase_handler(cf, NGX_HTTP_PRECONTENT_PHASE, entry<guarding::guard_request>);
}

ngx_int_t add_guard_variables(ngx_conf_t* cf) {
  return add_variable<guarding::status_of>(cf, ngx_string("slo_status"));
}

}  // namespace slo::ngx
