// SPDX-License-Identifier: BSD-2-Clause
// Sealing: signs logout tokens in nginx's thread pool, so that the event loop never waits for a slow key.
#include "ngx_module/sealing.h"

#include <iterator>
#include <utility>

#include "ngx_module/worker.h"

namespace slo::ngx {
namespace {

constexpr Millis longest_signature{10'000};

// More at once would only take turns on the same cores, the event loop's among them.
std::size_t most_running() { return ngx_ncpu > 1 ? static_cast<std::size_t>(ngx_ncpu) : 1; }

}  // namespace

struct Sealing::Job {
  Sealing* sealing;
  const Delivery* delivery;
  Sealed sealed;
  Jobs::iterator place{};
  Moment moment{};
  // Written by the thread, read when it has said that it is done.
  Outcome<Envelope> envelope = refuse(Fault::internal, "signing broke off");
#if (NGX_THREADS)
  ngx_thread_task_t task{};
#endif
};

Sealing::Sealing(const Provider& provider, ngx_thread_pool_s* pool, ngx_log_t* log)
    : provider_(provider), pool_(pool), log_(log), stay_(log, [] {}) {}

Sealing::~Sealing() = default;

void Sealing::seal(const Delivery& delivery, Sealed sealed) {
  if (pool_ == nullptr) return sealed(slo::seal(provider_, delivery, this_moment()));
#if (NGX_THREADS)
  waiting_.push_back({.sealing = this, .delivery = &delivery, .sealed = std::move(sealed)});
  start_waiting();
#endif
}

#if (NGX_THREADS)

void Sealing::start_waiting() {
  while (!waiting_.empty() && running_.size() < most_running()) {
    running_.splice(running_.end(), waiting_, waiting_.begin());
    Job& job = running_.back();
    job.place = std::prev(running_.end());
    job.moment = this_moment();
    job.task.ctx = &job;
    job.task.handler = sign_in_thread;
    job.task.event.data = &job;
    job.task.event.handler = signed_by_thread;
    job.task.event.log = log_;
    stay_.after(longest_signature);
    if (ngx_thread_task_post(pool_, &job.task) == NGX_OK) continue;
    sign_in_thread(&job, log_);  // the pool's queue is full, as nginx has said in the log
    finish(take_out(job));
  }
}

void Sealing::sign_in_thread(void* data, ngx_log_t* log) noexcept {
  auto& job = *static_cast<Job*>(data);
  guarded(log, [&] { job.envelope = slo::seal(job.sealing->provider_, *job.delivery, job.moment); });
}

void Sealing::signed_by_thread(ngx_event_t* event) noexcept {
  auto& job = *static_cast<Job*>(event->data);
  guarded(event->log, [&job] {
    Sealing& sealing = *job.sealing;
    Jobs done = sealing.take_out(job);
    sealing.start_waiting();
    finish(std::move(done));
  });
}

Sealing::Jobs Sealing::take_out(Job& job) {
  Jobs done;
  done.splice(done.end(), running_, job.place);
  if (running_.empty()) stay_.cancel();
  return done;
}

void Sealing::finish(Jobs job) { job.front().sealed(std::move(job.front().envelope)); }

#endif

}  // namespace slo::ngx
