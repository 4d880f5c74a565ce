// SPDX-License-Identifier: BSD-2-Clause
// What a request tells of its session: by a token, or by values.
#include "ngx_module/rp/evidence.h"

#include <algorithm>
#include <new>
#include <span>
#include <string>
#include <utility>

#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

constexpr std::size_t cached_tokens = 16384;  // 1.2 MB of a worker that guards by tokens
constexpr std::size_t ways = 4;               // places where one may be

std::string_view variable_of(ngx_http_request_t& r, ngx_int_t index) {
  const auto* value = ngx_http_get_flushed_variable(&r, static_cast<ngx_uint_t>(index));
  if (value == nullptr || value->not_found) return {};
  return {reinterpret_cast<const char*>(value->data), std::size_t{value->len}};
}

Evidence told_by(const Marks& marks, const ProviderConf& provider, const ProviderMarks& part,
                 std::string_view token) {
  const auto claims = read_guard_token(provider.provider, token);
  if (!claims) return {};
  return evidence_of(marks, part, claims->sid, claims->sub, claims->since);
}

}  // namespace

std::string_view value_of(ngx_http_request_t& r, const RequestValue& source) {
  ngx_str_t text{};
  if (!source.is_set()) return {};
  if (source.variable != NGX_ERROR) return variable_of(r, source.variable);
  if (ngx_http_complex_value(&r, const_cast<ngx_http_complex_value_t*>(&source.text), &text) != NGX_OK)
    throw std::bad_alloc();
  return view(text);
}

Evidence TokenCache::evidence_of(const ProviderConf& provider, const ProviderMarks& part,
                                 std::string_view token) {
  if (known_.empty()) known_.resize(cached_tokens);
  const auto digest = marks_.digest(token);
  const std::span<Known, ways> places(&known_[digest[0] % (cached_tokens / ways) * ways], ways);
  for (const Known& place : places) {
    if (place.part == &part && place.token == digest) return place.evidence;
  }
  const Evidence evidence = told_by(marks_, provider, part, token);
  std::shift_right(places.begin(), places.end(), 1);
  places.front() = {.part = &part, .token = digest, .evidence = evidence};
  return evidence;
}

Evidence evidence_of(ngx_http_request_t& r, const GuardRule& rule, const ProviderMarks& part,
                     const Marks& marks, TokenCache& cache) {
  if (const auto token = value_of(r, rule.token); !token.empty()) {
    Evidence evidence = cache.evidence_of(*rule.provider, part, token);
    if (evidence.names_session()) return evidence;
  }
  Evidence evidence = evidence_of(marks, part, value_of(r, rule.sid), value_of(r, rule.sub), std::nullopt);
  if (evidence.sub) evidence.since = read_since(value_of(r, rule.since));
  return evidence;
}

SessionNames session_names_of(ngx_http_request_t& r, const GuardRule& rule) {
  if (auto claims = read_guard_token(rule.provider->provider, value_of(r, rule.token)))
    return {.sid = std::move(claims->sid), .sub = std::move(claims->sub), .since = claims->since};
  SessionNames names{.sid = std::string(value_of(r, rule.sid)), .sub = std::string(value_of(r, rule.sub))};
  if (!names.sub.empty()) names.since = read_since(value_of(r, rule.since));
  return names;
}

}  // namespace slo::ngx
