// SPDX-License-Identifier: BSD-2-Clause
// Remembers whose applications' cookies are, and how answers set them, for one worker.
#include "ngx_module/app/cookie_cache.h"

#include <algorithm>
#include <span>

#include "ngx_module/nginx/zone.h"

namespace slo::ngx {
namespace {

constexpr std::size_t cached_cookies = 16384;  // 1.6 MB of a worker that tracks cookies
constexpr std::size_t ways = 4;                // places where one may be
constexpr std::size_t max_lists = 1024;        // of attributes; paths may be made from what users do
constexpr std::size_t for_learnt_ones = 256;   // of them: one user's paths leave room for the application's
constexpr std::size_t longest_list = 1024;
constexpr std::size_t max_learnt_names = 256;  // of one rule
constexpr ngx_msec_t not_owned_for = 1000;
constexpr std::size_t claiming_sessions = 1024;
constexpr std::size_t max_claims = 64;

CookieCache* this_cache = nullptr;

std::size_t bucket_of(const CookieCache::Digest& cookie) noexcept {
  return cookie[0] % (cached_cookies / ways) * ways;
}

// By which of its chunked names; empty: by none.
std::string pattern_of(const CookieRule& rule, std::string_view name) {
  for (const std::string& pattern : rule.names) {
    if (pattern.ends_with('*') && name.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1)))
      return pattern;
  }
  return {};
}

}  // namespace

AttributesList::Number AttributesList::number_of(std::string_view written, std::size_t kept_free) {
  if (written.empty() || written.size() > longest_list) return 0;
  const auto found = std::ranges::find(all_, written);
  if (found == all_.end() && all_.size() + kept_free >= max_lists) return 0;
  const auto index = found - all_.begin();
  if (found == all_.end()) all_.emplace_back(written);
  return static_cast<Number>(index + 1);
}

std::string_view AttributesList::written(Number number) const noexcept {
  return number == 0 ? std::string_view() : std::string_view(all_[number - 1U]);
}

CookieCache::Known CookieCache::find(const ProviderMarks& part, const Digest& cookie) const noexcept {
  if (entries_.empty()) return {};
  const std::span<const Entry, ways> places(&entries_[bucket_of(cookie)], ways);
  for (const Entry& place : places) {
    if (place.part != &part || place.cookie != cookie) continue;
    Known known = place.known;
    if (known.standing == Standing::owned) {
      known.is_of_this_store = place.store == store_seen();
    } else if (static_cast<ngx_msec_int_t>(place.until - ngx_current_msec) <= 0) {
      return {};
    }
    return known;
  }
  return {};
}

CookieCache::Entry& CookieCache::place_of(const ProviderMarks& part, const Digest& cookie) {
  if (entries_.empty()) entries_.resize(cached_cookies);
  const std::span<Entry, ways> places(&entries_[bucket_of(cookie)], ways);
  const auto is_its = [&](const Entry& entry) { return entry.part == &part && entry.cookie == cookie; };
  auto found = std::ranges::find_if(places, is_its);
  if (found == places.end()) --found;
  std::rotate(places.begin(), found, found + 1);
  places.front() = {.part = &part, .cookie = cookie};
  return places.front();
}

void CookieCache::owned(const ProviderMarks& part, const Digest& cookie, const CookieOwner& owner) {
  const SessionNames& names = owner.names;
  Entry& entry = place_of(part, cookie);
  entry.store = store_seen();
  entry.known = {.standing = Standing::owned,
                 .attributes = lists_.number_of(owner.attributes, for_learnt_ones),
                 .owner = evidence_of(marks_, part, names.sid, names.sub, names.since)};
}

void CookieCache::not_owned(const ProviderMarks& part, const Digest& cookie, Standing standing) {
  Entry& entry = place_of(part, cookie);
  entry.until = ngx_current_msec + not_owned_for;
  entry.known = {.standing = standing};
}

bool CookieCache::may_claim(const Evidence& session, std::size_t cookies) {
  if (claims_.empty()) claims_.resize(claiming_sessions);
  const std::uint64_t name = session.sid ? *session.sid : session.sub.value_or(0);
  Claims& claims = claims_[name % claiming_sessions];
  if (claims.session != session || ngx_time() - claims.since >= 60)
    claims = {.session = session, .since = ngx_time()};
  claims.count += cookies;
  return claims.count <= max_claims;
}

void CookieCache::learn(const CookieRule& rule, const AnswerCookie& cookie) {
  CookieAttributes attributes = cookie.attributes;
  if (cookie.has_default_path) attributes.path.clear();
  const std::string_view name = cookie.name;
  const AttributesList::Number number = lists_.number_of(write_attributes(attributes));
  if (number == 0) return;
  Learnt& learnt = learnt_[&rule];
  for (const std::string& key : {std::string(name), pattern_of(rule, name)}) {
    if (learnt.size() < max_learnt_names || learnt.contains(key)) learnt[key] = number;
  }
}

std::string_view CookieCache::attributes_of(const CookieRule& rule, std::string_view name,
                                            AttributesList::Number known) const {
  if (known != 0) return lists_.written(known);
  const auto learnt = learnt_.find(&rule);
  if (learnt == learnt_.end()) return {};
  for (const std::string& key : {std::string(name), pattern_of(rule, name)}) {
    if (const auto found = learnt->second.find(key); found != learnt->second.end())
      return lists_.written(found->second);
  }
  return {};
}

CookieCache* cookie_cache() noexcept { return this_cache; }
void use_cookie_cache(CookieCache* its) noexcept { this_cache = its; }

}  // namespace slo::ngx
