// SPDX-License-Identifier: BSD-2-Clause
#include "ngx_module/nginx/thread_end.h"

#include <gtest/gtest.h>
#include <openssl/rand.h>

#include <future>
#include <memory>
#include <thread>

namespace slo::ngx::thread_end_test {

TEST(ThreadEnd, is_there_where_no_thread_was_prepared) { EXPECT_TRUE(ThreadEnd::await(Millis{0})); }

TEST(ThreadEnd, is_waited_for_but_not_longer_than_was_said) {
  std::promise<void> prepared;
  std::promise<void> may_end;
  std::thread thread([&] {
    ThreadEnd::prepare();
    ThreadEnd::prepare();
    unsigned char byte = 0;
    RAND_bytes(&byte, 1);
    prepared.set_value();
    may_end.get_future().wait();
  });
  prepared.get_future().wait();
  EXPECT_FALSE(ThreadEnd::await(Millis{5}));
  may_end.set_value();
  EXPECT_TRUE(ThreadEnd::await(Millis{10'000}));
  thread.join();
}

// Pools let go of their threads: nobody joins them.
TEST(ThreadEnd, is_waited_for_where_threads_are_detached) {
  for (int i = 0; i < 8; ++i) {
    auto prepared = std::make_shared<std::promise<void>>();
    std::thread([prepared] {
      ThreadEnd::prepare();
      prepared->set_value();
    }).detach();
    prepared->get_future().wait();
  }
  EXPECT_TRUE(ThreadEnd::await(Millis{10'000}));
}

}  // namespace slo::ngx::thread_end_test
