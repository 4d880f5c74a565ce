// SPDX-License-Identifier: BSD-2-Clause
// Work that takes long, one piece at a time: in nginx's thread pool, and then back in the event loop.
#pragma once

#include <functional>
#include <memory>

#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

class ThreadJob {
 public:
  // Without a pool, or where it takes no more, the event loop does the work, in a turn of its own.
  ThreadJob(ngx_thread_pool_s* pool, ngx_log_t* log);
  ThreadJob(const ThreadJob&) = delete;
  // REQUIRES: nginx has stopped its threads, as it does before any module's exit_process.
  ~ThreadJob();

  bool is_running() const noexcept { return is_running_; }
  // `work` must not touch what the event loop changes meanwhile; an exception of it ends it, and is logged.
  // `done` is called once, later, and may run() the next. REQUIRES: !is_running().
  void run(std::function<void()> work, std::function<void()> done);

 private:
  void finish();
  static void work_in_thread(void* job, ngx_log_t* log) noexcept;
  static void done_by_thread(ngx_event_t* event) noexcept;

  struct Task;
  ngx_thread_pool_s* pool_;
  ngx_log_t* log_;
  std::unique_ptr<Task> task_;
  std::function<void()> work_{};
  std::function<void()> done_{};
  bool is_running_ = false;
  Event here_;
};

}  // namespace slo::ngx
