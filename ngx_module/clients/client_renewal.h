// SPDX-License-Identifier: BSD-2-Clause
// A provider's clients change while nginx runs: what a source has new takes the old's place, or nothing does.
//
// Each worker does so for itself; a thread reads, where there are threads. What reads well is held until it
// fits the other sources as well: a client may move from one to another, whichever is seen first.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/admin/status_page.h"
#include "core/client/client_array.h"
#include "core/client/client_list.h"
#include "core/outcome.h"
#include "ngx_module/clients/client_file.h"
#include "ngx_module/clients/client_url.h"
#include "ngx_module/config/client_lists.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/thread_job.h"

namespace slo::ngx {

// Of one provider.
class ClientRenewal {
 public:
  // `conf` is a ProviderConf::renewed.
  ClientRenewal(ProviderConf& conf, ngx_log_t* log);

  // Looks for what has changed; called every second.
  void look();
  ClientStatus status() const;

 private:
  struct Watched {
    std::size_t index = 0;               // in ProviderConf::client_sources
    std::unique_ptr<ClientFile> file{};  // one of them
    std::unique_ptr<ClientUrl> url{};
    std::optional<std::vector<ClientRef>> held{};  // reads well, and is not in force
    std::string refused{};                         // why what it has is not in force; empty: it is
  };
  // What the thread has found out.
  struct Fitting {
    ClientListRef list{};                // null: nothing fits
    std::vector<std::size_t> taken{};    // of watched_, whose `held` it has
    std::vector<std::string> refused{};  // of those that are held and do not fit, by place in watched_
    std::size_t come = 0, gone = 0;      // clients of the provider
  };
  // What was in force before, which the thread frees: that takes its time where there are many.
  struct Old {
    ClientListRef list{};
    std::vector<std::vector<ClientRef>> clients{};
  };

  void read(std::size_t place, ChangedText text);
  void settle(std::size_t place);
  void turn_down(Watched& watched, const std::string& why, bool tells);
  void fit();
  Fitting fitting() const;
  bool take_one(std::vector<std::size_t>& held, Fitting& found) const;
  Outcome<ClientListRef> list_with(const std::vector<std::size_t>& places) const;
  void take(Fitting fitting);
  void tell(const Fitting& fitting) const;
  void free_old();

  ProviderConf& conf_;
  ngx_log_t* log_;
  std::vector<Watched> watched_{};
  std::optional<Outcome<ClientArray>> read_{};  // by the thread, as are the next two
  Fitting fitting_{};
  Old old_{};
  ngx_msec_t begun_ = 0;  // the job that is running
  ThreadJob job_;
};

// Of all providers, in one worker.
class ClientRenewals {
 public:
  ClientRenewals(const MainConf& conf, ngx_log_t* log);
  ClientRenewals(const ClientRenewals&) = delete;

  // For slo_status; nothing where no source is looked at again.
  std::optional<ClientStatus> status(const ProviderConf& provider) const;

 private:
  void tick();

  std::vector<std::unique_ptr<ClientRenewal>> renewals_{};  // by ProviderConf::index; null: nothing changes
  Event tick_;
};

// This worker's; null where there is no store().
ClientRenewals* client_renewals() noexcept;
void use_client_renewals(ClientRenewals* its) noexcept;

}  // namespace slo::ngx
