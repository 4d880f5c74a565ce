// SPDX-License-Identifier: BSD-2-Clause
// slo_session: registers the participation that the location's variables describe, as headers pass by.
//
// Never holds the answer up and never touches it: a failure is logged and counted. Where a value is still
// empty (a visitor who has not logged in) there is nothing to register.
#include "ngx_module/op/session_filter.h"

#include <cstring>

#include "core/jose/jose.h"
#include "core/participation/browser_cookies.h"
#include "core/participation/participation.h"
#include "ngx_module/http/register_participation.h"
#include "ngx_module/http/request.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/op/conf.h"
#include "ngx_module/op/jobs.h"
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

std::string session_cookie_of(const ngx_http_request_t& r, const Provider& provider) {
  const auto sent = cookie_headers(r), set = answer_headers(r, "set-cookie");
  return std::string(browser_cookies(provider, sent, set, this_moment().seconds()).current.value_or(""));
}

// As in nginx's conditions (`set`, `map` and `if` give 0 and 1), and as a flag.
bool is_set(const std::string& flag) { return !flag.empty() && flag != "0" && flag != "off"; }

std::uint64_t fingerprint_of(const ProviderConf& provider, const Participation& seen) {
  const std::string all = provider.space.issuer + '\x1f' + seen.client_id + '\x1f' + seen.sid + '\x1f' +
                          seen.sub + '\x1f' + seen.session_cookie + '\x1f' + seen.client_sub + '\x1f' +
                          seen.client_sid + (seen.client_no_sid ? "\x1fn" : "");
  const CookieDigest digest = digest_cookie({}, all);
  std::uint64_t word = 0;
  std::memcpy(&word, digest.value.data(), sizeof word);
  return word;
}

void register_one(ngx_http_request_t& r, SessionRule& rule) {
  const bool names_cookie = rule.cookie.value.data != nullptr;
  const Participation seen{
      .client_id = value(r, rule.client),
      .sid = value(r, rule.sid),
      .sub = value(r, rule.sub),
      .session_cookie = names_cookie ? value(r, rule.cookie) : session_cookie_of(r, rule.provider->provider),
      .client_sub = value(r, rule.client_sub),
      .client_sid = value(r, rule.client_sid),
      .client_no_sid = is_set(value(r, rule.client_no_sid))};
  if (seen.client_id.empty() || seen.sub.empty() || (seen.sid.empty() && seen.session_cookie.empty())) return;
  const auto& provider = rule.provider->provider;
  const std::uint64_t fingerprint = fingerprint_of(*rule.provider, seen);
  if (op_jobs()->repeats.is_known(fingerprint)) return;
  const bool is_repeat = noted(fingerprint, this_moment().seconds(), note_life(provider));
  auto registration = read_registration(provider, seen);
  if (!registration) {
    if (!is_repeat) registration_failed(r.connection->log, *rule.provider, registration.error());
    return;
  }
  if (is_repeat && op_jobs()->repeats.add(*rule.provider, fingerprint, *registration)) return;
  register_participation(*rule.provider, std::move(*registration),
                         {.done = [fingerprint](const Outcome<Registered>& registered) {
                           note_stored_only(fingerprint, registered);
                         }});
}

void register_participations(ngx_http_request_t& r) {
  if (op_jobs() == nullptr || r.headers_out.status >= NGX_HTTP_BAD_REQUEST) return;
  for (SessionRule* rule : op_loc_conf(r).session_rules) register_one(r, *rule);
}

ngx_http_output_header_filter_pt next_header_filter;

ngx_int_t filter_header(ngx_http_request_t* r) noexcept {
  if (r == r->main && !op_loc_conf(*r).session_rules.empty()) {
    guarded(r->connection->log, [r] { register_participations(*r); });
  }
  return next_header_filter(r);
}

}  // namespace

ngx_int_t install_session_filter(ngx_conf_t* cf) {
  if (main_conf(cf).providers.empty()) return NGX_OK;
  next_header_filter = ngx_http_top_header_filter;
  ngx_http_top_header_filter = filter_header;
  return NGX_OK;
}

}  // namespace slo::ngx
