// SPDX-License-Identifier: BSD-2-Clause
// Tracked cookies under slo_guard: those of a request, and those that its answer sets.
#include "ngx_module/rp/guarded_cookies.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ngx_module/app/binding.h"
#include "ngx_module/app/conf.h"
#include "ngx_module/marks/marks.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/rp/evidence.h"
#include "ngx_module/store/store.h"
#include "redis_schema/bound_cookies.h"

namespace slo::ngx {
namespace {
namespace answer_binding {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;
using Judged = GuardedRequest::Judged;
using ByAttributes = std::map<std::string, std::vector<AnswerCookie>>;

ngx_http_output_header_filter_pt next_header_filter;

// In the order in which they are called.
ngx_int_t filter_header(R* r) noexcept;
void bind_answer(R& r, const GuardedRequest& request);
bool was_passed_on_trial(const Judged& judged);
void bind_for(R& r, const Judged& judged, const std::vector<ApplicationAnswerCookie>& set);
void bind_for_owner_of(const Judged& judged, const Application& application, ByAttributes cookies);
void bind_all(const Judged& judged, const Application& application, CookieOwner owner,
              const ByAttributes& cookies);

std::string text_of(const AnswerCookie& cookie) { return cookie.name + '=' + cookie.value; }

ngx_int_t filter_header(R* r) noexcept {
  if (r == r->main && !app_loc_conf(*r).memberships.empty()) {
    const GuardedRequest* request = find_guarded(*r);
    if (request != nullptr && request->verdict.passes && cookie_cache() != nullptr)
      guarded(r->connection->log, [&] { bind_answer(*r, *request); });
  }
  return next_header_filter(r);
}

void bind_answer(R& r, const GuardedRequest& request) {
  const auto set = application_cookies_of_answer(r);
  if (set.empty()) return;
  for (const Judged& judged : request.judged()) {
    if (judged.evidence.names_session() && !was_passed_on_trial(judged)) bind_for(r, judged, set);
  }
}

// A guard that would have refused the request ties nothing to a session that is over: the application's next
// one would be ended as soon as it has begun.
bool was_passed_on_trial(const Judged& judged) {
  if (!judged.rule->is_dry_run) return false;
  const auto retention = judged.rule->provider->provider.retention;
  const Findings findings = find_marks(*marks(), judged.evidence, this_second(), retention);
  return judge(findings, {}, false).status == GuardStatus::ended;
}

// What the application sets with each answer is bound once.
bool is_bound(const Judged& judged, const AnswerCookie& cookie) {
  const auto known = cookie_cache()->find(*judged.part, cookie_cache()->digest(text_of(cookie)));
  return known.standing == CookieCache::Standing::owned && known.is_of_this_store;
}

void bind_for(R& r, const Judged& judged, const std::vector<ApplicationAnswerCookie>& set) {
  const ProviderConf& provider = *judged.rule->provider;
  const Application* application = application_of(app_loc_conf(r), provider);
  if (application == nullptr) return;
  ByAttributes cookies;
  for (const auto& [rule, cookie] : set) {
    if (rule->is_tracked && !cookie.is_expired && !is_bound(judged, cookie))
      cookies[write_attributes(cookie.attributes)].push_back(cookie);
  }
  if (cookies.empty()) return;
  if (!judged.by.name.empty()) return bind_for_owner_of(judged, *application, std::move(cookies));
  const AnswerCookie& first = cookies.begin()->second.front();
  auto owner = owner_of_names(session_names_of(r, *judged.rule),
                              digest_app_cookie(provider.provider, first.name, first.value));
  if (owner) bind_all(judged, *application, *std::move(owner), cookies);
}

// A request that was known by a cookie alone: that cookie's owner is the new ones' as well.
void bind_for_owner_of(const Judged& judged, const Application& application, ByAttributes cookies) {
  const ProviderConf& provider = *judged.rule->provider;
  const CookieDigest known_by = digest_app_cookie(provider.provider, judged.by.name, judged.by.value);
  Judged by = judged;
  by.by = {};  // its texts go with the request
  store()->submit_detached<std::vector<std::optional<CookieOwner>>>(
      redis::owners_of(provider.space, {known_by}),
      [by, &application,
       cookies = std::move(cookies)](Outcome<std::vector<std::optional<CookieOwner>>> owners) {
        if (!owners) {
          count(Counter::bindings_failed);
          return report(ngx_cycle->log, owners.error(), by.rule->provider->provider.name);
        }
        if (owners->size() == 1 && owners->front()) bind_all(by, application, *owners->front(), cookies);
      });
}

void bind_all(const Judged& judged, const Application& application, CookieOwner owner,
              const ByAttributes& cookies) {
  const ProviderConf& provider = *judged.rule->provider;
  for (const auto& [attributes, same] : cookies) {
    owner.attributes = attributes;
    Binding binding{.provider = &provider, .owner = owner, .application = &application};
    std::vector<CookieCache::Digest> digests;
    for (const AnswerCookie& cookie : same) {
      binding.cookies.push_back({.name = cookie.name, .value = cookie.value});
      digests.push_back(cookie_cache()->digest(text_of(cookie)));
    }
    bind_cookies(
        std::move(binding),
        [part = judged.part, digests = std::move(digests)](Outcome<std::vector<CookieOwner>> owners) {
          if (!owners || cookie_cache() == nullptr) return;
          for (std::size_t i = 0; i < owners->size() && i < digests.size(); ++i)
            cookie_cache()->owned(*part, digests[i], (*owners)[i]);
        },
        nullptr);
  }
}

std::optional<CookieVerdict> look(R& r, const GuardRule& rule, const ProviderMarks& part,
                                  const Evidence& told, CookieAnswers*& answers) {
  const Application* application = application_of(app_loc_conf(r), *rule.provider);
  if (application == nullptr || cookie_cache() == nullptr) return CookieVerdict{.session = told};
  return look_at_cookies(r,
                         {.provider = *rule.provider,
                          .part = part,
                          .application = *application,
                          .told = told,
                          .names = [&r, &rule] { return session_names_of(r, rule); },
                          .only_looks = rule.is_dry_run},
                         answers);
}

}  // namespace answer_binding
}  // namespace

std::optional<CookieVerdict> look_at_cookies_of(GuardedRequest& request,
                                                const GuardedRequest::Judged& judged) {
  return answer_binding::look(request.r, *judged.rule, *judged.part, judged.evidence, request.answers);
}

std::optional<CookieVerdict> look_at_cookies_alone(ngx_http_request_t& r, const GuardRule& rule,
                                                   const ProviderMarks& part, CookieAnswers*& answers) {
  return answer_binding::look(r, rule, part, {}, answers);
}

ngx_int_t install_answer_binding(ngx_conf_t*) {
  answer_binding::next_header_filter =
      std::exchange(ngx_http_top_header_filter, answer_binding::filter_header);
  return NGX_OK;
}

}  // namespace slo::ngx
