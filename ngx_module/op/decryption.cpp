// SPDX-License-Identifier: BSD-2-Clause
// Decrypts id_token_hints in nginx's thread pool.
#include "ngx_module/op/decryption.h"

#include <iterator>
#include <utility>

#include "core/provider/encrypted_token.h"
#include "ngx_module/delivery/signing_pool.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/thread_end.h"

namespace slo::ngx {
namespace {

constexpr std::size_t max_waiting_to_decrypt = 64;  // a tenth of a second of RSA

Outcome<std::string> too_many_to_open() { return refuse(Fault::hint_queue_full); }

}  // namespace

struct HintDecryption::Job {
  HintDecryption* decryption;
  const ProviderConf* provider;
  std::string hint;
  Opened opened{};  // none: nobody waits any more
  PendingReply* pending = nullptr;
  bool is_running = false;
  // Written by the thread, read when it has said that it is done.
  Outcome<std::string> plain = too_many_to_open();
  Jobs::iterator place{};
#if (NGX_THREADS)
  ngx_thread_task_t task{};
#endif
};

HintDecryption::PendingReply::~PendingReply() {
  if (decryption_ == nullptr) return;
  job_->pending = nullptr;
  job_->opened = nullptr;
  if (!job_->is_running) decryption_->waiting_.erase(job_);
}

HintDecryption::HintDecryption(ngx_log_t* log)
    : log_(log), max_running_(processors_of_worker()), turn_away_(log, [this] { turn_away(); }) {}

HintDecryption::~HintDecryption() = default;

bool HintDecryption::has_room() const noexcept { return waiting_.size() < max_waiting_to_decrypt; }

void HintDecryption::open(const ProviderConf& provider, std::string hint, PendingReply& pending,
                          Opened opened) {
  Job& job = waiting_.emplace_back(Job{.decryption = this, .provider = &provider, .hint = std::move(hint)});
  job.opened = std::move(opened);
  job.place = std::prev(waiting_.end());
  job.pending = &pending;
  pending.decryption_ = this;
  pending.job_ = job.place;
  start_waiting();
}

#if (NGX_THREADS)

void HintDecryption::start_waiting() {
  while (!waiting_.empty() && running_.size() < max_running_) {
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

void HintDecryption::open_in_thread(void* data, ngx_log_t* log) noexcept {
  ThreadEnd::prepare();
  auto& job = *static_cast<Job*>(data);
  job.plain = refuse(Fault::internal, "decrypting broke off");
  guarded(log, [&job] { job.plain = open_encrypted(job.provider->provider, job.hint); });
}

void HintDecryption::opened_by_thread(ngx_event_t* event) noexcept {
  auto& job = *static_cast<Job*>(event->data);
  guarded(event->log, [&job] {
    HintDecryption& decryption = *job.decryption;
    decryption.finish(decryption.running_, job.place);
    decryption.start_waiting();
  });
}

#else

void HintDecryption::start_waiting() {}

#endif

void HintDecryption::turn_away() {
  while (!turned_away_.empty()) finish(turned_away_, turned_away_.begin());
}

void HintDecryption::finish(Jobs& from, Jobs::iterator place) {
  Jobs done;
  done.splice(done.end(), from, place);
  Job& job = done.front();
  if (job.pending != nullptr) job.pending->decryption_ = nullptr;
  if (job.opened) job.opened(std::move(job.plain));
}

}  // namespace slo::ngx
