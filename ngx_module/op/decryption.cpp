// SPDX-License-Identifier: BSD-2-Clause
// Decrypts id_token_hints in nginx's thread pool.
#include "ngx_module/op/decryption.h"

#include <iterator>
#include <utility>

#include "core/op/hint.h"
#include "ngx_module/delivery/signing_pool.h"
#include "ngx_module/nginx/entry.h"

namespace slo::ngx {
namespace {

constexpr std::size_t most_waiting_to_open = 64;  // a tenth of a second of RSA

Outcome<std::string> too_many_to_open() { return refuse(Fault::hint_queue_full); }

}  // namespace

struct Opening::Job {
  Opening* opening;
  const ProviderConf* provider;
  std::string hint;
  Opened opened{};  // none: nobody waits any more
  Seat* seat = nullptr;
  bool is_running = false;
  // Written by the thread, read when it has said that it is done.
  Outcome<std::string> plain = too_many_to_open();
  Jobs::iterator place{};
#if (NGX_THREADS)
  ngx_thread_task_t task{};
#endif
};

Opening::Seat::~Seat() {
  if (opening_ == nullptr) return;
  job_->seat = nullptr;
  job_->opened = nullptr;
  if (!job_->is_running) opening_->waiting_.erase(job_);
}

Opening::Opening(ngx_log_t* log)
    : log_(log), most_running_(processors_of_worker()), turn_away_(log, [this] { turn_away(); }) {}

Opening::~Opening() = default;

bool Opening::has_room() const noexcept { return waiting_.size() < most_waiting_to_open; }

void Opening::open(const ProviderConf& provider, std::string hint, Seat& seat, Opened opened) {
  Job& job = waiting_.emplace_back(Job{.opening = this, .provider = &provider, .hint = std::move(hint)});
  job.opened = std::move(opened);
  job.place = std::prev(waiting_.end());
  job.seat = &seat;
  seat.opening_ = this;
  seat.job_ = job.place;
  start_waiting();
}

#if (NGX_THREADS)

void Opening::start_waiting() {
  while (!waiting_.empty() && running_.size() < most_running_) {
    Job& job = waiting_.front();
    running_.splice(running_.end(), waiting_, job.place);
    job.is_running = true;
    job.task.ctx = &job;
    job.task.handler = open_in_thread;
    job.task.event.data = &job;
    job.task.event.handler = opened_by_thread;
    job.task.event.log = log_;
    if (ngx_thread_task_post(job.provider->threads, &job.task) == NGX_OK) continue;
    turned_away_.splice(turned_away_.end(), running_, job.place);
    turn_away_.post();
  }
}

void Opening::open_in_thread(void* data, ngx_log_t* log) noexcept {
  auto& job = *static_cast<Job*>(data);
  job.plain = refuse(Fault::internal, "decrypting broke off");
  guarded(log, [&job] { job.plain = open_hint(job.provider->provider, job.hint); });
}

void Opening::opened_by_thread(ngx_event_t* event) noexcept {
  auto& job = *static_cast<Job*>(event->data);
  guarded(event->log, [&job] {
    Opening& opening = *job.opening;
    opening.finish(opening.running_, job.place);
    opening.start_waiting();
  });
}

#else

void Opening::start_waiting() {}

#endif

void Opening::turn_away() {
  while (!turned_away_.empty()) finish(turned_away_, turned_away_.begin());
}

void Opening::finish(Jobs& from, Jobs::iterator place) {
  Jobs done;
  done.splice(done.end(), from, place);
  Job& job = done.front();
  if (job.seat != nullptr) job.seat->opening_ = nullptr;
  if (job.opened) job.opened(std::move(job.plain));
}

}  // namespace slo::ngx
