// SPDX-License-Identifier: BSD-2-Clause
// A provider's clients change while nginx runs: what a source has new takes the old's place, or nothing does.
#include "ngx_module/clients/client_renewal.h"

#include <algorithm>
#include <utility>

#include "core/provider/provider.h"
#include "core/text/showable.h"
#include "ngx_module/config/client_lists.h"
#include "ngx_module/config/conf_line.h"
#include "ngx_module/nginx/report.h"

namespace slo::ngx {
namespace {

ClientRenewals* these_renewals = nullptr;

Millis next_look() { return Millis(900 + ngx_random() % 200); }

// How many of `list` the list `other` has not.
std::size_t not_in(const ClientList& list, const ClientList& other) {
  return static_cast<std::size_t>(std::ranges::count_if(
      list.in_order(), [&other](const ClientRef& client) { return other.find(client->id) == nullptr; }));
}

std::string shown_name(const ClientSource& source) {
  return source.is_url() ? showable_uri(source.name) : '"' + source.name + '"';
}

}  // namespace

ClientRenewal::ClientRenewal(ProviderConf& conf, ngx_log_t* log)
    : conf_(conf), log_(log), job_(conf.threads, log) {
  for (std::size_t i = 0; i < conf.client_sources.size(); ++i) {
    const ClientSource& source = conf.client_sources[i];
    if (source.check == Millis{0}) continue;
    auto& watched = watched_.emplace_back(Watched{.index = i});
    if (source.is_url()) {
      watched.url = std::make_unique<ClientUrl>(conf, source, log);
    } else {
      watched.file = std::make_unique<ClientFile>(source);
    }
  }
}

void ClientRenewal::look() {
  for (Watched& watched : watched_) {
    if (job_.is_running()) return;
    auto text = watched.file ? watched.file->take_change() : watched.url->take_change();
    if (text) read(watched, *std::move(text));
  }
}

void ClientRenewal::read(Watched& watched, ChangedText text) {
  read_ = refuse(Fault::clients_unusable, ": reading broke off");
  job_.run([this, index = watched.index, text = std::move(text)] { read_ = renewed(index, text); },
           [this, &watched] { settle(watched); });
}

// In a thread: nothing that it reads changes meanwhile.
Outcome<ClientRenewal::Renewed> ClientRenewal::renewed(std::size_t index, const ChangedText& text) const {
  const auto unusable = [](std::string why) { return refuse(Fault::clients_unusable, std::move(why)); };
  const auto had = text();
  if (!had) return unusable(" " + had.error().detail);
  auto array = read_clients(*had, rules_of_clients(conf_.provider));
  if (!array) return unusable(":" + array.error().detail);
  auto list = list_of_clients(conf_, index, array->clients);
  if (!list) return unusable(": the provider" + list.error().detail);
  if (auto fine = check_clients(conf_.provider, **list); !fine) return unusable(": " + fine.error().detail);
  const ClientListRef now = conf_.provider.clients.list();
  Renewed renewed{.array = *std::move(array), .list = *std::move(list)};
  renewed.come = not_in(*renewed.list, *now);
  renewed.gone = not_in(*now, *renewed.list);
  return renewed;
}

void ClientRenewal::settle(Watched& watched) {
  Outcome<Renewed> outcome = *std::exchange(read_, std::nullopt);
  return outcome ? take(watched, *std::move(outcome)) : turn_down(watched, outcome.error());
}

void ClientRenewal::take(Watched& watched, Renewed renewed) {
  ClientSource& source = conf_.client_sources[watched.index];
  old_.list = conf_.provider.clients.list();
  old_.array.clients = std::exchange(source.clients, std::move(renewed.array.clients));
  conf_.provider.clients.replace(std::move(renewed.list));
  watched.file ? watched.file->accept() : watched.url->accept();
  if (tells_for_all()) tell(source, renewed);
  job_.run([this] { old_ = {}; }, [] {});
}

void ClientRenewal::tell(const ClientSource& source, const Renewed& renewed) const {
  const std::string named = shown_name(source);
  for (const auto& doubt : renewed.array.doubts) {
    ngx_log_error(NGX_LOG_WARN, log_, 0, "slo: clients %s:%s, provider \"%s\"", named.c_str(), doubt.c_str(),
                  conf_.provider.name.c_str());
  }
  ngx_log_error(NGX_LOG_NOTICE, log_, 0,
                "slo: clients %s: %uz now, %uz of the provider's are new, %uz gone, provider \"%s\"",
                named.c_str(), source.clients.size(), renewed.come, renewed.gone,
                conf_.provider.name.c_str());
}

void ClientRenewal::turn_down(Watched& watched, const Refusal& why) {
  const ClientSource& source = conf_.client_sources[watched.index];
  if (!(watched.file ? watched.file->refuse() : watched.url->refuse())) return;
  report(log_,
         Refusal{why.fault, shown_name(source) + why.detail + "; the " +
                                std::to_string(source.clients.size()) + " clients that it had stay"},
         conf_.provider.name);
}

ClientStatus ClientRenewal::status() const {
  const bool is_current = std::ranges::all_of(watched_, [](const Watched& watched) {
    return watched.file ? watched.file->is_current() : watched.url->is_current();
  });
  return {.clients = conf_.provider.clients.list()->in_order().size(), .is_current = is_current};
}

ClientRenewals::ClientRenewals(const MainConf& conf, ngx_log_t* log) : tick_(log, [this] { tick(); }) {
  tick_.may_be_left();
  for (const auto& provider : conf.providers) {
    auto& renewal = renewals_.emplace_back();
    if (provider.renewed == nullptr) continue;
    renewal = std::make_unique<ClientRenewal>(*provider.renewed, log);
    tick_.after(Millis{0});
  }
}

void ClientRenewals::tick() {
  tick_.after(next_look());
  for (auto& renewal : renewals_) {
    if (renewal) renewal->look();
  }
}

std::optional<ClientStatus> ClientRenewals::status(const ProviderConf& provider) const {
  const auto& renewal = renewals_[provider.index];
  return renewal ? std::optional(renewal->status()) : std::nullopt;
}

ClientRenewals* client_renewals() noexcept { return these_renewals; }
void use_client_renewals(ClientRenewals* its) noexcept { these_renewals = its; }

}  // namespace slo::ngx
