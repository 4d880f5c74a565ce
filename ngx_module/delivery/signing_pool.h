// SPDX-License-Identifier: BSD-2-Clause
// Signs logout tokens in nginx's thread pool, so that the event loop waits for no slow key.
#pragma once

#include <functional>
#include <list>

#include "core/delivery/delivery.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// That this worker may use: worker_cpu_affinity holds its threads as well. At least 1.
unsigned processors_of_worker();

class SigningPool {
 public:
  using OnSealed = std::function<void(Outcome<Call>)>;

  // `pool` is null where there are no threads: then seal() must not be called.
  SigningPool(const Provider& provider, ngx_thread_pool_s* pool, ngx_log_t* log);
  SigningPool(const SigningPool&) = delete;
  // REQUIRES: nginx has stopped its threads, as it does before any module's exit_process.
  ~SigningPool();

  // Are there threads, and processors beside the event loop's for them? Else only what is slow is worth it.
  bool shares() const noexcept { return pool_ != nullptr && processors_ > 1; }
  // `is_slow`: as is_slow_to_seal() says; of others a thread takes more at once.
  // `delivery` stays where it is until `on_sealed` is called, once: from a later turn of the event loop, or
  // from inside this call where the pool takes no more.
  void seal(const Delivery& delivery, bool is_slow, OnSealed on_sealed);

 private:
  struct Job;
  struct Task;
  using Jobs = std::list<Job>;
  using Tasks = std::list<Task>;

  // One more than processors: none idles until the event loop has given it the next. Yet more would only take
  // turns, and the event loop with them.
  unsigned max_running() const noexcept { return processors_ + 1; }
  void start_waiting();
  Jobs take_share();
  Tasks take_out(Task& task);
  static void finish(Task& task);
  static void sign(Task& task, ngx_log_t* log) noexcept;
  static void sign_in_thread(void* task, ngx_log_t* log) noexcept;
  static void signed_by_thread(ngx_event_t* event) noexcept;

  const Provider& provider_;
  ngx_thread_pool_s* pool_;
  ngx_log_t* log_;
  unsigned processors_;
  Jobs waiting_;
  unsigned waiting_work_ = 0;
  Tasks running_;
  Event start_;
  Event stay_;  // a worker that quits stays for its threads
};

}  // namespace slo::ngx
