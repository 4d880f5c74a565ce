// SPDX-License-Identifier: BSD-2-Clause
// What is known of each client of a provider as the receiver of its logouts.
//
// A client's URI does not change under a worker, and is not read again for each of a thousand deliveries.
#pragma once

#include <unordered_map>

#include "core/delivery/delivery.h"
#include "ngx_module/delivery/attempt.h"

namespace slo::ngx {

struct Addressee {
  Queues::Receiver* receiver;
  bool is_slow_to_seal;
};

class Addressees {
 public:
  // REQUIRES: both outlive it.
  Addressees(const Provider& provider, Queues& queues) : provider_(provider), queues_(queues) {}

  // As receiver_of() refuses.
  Outcome<Addressee> find(const Delivery& delivery) {
    if (const auto known = known_.find(delivery.client); known != known_.end()) return known->second;
    const auto name = receiver_of(provider_, delivery);
    if (!name) return refuse(name.error());
    const Addressee fresh{&queues_.receiver(name->uri, name->host), is_slow_to_seal(provider_, delivery)};
    return known_.emplace(delivery.client, fresh).first->second;
  }
  // REQUIRES: it was found before.
  const Addressee& at(const Delivery& delivery) const { return known_.at(delivery.client); }

 private:
  const Provider& provider_;
  Queues& queues_;
  std::unordered_map<ClientId, Addressee> known_{};
};

}  // namespace slo::ngx
