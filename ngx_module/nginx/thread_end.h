// SPDX-License-Identifier: BSD-2-Clause
// The end of threads that have used OpenSSL, which must come before the end of the process.
//
// nginx's thread pools let go of their threads when these have taken their last task. What OpenSSL keeps for
// each is freed as it ends, and by OPENSSL_cleanup() as the process ends: whoever does both at once frees it
// twice.
#pragma once

#include <openssl/crypto.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "core/moment.h"

namespace slo::ngx {

class ThreadEnd {
 public:
  // Called by every task that uses OpenSSL. REQUIRES: a thread that ends; the main thread would be waited
  // for.
  static void prepare() noexcept {
    thread_local const ThreadEnd end;
    (void)end;
  }

  // True once all threads that called prepare() have let go of OpenSSL; false where that takes longer.
  static bool await(Millis at_most) noexcept {
    const auto until = std::chrono::steady_clock::now() + at_most;
    while (threads_.load() > 0) {
      if (std::chrono::steady_clock::now() >= until) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

  ThreadEnd(const ThreadEnd&) = delete;
  ~ThreadEnd() {
    OPENSSL_thread_stop();
    --threads_;
  }

 private:
  ThreadEnd() noexcept { ++threads_; }

  inline static std::atomic<int> threads_{0};
};

}  // namespace slo::ngx
