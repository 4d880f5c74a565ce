// SPDX-License-Identifier: BSD-2-Clause
// What a request tells of its session: by a token, or by values.
#include "ngx_module/rp/evidence.h"

#include <algorithm>
#include <new>
#include <span>

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

std::optional<std::uint64_t> named(const Marks& marks, const ProviderMarks& part, Mark::Of of,
                                   std::string_view value) noexcept {
  return value.empty() ? std::nullopt : std::optional(marks.fingerprint(part, of, value));
}

Evidence told_by(const Marks& marks, const ProviderConf& provider, const ProviderMarks& part,
                 std::string_view token) {
  const auto claims = read_guard_token(provider.provider, token);
  if (!claims) return {};
  return {.sid = named(marks, part, Mark::Of::sid, claims->sid),
          .sub = named(marks, part, Mark::Of::sub, claims->sub),
          .since = claims->since};
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

Findings find_marks(const Marks& marks, const Evidence& evidence, TimeS now, Seconds retention) noexcept {
  const auto look = [&](const std::optional<std::uint64_t>& name) {
    const auto at = name ? marks.find(*name, now) : std::nullopt;
    return at && *at >= now - retention ? at : std::nullopt;
  };
  Findings findings{.names_session = evidence.sid || evidence.sub, .since = evidence.since};
  findings.sid_is_marked = look(evidence.sid).has_value();
  findings.sub_marked_at = look(evidence.sub);
  return findings;
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
    if (evidence.sid || evidence.sub) return evidence;
  }
  Evidence evidence{.sid = named(marks, part, Mark::Of::sid, value_of(r, rule.sid)),
                    .sub = named(marks, part, Mark::Of::sub, value_of(r, rule.sub))};
  if (evidence.sub) evidence.since = read_since(value_of(r, rule.since));
  return evidence;
}

}  // namespace slo::ngx
