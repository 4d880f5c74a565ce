// SPDX-License-Identifier: BSD-2-Clause
// Signs logout tokens in nginx's thread pool, so that the event loop waits for no slow key.
#include "ngx_module/delivery/signing_pool.h"

#include <sched.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/thread_end.h"

namespace slo::ngx {
namespace {

constexpr Millis max_signature{10'000};

// Where many wait, a thread signs a few before it wakes the event loop: a wake-up costs either of them a good
// part of a signature, and the thread would idle until it is given the next.
constexpr unsigned max_of_one_task = 16;
constexpr unsigned slow_work = 4;
constexpr unsigned quick_work = 1;

}  // namespace

unsigned processors_of_worker() {
#if (NGX_HAVE_SCHED_SETAFFINITY)
  cpu_set_t ours;
  if (sched_getaffinity(0, sizeof(ours), &ours) == 0) return static_cast<unsigned>(CPU_COUNT(&ours));
#endif
  return static_cast<unsigned>(std::max<ngx_int_t>(ngx_ncpu, 1));
}

struct SigningPool::Job {
  const Delivery* delivery;
  unsigned work;
  OnSealed on_sealed;
  // Written by the thread, read when it has said that it is done.
  Outcome<Call> sealed = refuse(Fault::internal, "signing broke off");
};

struct SigningPool::Task {
  SigningPool* sealing;
  Moment moment;
  Jobs jobs{};
  Tasks::iterator place{};
#if (NGX_THREADS)
  ngx_thread_task_t task{};
#endif
};

SigningPool::SigningPool(const Provider& provider, ngx_thread_pool_s* pool, ngx_log_t* log)
    : provider_(provider),
      pool_(pool),
      log_(log),
      processors_(processors_of_worker()),
      start_(log, [this] { start_waiting(); }),
      stay_(log, [] {}) {}

SigningPool::~SigningPool() = default;

// Those that are asked for together are shared out together.
void SigningPool::seal(const Delivery& delivery, bool is_slow, OnSealed on_sealed) {
  const unsigned work = is_slow ? slow_work : quick_work;
  waiting_.push_back({.delivery = &delivery, .work = work, .on_sealed = std::move(on_sealed)});
  waiting_work_ += work;
  if (running_.empty()) return start_waiting();  // who is told first need not wait
  if (running_.size() < max_running()) start_.post();
}

#if (NGX_THREADS)

// So much that all cores have something to do twice, but at least one.
SigningPool::Jobs SigningPool::take_share() {
  const unsigned share = std::min(waiting_work_ / max_running() / 2, max_of_one_task);
  Jobs jobs;
  unsigned work = 0;
  do {
    work += waiting_.front().work;
    jobs.splice(jobs.end(), waiting_, waiting_.begin());
  } while (!waiting_.empty() && work + waiting_.front().work <= share);
  waiting_work_ -= work;
  return jobs;
}

void SigningPool::start_waiting() {
  while (!waiting_.empty() && running_.size() < max_running()) {
    Task& task = running_.emplace_back(Task{.sealing = this, .moment = this_moment(), .jobs = take_share()});
    task.place = std::prev(running_.end());
    task.task.ctx = &task;
    task.task.handler = sign_in_thread;
    task.task.event.data = &task;
    task.task.event.handler = signed_by_thread;
    task.task.event.log = log_;
    stay_.after(max_signature);
    if (ngx_thread_task_post(pool_, &task.task) == NGX_OK) continue;
    sign(task, log_);  // the pool's queue is full, as nginx has said in the log
    Tasks done = take_out(task);
    finish(done.front());
  }
}

void SigningPool::sign_in_thread(void* task, ngx_log_t* log) noexcept {
  ThreadEnd::prepare();
  sign(*static_cast<Task*>(task), log);
}

void SigningPool::sign(Task& task, ngx_log_t* log) noexcept {
  for (Job& job : task.jobs) {
    if (&job != &task.jobs.front()) sched_yield();  // the event loop goes first
    guarded(log, [&] { job.sealed = slo::seal(task.sealing->provider_, *job.delivery, task.moment); });
  }
}

void SigningPool::signed_by_thread(ngx_event_t* event) noexcept {
  auto& task = *static_cast<Task*>(event->data);
  guarded(event->log, [&task] {
    SigningPool& sealing = *task.sealing;
    Tasks done = sealing.take_out(task);
    sealing.start_waiting();
    finish(done.front());
  });
}

SigningPool::Tasks SigningPool::take_out(Task& task) {
  Tasks done;
  done.splice(done.end(), running_, task.place);
  if (running_.empty()) stay_.cancel();
  return done;
}

void SigningPool::finish(Task& task) {
  for (Job& job : task.jobs) job.on_sealed(std::move(job.sealed));
}

#else

void SigningPool::start_waiting() {}

#endif

}  // namespace slo::ngx
