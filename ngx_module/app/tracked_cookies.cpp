// SPDX-License-Identifier: BSD-2-Clause
// Tracked cookies of a request: known to this worker, or asked for once; each is its session's or stays out.
#include "ngx_module/app/tracked_cookies.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "ngx_module/app/binding.h"
#include "ngx_module/app/kept_out_cookies.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/nginx/report.h"
#include "ngx_module/nginx/zone.h"
#include "ngx_module/store/store.h"
#include "redis_schema/bound_cookies.h"

namespace slo::ngx {
namespace tracking {
namespace {

using R = ngx_http_request_t;
using Standing = CookieCache::Standing;
using Digests = std::vector<CookieCache::Digest>;

// In the order in which they are called.
void see(Look& look);
std::optional<CookieVerdict> go_with_told(Look& look);
std::optional<CookieVerdict> go_without(Look& look);
bool ask_to_bind_to_told(Look& look, const AllSeen& those);
bool ask_whose(Look& look, const AllSeen& those);
bool ask_to_bind(Look& look, std::optional<CookieOwner> owner, const AllSeen& those);
void remember_once_more(Look& look, const Seen& one, const CookieOwner& owner);
void take(CookieAnswers& answers, const ProviderMarks& part, const CookieCache::Digest& cookie,
          const Outcome<std::optional<CookieOwner>>& owner);

void see(Look& look) {
  const CookieCache& cache = *cookie_cache();
  each_application_cookie(look.r, [&](const ApplicationCookie& cookie) {
    if (!cookie.rule->is_tracked || look.seen.size() >= max_seen) return;
    Seen one{.cookie = cookie, .is_beyond = look.seen.size() >= max_looked_at || cookie.only_hides_it};
    if (!one.is_beyond) {
      one.digest = cache.digest(cookie.text);
      const auto* answer = look.answer_for(one);
      one.known = answer == nullptr ? cache.find(look.question.part, one.digest) : answer->known;
    }
    look.seen.push_back(one);
  });
}

template <class Which>
AllSeen those(const AllSeen& seen, Which which) {
  AllSeen chosen;
  std::ranges::copy_if(seen, std::back_inserter(chosen),
                       [&](const Seen& one) { return !one.is_beyond && which(one); });
  return chosen;
}

bool is_unknown(const Seen& one) { return one.known.standing == Standing::unknown; }

bool ask_to_bind_to_told(Look& look, const AllSeen& those) {
  if (!cookie_cache()->may_claim(look.question.told, those.size())) return ask_whose(look, those);
  const ApplicationCookie& first = those.front().cookie;
  auto owner =
      owner_of_names(look.question.names(), digest_app_cookie(look.provider(), first.name, first.value));
  return ask_to_bind(look, std::move(owner), those);
}

// Of a session that is over, whose its cookies are is asked only to expire them as they were set. Whom nobody
// owned a moment ago may have been bound since.
std::optional<CookieVerdict> go_with_told(Look& look) {
  const Evidence& told = look.question.told;
  if (look.has_ended(told)) {
    const auto unsure = those(
        look.seen, [&look](const Seen& one) { return !is_owned(one) && look.answer_for(one) == nullptr; });
    if (!unsure.empty() && store()->is_up() && ask_whose(look, unsure)) return std::nullopt;
    return CookieVerdict{.session = told};
  }
  const auto new_ones = those(look.seen, [&look](const Seen& one) {
    return is_unknown(one) || (is_nobodys(one) && look.answer_for(one) == nullptr) ||
           (is_owned(one) && !one.known.is_of_this_store);
  });
  if (!new_ones.empty() && ask_to_bind_to_told(look, new_ones)) return std::nullopt;
  return keep_out(look, told);
}

// Where nobody says whose request it is, the first cookie of a session that lives does.
std::optional<CookieVerdict> go_without(Look& look) {
  const auto unknown = those(look.seen, is_unknown);
  if (!unknown.empty() && ask_whose(look, unknown)) return std::nullopt;
  const auto owned = those(look.seen, is_owned);
  if (owned.empty()) return keep_out(look, {});
  auto chosen =
      std::ranges::find_if(owned, [&](const Seen& one) { return !look.has_ended(one.known.owner); });
  const bool lives = chosen != owned.end();
  if (!lives) chosen = owned.begin();
  if (const auto* answer = lives ? look.answer_for(*chosen) : nullptr; answer != nullptr && answer->owner)
    remember_once_more(look, *chosen, *answer->owner);
  if (const auto nobodys = those(look.seen, is_nobodys); lives && !nobodys.empty()) {
    const auto* answer = look.answer_for(*chosen);
    if (answer == nullptr && ask_whose(look, {*chosen})) return std::nullopt;
    const bool may_claim =
        answer != nullptr && cookie_cache()->may_claim(chosen->known.owner, nobodys.size());
    if (may_claim && ask_to_bind(look, answer->owner, nobodys)) return std::nullopt;
  }
  CookieVerdict verdict = keep_out(look, chosen->known.owner);
  verdict.by = chosen->cookie;
  return verdict;
}

Digests digests_of(const AllSeen& those) {
  Digests digests;
  for (const Seen& one : those) digests.push_back(one.digest);
  return digests;
}

CookieAnswers& open_answers(Look& look) {
  if (look.answers == nullptr) look.answers = &pool_new<CookieAnswers>(look.r.pool);
  return *look.answers;
}

void enter_again(R& r) {
  r.write_event_handler = ngx_http_core_run_phases;
  ngx_http_core_run_phases(&r);
}

template <class Owner>
auto with_owners(Look& look, const AllSeen& those) {
  return [&r = look.r, &answers = open_answers(look), &part = look.question.part,
          digests = digests_of(those)](Outcome<std::vector<Owner>> owners) {
    for (std::size_t i = 0; i < digests.size(); ++i) {
      if (owners && i < owners->size()) {
        take(answers, part, digests[i], std::optional<CookieOwner>((*owners)[i]));
      } else {
        take(answers, part, digests[i], refuse(Fault::store_unreachable));
      }
    }
    enter_again(r);
  };
}

bool ask_whose(Look& look, const AllSeen& those) {
  std::vector<CookieDigest> digests;
  for (const Seen& one : those)
    digests.push_back(digest_app_cookie(look.provider(), one.cookie.name, one.cookie.value));
  auto take_all = with_owners<std::optional<CookieOwner>>(look, those);
  ask<std::vector<std::optional<CookieOwner>>>(
      look.r, redis::owners_of(look.question.provider.space, digests),
      [take_all = std::move(take_all), &r = look.r,
       &provider = look.provider()](Outcome<std::vector<std::optional<CookieOwner>>> owners) {
        if (!owners) report(r.connection->log, owners.error(), provider.name);
        take_all(std::move(owners));
      });
  return true;
}

Binding binding_of(const Look& look, CookieOwner owner, const AllSeen& those) {
  Binding binding{.provider = &look.question.provider,
                  .owner = std::move(owner),
                  .application = &look.question.application,
                  .seen_in = redis::SeenIn::request};
  for (const Seen& one : those) {
    binding.cookies.push_back({.name = std::string(one.cookie.name),
                               .value = std::string(one.cookie.value),
                               .is_remembered = is_its_own_spelling(*one.cookie.rule, one.cookie.name)});
  }
  return binding;
}

// False: nobody is asked, since the owner has no names that can be stored.
bool ask_to_bind(Look& look, std::optional<CookieOwner> owner, const AllSeen& those) {
  if (!owner) return false;
  const Seen& first = those.front();
  if (owner->attributes.empty())
    owner->attributes = cookie_cache()->attributes_of(*first.cookie.rule, first.cookie.name, 0);
  bind_cookies(binding_of(look, *std::move(owner), those), with_owners<CookieOwner>(look, those), &look.r);
  return true;
}

// Who was to remember them, and to register the application, may have failed half-way: the next worker that
// learns of their owner does so again, which changes nothing where it was done.
void remember_once_more(Look& look, const Seen& one, const CookieOwner& owner) {
  CookieAnswers::One* answer = look.answer_for(one);
  if (std::exchange(answer->is_remembered, true)) return;
  bind_cookies(
      binding_of(look, owner, {one}), [](const Outcome<std::vector<CookieOwner>>&) {}, nullptr);
}

// What this worker knew before outlives a store that fails, or has forgotten.
void take(CookieAnswers& answers, const ProviderMarks& part, const CookieCache::Digest& cookie,
          const Outcome<std::optional<CookieOwner>>& owner) {
  CookieCache& cache = *cookie_cache();
  CookieAnswers::One one{.part = &part, .cookie = cookie, .known = cache.find(part, cookie)};
  if (owner && *owner) {
    cache.owned(part, cookie, **owner);
    one.known = cache.find(part, cookie);
    one.owner = *owner;
  } else if (one.known.standing != Standing::owned) {
    cache.not_owned(part, cookie, owner ? Standing::nobodys : Standing::in_doubt);
    one.known = cache.find(part, cookie);
  }
  one.known.is_of_this_store = true;
  if (CookieAnswers::One* before = answers.find(part, cookie)) {
    *before = std::move(one);
  } else {
    answers.all.push_back(std::move(one));
  }
}

}  // namespace
}  // namespace tracking

std::optional<CookieVerdict> look_at_cookies(ngx_http_request_t& r, const CookieQuestion& question,
                                             CookieAnswers*& answers) {
  static tracking::AllSeen seen;  // its room is used again
  seen.clear();
  tracking::Look look{.r = r, .question = question, .answers = answers, .seen = seen};
  tracking::see(look);
  if (seen.empty()) return CookieVerdict{.session = question.told};
  return question.told.names_session() ? tracking::go_with_told(look) : tracking::go_without(look);
}

}  // namespace slo::ngx
