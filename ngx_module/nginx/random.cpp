// SPDX-License-Identifier: BSD-2-Clause
// Random: random bytes ahead of need, since OpenSSL takes as long for a few as for thousands.
#include "ngx_module/nginx/random.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <new>

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

Random::~Random() { OPENSSL_cleanse(throws_.data(), sizeof(throws_)); }

Random::Throw Random::roll() {
  if (left_ == 0) {
    if (RAND_bytes(throws_.front().data(), sizeof(throws_)) != 1) {
      ngx_log_error(NGX_LOG_CRIT, ngx_cycle->log, 0, "slo: no random bytes can be had");
      throw std::bad_alloc();
    }
    left_ = throws_.size();
  }
  Throw& next = throws_[--left_];
  const Throw rolled = next;
  OPENSSL_cleanse(next.data(), next.size());
  return rolled;
}

}  // namespace slo::ngx
