// SPDX-License-Identifier: BSD-2-Clause
// What this worker knows of applications' cookies: whose they are, and how they were set.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/app/bound_cookie.h"
#include "core/app/cookie_attributes.h"
#include "core/app/cookie_rule.h"
#include "ngx_module/marks/evidence.h"
#include "ngx_module/marks/marks.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// How cookies were set: lists of attributes by their written form, of which there are few.
class AttributesList {
 public:
  using Number = std::uint16_t;  // 0: not known, or there are too many
  // `kept_free`: so many places are not for this one.
  Number number_of(std::string_view written, std::size_t kept_free = 0);
  std::string_view written(Number number) const noexcept;

 private:
  std::vector<std::string> all_{};
};

// A cookie is recognised by a digest of its name and value; where too many meet the oldest goes.
class CookieCache {
 public:
  using Digest = Marks::Digest;
  enum class Standing : std::uint8_t { unknown, owned, nobodys, in_doubt };
  struct Known {
    Standing standing = Standing::unknown;
    bool is_of_this_store = true;  // false: the store has been replaced since, and may not know it
    AttributesList::Number attributes = 0;
    Evidence owner{};
  };

  explicit CookieCache(const Marks& marks) : marks_(marks) {}
  CookieCache(const CookieCache&) = delete;

  // `name_and_value` as it stands in the request.
  Digest digest(std::string_view name_and_value) const noexcept { return marks_.digest(name_and_value); }
  Known find(const ProviderMarks& part, const Digest& cookie) const noexcept;
  void owned(const ProviderMarks& part, const Digest& cookie, const CookieOwner& owner);
  // What is known for a second at most: that it is nobody's, or that it could not be found out.
  void not_owned(const ProviderMarks& part, const Digest& cookie, Standing standing);

  // May so many cookies be claimed for it, that nobody knows? 64 a minute, whoever sends them: each lasts for
  // days in the store.
  bool may_claim(const Evidence& session, std::size_t cookies);

  // How an answer of this worker has set a cookie; of one name the newest counts. A path that the answer did
  // not name is its request's alone, and is not learnt.
  void learn(const CookieRule& rule, const AnswerCookie& cookie);
  // Empty: it was not seen. `known`: of this very cookie. Of chunks any other one tells as well.
  std::string_view attributes_of(const CookieRule& rule, std::string_view name,
                                 AttributesList::Number known) const;

 private:
  struct Entry {
    const ProviderMarks* part = nullptr;
    Digest cookie{};
    std::uint64_t store = 0;  // store_seen()
    ngx_msec_t until = 0;     // of what is not owned
    Known known{};
  };
  Entry& place_of(const ProviderMarks& part, const Digest& cookie);

  const Marks& marks_;
  std::vector<Entry> entries_{};
  struct Claims {
    Evidence session{};
    time_t since = 0;
    std::size_t count = 0;
  };
  std::vector<Claims> claims_{};  // a session has one place, which the last to come takes
  AttributesList lists_{};
  using Learnt = std::unordered_map<std::string, AttributesList::Number>;  // by name, and by pattern
  std::unordered_map<const CookieRule*, Learnt> learnt_{};
};

// This process's; null where there are no marks(). Set by who owns it.
CookieCache* cookie_cache() noexcept;
void use_cookie_cache(CookieCache* its) noexcept;

}  // namespace slo::ngx
