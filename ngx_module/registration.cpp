// SPDX-License-Identifier: BSD-2-Clause
// slo_session: registers the participation that the location's variables describe, as the answer's headers
// pass by.
//
// Never holds the answer up and never touches it: a failure is logged and counted. Where a value is still
// empty (a visitor who has not logged in) there is nothing to register.
#include <cstring>

#include "core/jose.h"
#include "core/learning.h"
#include "ngx_module/entry.h"
#include "ngx_module/handlers.h"
#include "ngx_module/pool.h"
#include "ngx_module/remember.h"
#include "ngx_module/report.h"
#include "ngx_module/worker.h"
#include "ngx_module/zone.h"
#include "redis_schema/sessions.h"

namespace slo::ngx {
namespace {

// How often one session and client is told to Redis again: this is also how activity reaches an idle limit.
Seconds note_life(const Provider& provider) {
  constexpr Seconds most{60};
  return provider.idle > Seconds{0} ? std::min(most, std::max(Seconds{1}, provider.idle / 10)) : most;
}

std::string value(ngx_http_request_t& r, ngx_http_complex_value_t& source) {
  ngx_str_t text{};
  if (source.value.data == nullptr) return {};
  if (ngx_http_complex_value(&r, &source, &text) != NGX_OK) throw std::bad_alloc();
  return std::string(view(text));
}

std::uint64_t fingerprint_of(const ProviderConf& provider, const Participation& seen) {
  const std::string all = provider.space.issuer + '\x1f' + seen.client_id + '\x1f' + seen.sid + '\x1f' +
                          seen.sub + '\x1f' + seen.session_cookie + '\x1f' + seen.client_sub + '\x1f' +
                          seen.client_sid;
  const CookieDigest digest = digest_cookie({}, all);
  std::uint64_t word = 0;
  std::memcpy(&word, digest.value.data(), sizeof word);
  return word;
}

void register_one(ngx_http_request_t& r, SessionRule& rule) {
  const Participation seen{.client_id = value(r, rule.client),
                           .sid = value(r, rule.sid),
                           .sub = value(r, rule.sub),
                           .session_cookie = value(r, rule.cookie),
                           .client_sub = value(r, rule.client_sub),
                           .client_sid = value(r, rule.client_sid)};
  if (seen.client_id.empty() || seen.sub.empty() || (seen.sid.empty() && seen.session_cookie.empty())) return;
  const auto& provider = rule.provider->provider;
  const std::uint64_t fingerprint = fingerprint_of(*rule.provider, seen);
  if (noted(fingerprint, this_moment().seconds(), note_life(provider))) return;
  auto lesson = learn(provider, seen);
  if (!lesson) {
    count(Counter::registrations_failed);
    return report(r.connection->log, lesson.error(), provider.name);
  }
  remember_soon(*rule.provider, std::move(*lesson),
                [fingerprint, name = &provider.name](const Refusal& refusal) {
                  forget_note(fingerprint);
                  report(worker()->log, refusal, *name);
                });
}

}  // namespace

void register_participations(ngx_http_request_t& r) {
  if (worker() == nullptr || r.headers_out.status >= NGX_HTTP_BAD_REQUEST) return;
  for (SessionRule* rule : loc_conf(r).session_rules) register_one(r, *rule);
}

}  // namespace slo::ngx
