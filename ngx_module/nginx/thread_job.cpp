// SPDX-License-Identifier: BSD-2-Clause
// Work that takes long, one piece at a time: in nginx's thread pool, and then back in the event loop.
#include "ngx_module/nginx/thread_job.h"

#include <utility>

#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/thread_end.h"

namespace slo::ngx {

#if (NGX_THREADS)
struct ThreadJob::Task {
  ngx_thread_task_t task{};
};
#else
struct ThreadJob::Task {};
#endif

ThreadJob::ThreadJob(ngx_thread_pool_s* pool, ngx_log_t* log)
    : pool_(pool), log_(log), task_(std::make_unique<Task>()), here_(log, [this] {
        guarded(log_, work_);
        finish();
      }) {
  here_.may_be_left();
}

ThreadJob::~ThreadJob() = default;

#if (NGX_THREADS)

void ThreadJob::run(std::function<void()> work, std::function<void()> done) {
  work_ = std::move(work);
  done_ = std::move(done);
  is_running_ = true;
  task_->task = {};
  task_->task.ctx = this;
  task_->task.handler = work_in_thread;
  task_->task.event.data = this;
  task_->task.event.handler = done_by_thread;
  task_->task.event.log = log_;
  if (pool_ == nullptr || ngx_thread_task_post(pool_, &task_->task) != NGX_OK) here_.post_next();
}

void ThreadJob::work_in_thread(void* job, ngx_log_t* log) noexcept {
  ThreadEnd::prepare();
  guarded(log, static_cast<ThreadJob*>(job)->work_);
}

void ThreadJob::done_by_thread(ngx_event_t* event) noexcept {
  auto& job = *static_cast<ThreadJob*>(event->data);
  guarded(event->log, [&job] { job.finish(); });
}

#else

void ThreadJob::run(std::function<void()> work, std::function<void()> done) {
  work_ = std::move(work);
  done_ = std::move(done);
  is_running_ = true;
  here_.post_next();
}

#endif

void ThreadJob::finish() {
  work_ = nullptr;
  is_running_ = false;
  std::exchange(done_, nullptr)();
}

}  // namespace slo::ngx
