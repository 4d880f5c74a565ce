// SPDX-License-Identifier: BSD-2-Clause
// What the operators' page is made of: what was asked, and what the store and the host said.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/admin/operators_request.h"
#include "core/admin/operators_ticket.h"
#include "core/admin/status_page.h"
#include "core/delivery/delivery.h"
#include "core/outcome.h"
#include "core/provider/provider.h"
#include "core/session.h"

namespace slo {

// A part of a list.
template <class T>
struct PageList {
  std::vector<T> entries{};
  std::string next{};  // where it goes on; empty: nowhere
};
// nothing: it was not asked for, the store being away.
template <class T>
using AskedList = std::optional<Outcome<PageList<T>>>;

struct OperatorsView {
  StatusReport status{};
  const Provider* provider = nullptr;  // the one that is looked at; null: there is none
  PageQuery query{};                   // as it was asked
  bool may_write = false;
  std::string ticket{};  // what buttons carry; empty: there are none
  std::optional<PageNotice> notice{};
  AskedList<Session> sessions{};  // of query.sub
  AskedList<ListedDelivery> owed{};
  AskedList<ListedDelivery> dead{};
  TimeMs now{};
};

}  // namespace slo
