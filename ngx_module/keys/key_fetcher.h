// SPDX-License-Identifier: BSD-2-Clause
// The OPs' keys come by themselves: one worker of this host fetches them, all share them, each reads its own.
//
// Where `jwks` is a URL, or absent, a provider has a document in the zone (shared_document.h), with the plan
// of its next fetch. Whichever worker is first when that is due takes the lease and fetches; another one does
// where that worker dies. Nothing is fetched at `nginx -t`, and nobody waits for a fetch but who shows a
// token that an unknown key has signed.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/admin/status_page.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/keys/key_source.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

class KeyFetcher {
  struct Waiter;
  using Waiters = std::list<Waiter>;

 public:
  // The handle of one who waits: destroyed, he is not called.
  class Waiting {
   public:
    Waiting() = default;
    Waiting(const Waiting&) = delete;
    ~Waiting() { give_up(); }
    void give_up() noexcept;

   private:
    friend class KeyFetcher;
    KeyFetcher* fetcher_ = nullptr;
    Waiters::iterator at_{};
  };

  KeyFetcher(const MainConf& conf, ngx_log_t* log);
  KeyFetcher(const KeyFetcher&) = delete;
  ~KeyFetcher();

  // From here on this worker verifies with the newest keys of this host.
  void take_newest(const ProviderConf& provider);

  // A token is refused for `why`: may keys come that change that, now or in a moment? It has them fetched, if
  // nobody is fetching and no unknown key has asked within the last half minute.
  bool may_help(const ProviderConf& provider, const Refusal& why);
  // Calls `done` once, later: when the fetch has ended, or `time` is over. REQUIRES: may_help(); an empty
  // handle.
  void wait(const ProviderConf& provider, Millis time, Waiting& handle, std::function<void()> done);

  // For slo_status; nothing where nothing is fetched.
  std::optional<KeyStatus> status(const ProviderConf& provider);
  // The end_session_endpoint of the OP's discovery document; empty: nobody knows of one.
  std::string end_session_endpoint(const ProviderConf& provider) const;

 private:
  struct Waiter {
    KeySource* source;
    std::uint64_t fetches;  // that had ended when he came
    ngx_msec_t end;
    Waiting* handle;
    std::function<void()> done;
    bool is_over = false;
  };

  KeySource* source_of(const ProviderConf& provider) const;
  void tick();
  void look();

  std::vector<std::unique_ptr<KeySource>> sources_{};  // by ProviderConf::index; null: nothing is fetched
  Waiters waiters_{};
  Event tick_;
  Event look_;
};

// What is left of the time that a user or a login may wait for keys, 2 s from the first time that it is
// asked.
Millis key_wait_left(std::optional<ngx_msec_t>& until);

// This worker's; null where there is no store().
KeyFetcher* key_fetcher() noexcept;
void use_key_fetcher(KeyFetcher* its) noexcept;

}  // namespace slo::ngx
