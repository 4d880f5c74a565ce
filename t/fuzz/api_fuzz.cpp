// SPDX-License-Identifier: BSD-2-Clause
// The management API: a request is refused in a problem document, or a command of storable names; who may
// only read changes nothing.
#include <array>

#include "core/admin/api.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

constexpr std::array<std::string_view, 6> methods{"GET", "POST", "DELETE", "HEAD", "PUT", "PATCH"};

void check(const api::Register& command) {
  promise(is_storable(command.registration.sub.value), "what is registered can be stored");
  promise(command.registration.key.value.empty() || is_storable(command.registration.key.value),
          "also its key");
  promise(!command.registration.key.value.empty() || command.registration.cookie.has_value(),
          "and be found again");
  promise(is_session_life(command.registration.absolute), "and lives for a time");
}
void check(const api::ShowSession& command) {
  promise(is_storable(command.key.value), "a key can be stored");
}
void check(const api::EndSession& command) { promise(is_storable(command.key.value), "a key can be stored"); }
void check(const api::EndParticipation& command) {
  promise(is_storable(command.key.value), "a key can be stored");
}
void check(const api::ListSessions& command) {
  promise(is_storable(command.sub.value) && command.limit >= 1 && command.limit <= max_api_page,
          "a list has a limit");
  const auto next = next_cursor(command);
  promise(offset_of(command) <= 1'000'000 && !next.empty(), "a page has its place");
}
void check(const api::ListDeliveries& command) {
  promise(command.limit >= 1 && command.limit <= max_api_page, "a list has a limit");
}
void check(const api::RetryDelivery& command) { promise(!command.id.empty(), "a delivery has an id"); }
void check(const api::RetryDeliveriesOf& command) {
  promise(!command.client.value.empty(), "retries are of a client");
}
void check(const api::DropDelivery& command) { promise(!command.id.empty(), "a delivery has an id"); }
void check(const api::EndSessionsOf& command) {
  promise(is_storable(command.sub.value) && command.offset <= 1'000'000, "a subject can be stored");
}
void check(const api::ShowClient&) {}
void check(const api::ListClients& command) {
  promise(command.limit >= 1 && command.limit <= max_api_page, "a list has a limit");
}

template <class T>
constexpr bool is_write = std::is_same_v<T, api::Register> || std::is_same_v<T, api::EndSession> ||
                          std::is_same_v<T, api::EndParticipation> || std::is_same_v<T, api::EndSessionsOf> ||
                          std::is_same_v<T, api::RetryDelivery> ||
                          std::is_same_v<T, api::RetryDeliveriesOf> || std::is_same_v<T, api::DropDelivery>;

void check_refusal(const Refusal& refusal) {
  const auto page = problem_page(refusal);
  promise(page.status >= 400 && page.content_type == "application/problem+json",
          "a refusal is a problem document");
  const auto problem = parse_json(page.body);
  promise(problem && string_member(problem->get(), "code") == describe(refusal.fault).name,
          "with the fault's name");
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  using namespace slo;
  static const Provider provider = a_provider();
  const bool may_write = input.flag();
  const auto method = fuzz::methods[input.below(fuzz::methods.size())];
  const auto path = input.text(), query = input.text(), body = input.rest();
  const auto command = read_api_command(provider, {.method = method,
                                                   .path = path,
                                                   .query = query,
                                                   .body = body,
                                                   .content_type = "application/json",
                                                   .may_write = may_write});
  if (!command) return fuzz::check_refusal(command.error());
  std::visit(
      [&]<class T>(const T& one) {
        fuzz::promise(may_write || !fuzz::is_write<T>, "who may only read changes nothing");
        fuzz::promise(!fuzz::is_write<T> || method == "POST" || method == "DELETE",
                      "nor does a method that only reads");
        fuzz::check(one);
      },
      *command);
}
