// SPDX-License-Identifier: BSD-2-Clause
// What a request tells of its session, as fingerprints of marks.
#pragma once

#include <string_view>
#include <vector>

#include "core/app/bound_cookie.h"
#include "ngx_module/marks/evidence.h"
#include "ngx_module/marks/marks.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/rp/conf.h"

namespace slo::ngx {

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

// The same names, to be written down. Throws std::bad_alloc.
SessionNames session_names_of(ngx_http_request_t& r, const GuardRule& rule);

}  // namespace slo::ngx
