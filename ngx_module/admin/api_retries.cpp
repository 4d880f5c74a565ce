// SPDX-License-Identifier: BSD-2-Clause
// slo_api, all dead letters of a client: page by page they are put back into the queue.
#include <algorithm>

#include "ngx_module/admin/api_ctx.h"
#include "ngx_module/http/ask.h"
#include "ngx_module/nginx/moment.h"

namespace slo::ngx::api_job {
namespace {

constexpr unsigned looked_at_once = 500;
constexpr std::size_t max_retried = 1000;  // by one request

void look_at_next(R& r);
void with_places(R& r, Outcome<redis::DeliveryIds> ids);
void with_letters(R& r, Outcome<std::vector<ListedDelivery>> letters);
void with_letters_retried(R& r, Outcome<std::vector<bool>> retried);
void turn_page(R& r, const std::vector<std::string>& gone);
const ClientId& retried_client(R& r);

}  // namespace

void carry_out(R& r, const api::RetryDeliveriesOf& command) {
  ctx_at(r).next = command.cursor;
  look_at_next(r);
}

namespace {

void look_at_next(R& r) {
  auto listing = redis::list_ids(space_of(r), DeliveryState::dead, looked_at_once, ctx_at(r).next);
  if (!listing) return turn_away(r, listing.error());
  ask(r, std::move(*listing), with_places);
}

void with_places(R& r, Outcome<redis::DeliveryIds> ids) {
  if (!ids) return turn_away(r, ids.error());
  ctx_at(r).ids = std::move(*ids);
  if (ctx_at(r).ids.places.empty()) return turn_page(r, {});
  ask(r, redis::load_listed(space_of(r), DeliveryState::dead, ctx_at(r).ids), with_letters);
}

// One that is dead again already is not retried twice by one request: it would never end.
void with_letters(R& r, Outcome<std::vector<ListedDelivery>> letters) {
  if (!letters) return turn_away(r, letters.error());
  auto& ctx = ctx_at(r);
  ctx.chosen.clear();
  const ClientId client = redis::stored_client(retried_client(r));
  for (const auto& letter : *letters) {
    const bool is_retried = std::ranges::find(ctx.retried, letter.delivery.id) != ctx.retried.end();
    if (letter.delivery.client == client && !is_retried) ctx.chosen.push_back(letter.delivery.id);
  }
  if (ctx.chosen.empty()) return turn_page(r, {});
  ask(r, redis::redrive_all(space_of(r), ctx.chosen, nonce(this_moment(), 0)), with_letters_retried);
  r.read_event_handler = ngx_http_block_reading;  // what was retried is told, whoever goes away
}

void with_letters_retried(R& r, Outcome<std::vector<bool>> retried) {
  if (!retried) return turn_away(r, retried.error());
  auto& ctx = ctx_at(r);
  std::vector<std::string> gone;
  for (std::size_t i = 0; i < retried->size(); ++i) {
    if ((*retried)[i]) gone.push_back(ctx.chosen[i]);
  }
  ctx.retried.insert(ctx.retried.end(), gone.begin(), gone.end());
  turn_page(r, gone);
}

// What has left the list is no part of the pages that follow.
void turn_page(R& r, const std::vector<std::string>& gone) {
  auto& ctx = ctx_at(r);
  ctx.next = redis::next_without(ctx.ids, gone);
  const bool is_enough = ctx.retried.size() >= max_retried;
  if (ctx.next.empty() || is_enough)
    return conclude(r, retries_page(provider_of(r), retried_client(r), ctx.retried.size(), ctx.next));
  look_at_next(r);
}

const ClientId& retried_client(R& r) { return std::get<api::RetryDeliveriesOf>(*ctx_at(r).command).client; }

}  // namespace
}  // namespace slo::ngx::api_job
