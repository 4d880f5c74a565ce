// SPDX-License-Identifier: BSD-2-Clause
// What a request tells of its session: by a token, or by values.
#include "ngx_module/rp/evidence.h"

#include <new>

#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

constexpr std::size_t cached_tokens = 2048;
constexpr std::size_t largest_cached = 4096;  // bytes
constexpr std::size_t telling_end = 64;       // bytes of a token, of its signature, which differ

std::string_view variable_of(ngx_http_request_t& r, ngx_int_t index) {
  const auto* value = ngx_http_get_flushed_variable(&r, static_cast<ngx_uint_t>(index));
  if (value == nullptr || value->not_found) return {};
  return {reinterpret_cast<const char*>(value->data), std::size_t{value->len}};
}

std::string_view value_of(ngx_http_request_t& r, const RequestValue& source) {
  ngx_str_t text{};
  if (!source.is_set()) return {};
  if (source.variable != NGX_ERROR) return variable_of(r, source.variable);
  if (ngx_http_complex_value(&r, const_cast<ngx_http_complex_value_t*>(&source.text), &text) != NGX_OK)
    throw std::bad_alloc();
  return view(text);
}

std::optional<std::uint64_t> named(const Marks& marks, const ProviderMarks& part, Mark::Of of,
                                   std::string_view value) noexcept {
  return value.empty() ? std::nullopt : std::optional(marks.fingerprint(part, of, value));
}

}  // namespace

Findings find_marks(const Marks& marks, const Evidence& evidence, TimeS now) noexcept {
  Findings findings{.names_session = evidence.sid || evidence.sub, .since = evidence.since};
  findings.sid_is_marked = evidence.sid && marks.find(*evidence.sid, now);
  if (evidence.sub) findings.sub_marked_at = marks.find(*evidence.sub, now);
  return findings;
}

Evidence TokenCache::evidence_of(const ProviderConf& provider, const ProviderMarks& part,
                                 std::string_view token) {
  if (known_.empty()) known_.resize(cached_tokens);
  const std::string_view end = token.substr(token.size() - std::min(token.size(), telling_end));
  Known& place = known_[marks_.fingerprint(part, Mark::Of::sid, end) % cached_tokens];
  if (place.part == &part && place.token == token) return place.evidence;
  Evidence evidence;
  if (const auto claims = read_guard_token(provider.provider, token)) {
    evidence = {.sid = named(marks_, part, Mark::Of::sid, claims->sid),
                .sub = named(marks_, part, Mark::Of::sub, claims->sub),
                .since = claims->since};
  }
  if (token.size() <= largest_cached)
    place = {.part = &part, .token = std::string(token), .evidence = evidence};
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
