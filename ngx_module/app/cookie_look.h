// SPDX-License-Identifier: BSD-2-Clause
// One look at the tracked cookies of a request: what was seen, and what the store has answered.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "ngx_module/app/cookie_question.h"
#include "ngx_module/marks/marks.h"
#include "ngx_module/nginx/moment.h"

namespace slo::ngx {

// The cache may have no room for it.
struct CookieAnswers {
  struct One {
    const ProviderMarks* part = nullptr;
    CookieCache::Digest cookie{};
    CookieCache::Known known{};
    std::optional<CookieOwner> owner{};
    bool is_remembered = false;  // with the owner's session
  };
  std::vector<One> all{};

  One* find(const ProviderMarks& part, const CookieCache::Digest& cookie) noexcept {
    const auto is_it = [&](const One& one) { return one.part == &part && one.cookie == cookie; };
    const auto found = std::ranges::find_if(all, is_it);
    return found == all.end() ? nullptr : &*found;
  }
};

namespace tracking {

inline constexpr std::size_t max_looked_at =
    16;                                      // of what is beyond nobody finds out whose it is: it stays out
inline constexpr std::size_t max_seen = 64;  // what is beyond stays out, and is not even expired

struct Seen {
  ApplicationCookie cookie{};
  CookieCache::Digest digest{};
  CookieCache::Known known{};
  bool is_beyond = false;
};
using AllSeen = std::vector<Seen>;

struct Look {
  ngx_http_request_t& r;
  const CookieQuestion& question;
  CookieAnswers*& answers;
  AllSeen& seen;

  const Provider& provider() const noexcept { return question.provider.provider; }
  bool has_ended(const Evidence& evidence) const noexcept {
    const Findings findings = find_marks(*marks(), evidence, this_second(), provider().retention);
    return judge(findings, {}, false).status == GuardStatus::ended;
  }
  CookieAnswers::One* answer_for(const Seen& one) const noexcept {
    return answers == nullptr ? nullptr : answers->find(question.part, one.digest);
  }
};

inline bool is_nobodys(const Seen& one) { return one.known.standing == CookieCache::Standing::nobodys; }
inline bool is_owned(const Seen& one) { return one.known.standing == CookieCache::Standing::owned; }

}  // namespace tracking
}  // namespace slo::ngx
