// SPDX-License-Identifier: BSD-2-Clause
// A provider's clients change while nginx runs: what a source has new takes the old's place, or nothing does.
#include "ngx_module/clients/client_renewal.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "core/provider/provider.h"
#include "core/text/showable.h"
#include "ngx_module/nginx/deadline.h"
#include "ngx_module/nginx/report.h"

namespace slo::ngx {
namespace {

constexpr Millis longest_job{60'000};  // then somebody's file system hangs

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
  for (std::size_t i = 0; i < watched_.size() && !job_.is_running(); ++i) {
    const Watched& watched = watched_[i];
    auto text =
        watched.file ? watched.file->take_change() : watched.url->take_change(!watched.refused.empty());
    if (text) read(i, *std::move(text));
  }
}

void ClientRenewal::read(std::size_t place, ChangedText text) {
  read_ = refuse(Fault::clients_unusable, "cannot be read: it broke off");
  begun_ = ngx_current_msec;
  job_.run(
      [this, text = std::move(text), rules = rules_of_clients(conf_.provider)] {
        const auto had = text();
        read_ = had ? read_clients(*had, rules) : Outcome<ClientArray>(refuse(had.error()));
        if (!read_->has_value() && had) read_->error().detail.insert(0, ":");
      },
      [this, place] { settle(place); });
}

void ClientRenewal::settle(std::size_t place) {
  Watched& watched = watched_[place];
  const ClientSource& source = conf_.client_sources[watched.index];
  auto array = *std::exchange(read_, std::nullopt);
  std::optional<Refusal> refused;
  if (!array) refused = array.error();
  const bool tells = tells_for_all() || (watched.url && watched.url->is_ours());
  if (watched.url) refused = watched.url->settle(std::move(refused));
  if (refused) {
    watched.held.reset();  // what is newer cannot be used
    return turn_down(watched, refused->detail, tells);
  }
  watched.held = std::move(array->clients);
  if (tells_for_all()) {
    for (const auto& doubt : array->doubts) {
      ngx_log_error(NGX_LOG_WARN, log_, 0, "slo: clients %s:%s, provider \"%s\"", shown_name(source).c_str(),
                    doubt.c_str(), conf_.provider.name.c_str());
    }
  }
  fit();
}

// Whoever fails goes on failing: what is new of it is told.
void ClientRenewal::turn_down(Watched& watched, const std::string& why, bool tells) {
  const bool is_new = std::exchange(watched.refused, why) != why;
  if (!is_new || !tells) return;
  const ClientSource& source = conf_.client_sources[watched.index];
  report(log_,
         Refusal{Fault::clients_unusable, shown_name(source) + (why.starts_with(':') ? "" : " ") + why +
                                              "; the " + std::to_string(source.clients.size()) +
                                              " clients that it had stay"},
         conf_.provider.name);
}

void ClientRenewal::fit() {
  fitting_ = {};
  begun_ = ngx_current_msec;
  job_.run([this] { fitting_ = fitting(); }, [this] { take(std::exchange(fitting_, {})); });
}

// In a thread: nothing that it reads changes meanwhile. All that is held, if it fits together; else one after
// the other, as far as each fits what is in force by then.
ClientRenewal::Fitting ClientRenewal::fitting() const {
  Fitting found{.refused = std::vector<std::string>(watched_.size())};
  std::vector<std::size_t> held;
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    if (watched_[i].held) held.push_back(i);
  }
  if (auto list = list_with(held)) {
    found.list = *std::move(list);
    found.taken = std::move(held);
  } else {
    while (take_one(held, found)) {
    }
  }
  if (found.list == nullptr) return found;
  const ClientListRef now = conf_.provider.clients.list();
  found.come = not_in(*found.list, *now);
  found.gone = not_in(*now, *found.list);
  return found;
}

// The first of them that fits what has been taken; it makes room for others, perhaps.
bool ClientRenewal::take_one(std::vector<std::size_t>& held, Fitting& found) const {
  for (auto place = held.begin(); place != held.end(); ++place) {
    auto wanted = found.taken;
    wanted.push_back(*place);
    auto next = list_with(wanted);
    found.refused[*place] = next ? "" : next.error().detail;
    if (!next) continue;
    found.list = *std::move(next);
    found.taken = std::move(wanted);
    held.erase(place);
    return true;
  }
  return false;
}

Outcome<ClientListRef> ClientRenewal::list_with(const std::vector<std::size_t>& places) const {
  ClientParts parts = parts_of(conf_);
  for (const std::size_t place : places) parts[watched_[place].index] = &*watched_[place].held;
  auto list = list_of_clients(conf_, parts);
  const bool takes_all =
      list && (*list)->in_order().empty() && !conf_.provider.clients.list()->in_order().empty();
  if (takes_all)
    return refuse(Fault::clients_unusable,
                  "leaves no client at all, which is hardly meant: a reload takes that");
  if (!list) return refuse(Fault::clients_unusable, "does not fit: the provider" + list.error().detail);
  if (auto fine = check_clients(conf_.provider, **list); !fine)
    return refuse(Fault::clients_unusable, ": " + fine.error().detail);
  return list;
}

void ClientRenewal::take(Fitting fitting) {
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    if (!fitting.refused[i].empty()) turn_down(watched_[i], fitting.refused[i], tells_for_all());
  }
  if (fitting.list == nullptr) return;
  old_.list = conf_.provider.clients.list();
  conf_.provider.clients.replace(fitting.list);
  for (const std::size_t place : fitting.taken) {
    Watched& watched = watched_[place];
    watched.refused.clear();
    auto& clients = conf_.client_sources[watched.index].clients;
    old_.clients.push_back(std::exchange(clients, *std::exchange(watched.held, std::nullopt)));
  }
  if (tells_for_all()) tell(fitting);
  free_old();
}

void ClientRenewal::tell(const Fitting& fitting) const {
  for (const std::size_t place : fitting.taken) {
    const ClientSource& source = conf_.client_sources[watched_[place].index];
    ngx_log_error(NGX_LOG_NOTICE, log_, 0,
                  "slo: clients %s: %uz now, %uz of the provider's are new, %uz gone, provider \"%s\"",
                  shown_name(source).c_str(), source.clients.size(), fitting.come, fitting.gone,
                  conf_.provider.name.c_str());
  }
}

// What lists leave behind lies in the arena of whichever thread has read them: the system gets it back.
void ClientRenewal::free_old() {
  job_.run(
      [this] {
        old_ = {};
#ifdef __GLIBC__
        malloc_trim(0);
#endif
      },
      [] {});
}

ClientStatus ClientRenewal::status() const {
  const bool hangs = job_.is_running() && time_left(begun_ + longest_job.count()) < Millis{0};
  const bool is_current = std::ranges::all_of(watched_, [](const Watched& watched) {
    return !watched.held && watched.refused.empty() &&
           (watched.file ? watched.file->is_taken() : watched.url->is_taken());
  });
  return {.clients = conf_.provider.clients.list()->in_order().size(), .is_current = is_current && !hangs};
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
