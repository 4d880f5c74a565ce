// SPDX-License-Identifier: BSD-2-Clause
// What a request to the management API carries between its doors; of api_*.cpp only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/admin/api.h"
#include "core/admin/operators_page.h"
#include "core/admin/operators_request.h"
#include "ngx_module/admin/status_reading.h"
#include "ngx_module/delivery/dispatcher.h"
#include "ngx_module/http/ctx.h"
#include "redis_schema/deliveries.h"
#include "redis_schema/sessions.h"

namespace slo::ngx::api_job {

// Of a request for the operators' page, or for a press on it.
struct PageVisit {
  std::string reader{};  // whom nginx has verified
  std::optional<PagePress> press{};
  OperatorsView view{};
  StatusReading reading{};
};

struct ApiCtx : RequestCtx {
  std::string path{};
  std::string query{};
  std::optional<ApiCommand> command{};
  bool is_audited = false;
  std::optional<Session> session{};  // of ShowSession
  redis::DeliveryIds ids{};
  redis::Ended ended{};
  bool is_marked_before = false;  // of EndSession, where the store does not know it
  Batch::Waiting batch{};
  std::string next{};
  std::vector<SessionKey> keys{};  // of EndSessionsOf: to be ended, the last one first
  std::vector<SessionKey> gone{};
  std::optional<Delivery> delivery{};  // that is retried or dropped
  std::vector<std::string> retried{};  // of RetryDeliveriesOf, in all
  std::vector<std::string> chosen{};   // of them, those of the page that is looked at
  std::unique_ptr<PageVisit> visit{};  // nothing: it is a call of the API
};

using R = ngx_http_request_t;

inline ApiCtx& ctx_at(R& r) { return ctx_of<ApiCtx>(r); }
inline const redis::Space& space_of(R& r) { return ctx_at(r).provider->space; }
inline const Provider& provider_of(R& r) { return ctx_at(r).provider->provider; }

std::string_view prefix_of(const R& r);  // of the location
// Null where it is no provider's name.
const ProviderConf* named_provider(const R& r, std::string_view name);
// What decides whether this request may write; without its path.
ApiRequest api_request_of(const R& r);

// The last thing of a request: what it changed is audited.
void conclude(R& r, const Page& page);
void turn_away(R& r, const Refusal& refusal);  // with a line in the error log
void fail(R& r, const Refusal& refusal);       // of what has its line there

void carry_out_command(R& r);  // ctx_at(r).command

// What changes something.
void carry_out(R& r, const api::Register& command);
void carry_out(R& r, const api::EndSession& command);
void carry_out(R& r, const api::EndParticipation& command);
void carry_out(R& r, const api::EndSessionsOf& command);
void carry_out(R& r, const api::RetryDelivery& command);
void carry_out(R& r, const api::RetryDeliveriesOf& command);
void carry_out(R& r, const api::DropDelivery& command);

// The operators' page, or a press on it: operators_page_handler.cpp. REQUIRES: ctx_at(r).visit.
void answer_operator(R& r, const std::string& body);
// Whoever pressed sees what became of it. `status`: as the API would have answered.
Page back_to_page(R& r, int status);

}  // namespace slo::ngx::api_job
