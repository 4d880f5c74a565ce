// SPDX-License-Identifier: BSD-2-Clause
// A provider's clients change while nginx runs: what a source has new takes the old's place, or nothing does.
//
// Each worker does so for itself; a thread reads, where there are threads.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/admin/status_page.h"
#include "core/client/client_array.h"
#include "core/client/client_list.h"
#include "core/outcome.h"
#include "ngx_module/clients/client_file.h"
#include "ngx_module/clients/client_url.h"
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
  };
  struct Renewed {
    ClientArray array{};
    ClientListRef list{};
    std::size_t come = 0, gone = 0;  // clients of the provider
  };

  void read(Watched& watched, ChangedText text);
  Outcome<Renewed> renewed(std::size_t index, const ChangedText& text) const;
  void settle(Watched& watched);
  void take(Watched& watched, Renewed renewed);
  void tell(const ClientSource& source, const Renewed& renewed) const;
  void turn_down(Watched& watched, const Refusal& why);

  ProviderConf& conf_;
  ngx_log_t* log_;
  std::vector<Watched> watched_{};
  std::optional<Outcome<Renewed>> read_{};  // by the thread
  Renewed
      old_{};  // what was in force before, which the thread frees: that takes its time where there are many
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
