// SPDX-License-Identifier: BSD-2-Clause
// Decrypts id_token_hints in nginx's thread pool, so that nobody's garbage holds the event loop up.
//
// A private key works a millisecond and more on whatever it is given. So many run at a time as there are
// processors, a bounded number waits, and who comes then is turned away before anything was done for him.
#pragma once

#include <functional>
#include <list>
#include <string>

#include "core/outcome.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

class HintDecryption {
  struct Job;
  using Jobs = std::list<Job>;

 public:
  using Opened = std::function<void(Outcome<std::string>)>;

  // The waiting side's handle: destroyed, nobody is called, and what has not been begun never is.
  class PendingReply {
   public:
    PendingReply() = default;
    PendingReply(const PendingReply&) = delete;
    ~PendingReply();

   private:
    friend class HintDecryption;
    HintDecryption* decryption_ = nullptr;
    Jobs::iterator job_{};
  };

  explicit HintDecryption(ngx_log_t* log);
  HintDecryption(const HintDecryption&) = delete;
  // REQUIRES: nginx has stopped its threads, as it does before any module's exit_process.
  ~HintDecryption();

  bool has_room() const noexcept;
  // Calls `opened` with what open_encrypted() says, once, from a later turn of the event loop.
  // REQUIRES: has_room(); provider.threads; an empty handle that goes before this object does.
  void open(const ProviderConf& provider, std::string hint, PendingReply& pending, Opened opened);

 private:
  void start_waiting();
  void turn_away();
  void finish(Jobs& from, Jobs::iterator job);
  static void open_in_thread(void* job, ngx_log_t* log) noexcept;
  static void opened_by_thread(ngx_event_t* event) noexcept;

  ngx_log_t* log_;
  unsigned max_running_;
  Jobs waiting_;
  Jobs running_;
  Jobs turned_away_;  // the pool takes no more
  Event turn_away_;
};

}  // namespace slo::ngx
