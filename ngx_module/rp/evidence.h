// SPDX-License-Identifier: BSD-2-Clause
// What a request tells of its session, as fingerprints of marks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/moment.h"
#include "core/rp/guard.h"
#include "ngx_module/marks/marks.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/rp/conf.h"

namespace slo::ngx {

struct Evidence {
  std::optional<std::uint64_t> sid{};
  std::optional<std::uint64_t> sub{};
  std::optional<TimeS> since{};
};

// What is older than `retention` counts no more, though it may not have been swept yet.
Findings find_marks(const Marks& marks, const Evidence& evidence, TimeS now, Seconds retention) noexcept;

// What tokens that this worker has seen told, so that one that comes with every request is read once. A token
// is recognised by a digest of all of it; where too many meet the oldest goes.
class TokenCache {
 public:
  explicit TokenCache(const Marks& marks) : marks_(marks) {}
  TokenCache(const TokenCache&) = delete;

  Evidence evidence_of(const ProviderConf& provider, const ProviderMarks& part, std::string_view token);

 private:
  struct Known {
    const ProviderMarks* part = nullptr;
    Marks::Digest token{};
    Evidence evidence{};
  };
  const Marks& marks_;
  std::vector<Known> known_{};
};

// Empty where the parameter is not set. Throws std::bad_alloc.
std::string_view value_of(ngx_http_request_t& r, const RequestValue& source);

// By the values of the rule's parameters. Throws std::bad_alloc.
Evidence evidence_of(ngx_http_request_t& r, const GuardRule& rule, const ProviderMarks& part,
                     const Marks& marks, TokenCache& cache);

}  // namespace slo::ngx
