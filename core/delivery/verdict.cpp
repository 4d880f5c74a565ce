// SPDX-License-Identifier: BSD-2-Clause
// Judges what came back from a receiver and times the retry. Back-Channel Logout 1.0, sections 2.5 and 2.8.

#include <algorithm>
#include <array>

#include "core/delivery/delivery.h"
#include "core/digest.h"
#include "core/text/json.h"

namespace slo {
namespace {

constexpr std::size_t max_error = 40;
// The queue of a receiver that answers: how long its next part takes is not for `first` to say.
constexpr Millis until_queue_is_shorter{1000};

// A number of 32 bits from the random bytes, another one for each delivery and lease: what failed together
// must not come back together.
std::uint64_t jitter_of(const Delivery& delivery, const Moment& moment) {
  const std::string random(reinterpret_cast<const char*>(moment.random.data()), moment.random.size());
  const std::string text = random + "jitter." + std::to_string(delivery.token) + "." + delivery.id;
  const std::string digest = sha256(text);
  std::uint64_t number = 0;
  for (int i = 0; i < 4; ++i)
    number = (number << 8) | static_cast<unsigned char>(digest[static_cast<std::size_t>(i)]);
  return number;
}

Millis spread(Millis delay, const Delivery& delivery, const Moment& moment) {
  const auto part = static_cast<std::uint64_t>(delay.count()) * jitter_of(delivery, moment) >> 32;
  return delay / 2 + Millis(part);
}

Millis backoff(const DeliveryPolicy& policy, const Delivery& delivery, const Moment& moment) {
  Millis delay = std::min(policy.first, policy.max);
  for (unsigned i = 1; i < delivery.attempt && delay < policy.max; ++i)
    delay = std::min(delay * 2, policy.max);
  return spread(delay, delivery, moment);
}

// Another try, unless there were enough or it took too long. The last try is made when the delivery gets too
// old.
Verdict again(const DeliveryPolicy& policy, const Delivery& delivery, const Moment& moment, std::string why,
              Millis at_least = {}) {
  if (delivery.attempt >= policy.attempts) return Abandon{why + ", last attempt"};
  const Millis left = policy.max_age - (moment.now - delivery.enqueued);
  if (left <= Millis{0}) return Abandon{why + ", too old"};
  const Millis delay = std::max(backoff(policy, delivery, moment), std::min(at_least, policy.max));
  return RetryAt{.delay = std::min(delay, left), .why = std::move(why)};
}

bool is_error_code(std::string_view text) {
  return !text.empty() && text.size() <= max_error && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

// The error code of a 400 as the receiver gives it, with a blank in front; nothing that is no code or tells
// on a user.
std::string receivers_error(const Delivery& delivery, const Answer& answer) {
  const auto sample = parse_json(answer.sample);
  if (!sample) return {};
  const auto error = string_member(sample->get(), "error").value_or("");
  if (!is_error_code(error)) return {};
  const auto tells = [&](const auto& name) { return name && error.find(name->value) != std::string::npos; };
  if (tells(delivery.sid) || tells(delivery.sub)) return {};
  return std::string(" ").append(error);
}

bool may_recover(int status) {
  if (status < 200 || status > 599) return true;  // no HTTP at all
  return status == 408 || status == 429 || (status >= 500 && status != 501);
}

Verdict judge_receiver(const DeliveryPolicy& policy, const Delivery& delivery, const Answer& answer,
                       const Moment& moment) {
  if (is_success(answer.status)) return Delivered{};
  const bool owes_application = is_application(delivery.client);
  if (owes_application && answer.status >= 300 && answer.status <= 399) return Delivered{};
  std::string why = answer.status == 0 ? "no valid answer" : std::to_string(answer.status);
  if (may_recover(answer.status)) {
    return again(policy, delivery, moment, std::move(why), answer.retry_after.value_or(Seconds{0}));
  }
  return Abandon{answer.status == 400 && !owes_application ? why + receivers_error(delivery, answer) : why};
}

// By nginx's own sentence, which is there with a 502: cases in which an operator looks in different places.
std::string why_not_connected(std::string_view sentence) {
  struct Row {
    std::string_view part, why;
  };
  // A client's certificate that TLS 1.3 wants is missed only when the handshake is over.
  for (const auto& row :
       {Row{"upstream SSL certificate", "certificate"}, Row{"SSL_do_handshake() failed", "handshake"},
        Row{"in SSL handshake", "handshake"}, Row{"SSL_read() failed", "handshake"},
        Row{"SSL_write() failed", "handshake"}, Row{"could not be resolved", "unresolved"},
        Row{"no resolver defined", "unresolved"}, Row{"upstream sent too big header", "malformed answer"},
        Row{"upstream sent invalid", "malformed answer"},
        Row{"upstream sent no valid", "malformed answer"}}) {
    if (sentence.find(row.part) != std::string_view::npos) return std::string(row.why);
  }
  return "refused";
}

// Our own nginx's word: nobody knows what the receiver would have said, so trying again is right whatever it
// was.
Verdict judge_location(const DeliveryPolicy& policy, const Delivery& delivery, const Answer& answer,
                       const Moment& moment) {
  if (answer.status == 502) return again(policy, delivery, moment, why_not_connected(answer.sample));
  if (answer.status == 504) return again(policy, delivery, moment, "timeout");
  return again(policy, delivery, moment, "carrier " + std::to_string(answer.status));
}

}  // namespace

bool is_locations_fault(const Answer& answer) {
  if (answer.by_receiver) return false;
  if (answer.status == 502) return answer.sample.starts_with("no resolver defined");
  return answer.status != 504;
}

CallOutcome outcome_of(const Answer& answer) {
  if (answer.by_receiver) return answer.status < 500 ? CallOutcome::answered : CallOutcome::receiver_failed;
  if (is_locations_fault(answer)) return CallOutcome::nothing;
  return answer.is_connected ? CallOutcome::receiver_failed : CallOutcome::host_failed;
}

bool is_receivers_fault(std::string_view sentence) {
  if (sentence.starts_with("connect() to ")) {
    // No permission (or SELinux), no port of ours left.
    return sentence.find(" failed (13: ") == std::string_view::npos &&
           sentence.find(" failed (99: ") == std::string_view::npos;
  }
  return std::ranges::any_of(
      std::array<std::string_view, 6>{"peer ", "SSL_do_handshake() failed", "SSL_read() failed",
                                      "SSL_write() failed", "SSL_shutdown() failed", "upstream "},
      [sentence](std::string_view start) { return sentence.starts_with(start); });
}

std::string_view without_receivers_words(std::string_view sentence) {
  if (!sentence.starts_with("upstream sent ")) return sentence;
  return sentence.substr(0,
                         std::min(sentence.find(": \""), sentence.find(" \"", sentence.find(" status \""))));
}

bool is_success(int status) { return status >= 200 && status <= 299; }

Verdict judge(const DeliveryPolicy& policy, const Delivery& delivery, const Answer& answer,
              const Moment& moment) {
  return answer.by_receiver ? judge_receiver(policy, delivery, answer, moment)
                            : judge_location(policy, delivery, answer, moment);
}

// By age, for it has no attempts to tell how long this has been going on: of very many that wait for one
// receiver few are asked for at a time.
RetryAt put_off(const DeliveryPolicy& policy, const Delivery& delivery, const Moment& moment,
                Millis shut_for) {
  const Millis age = std::max(moment.now - delivery.enqueued, Millis{0});
  const Millis shortest =
      shut_for > Millis{0} ? policy.first : std::min(policy.first, until_queue_is_shorter);
  const Millis delay = shut_for + spread(std::min(std::max(shortest, age / 8), policy.max), delivery, moment);
  const Millis left = policy.max_age - age;
  return {.delay = left > Millis{0} ? std::min(delay, left) : delay,
          .why = "waited too long for its receiver",
          .tried = false};
}

bool is_too_old(const DeliveryPolicy& policy, const Delivery& delivery, const Moment& moment) {
  return moment.now - delivery.enqueued >= policy.max_age;
}

BreakerPolicy breaker_of(const DeliveryPolicy& policy) {
  return {.first = policy.first,
          .max = std::min(std::max(policy.first, Millis{60'000}), policy.max),
          .idle = 2 * policy.max};  // what is owed comes again before that
}

bool is_attempt(const Verdict& verdict) {
  const auto* retry = std::get_if<RetryAt>(&verdict);
  return retry == nullptr || retry->tried;
}

Told::State told_state(const Verdict& verdict) {
  if (std::holds_alternative<Delivered>(verdict)) return Told::State::delivered;
  const auto* abandon = std::get_if<Abandon>(&verdict);
  if (abandon == nullptr) return Told::State::failed;
  return is_receivers_own(*abandon) ? Told::State::refused : Told::State::given_up;
}

bool is_receivers_own(const Abandon& abandon) {
  const std::string_view why = abandon.why;
  return !why.empty() && why.front() >= '1' && why.front() <= '9' && why.find(',') == std::string_view::npos;
}

Verdict judge(const DeliveryPolicy& policy, const Delivery& delivery, const Refusal& refusal,
              const Moment& moment) {
  std::string why(describe(refusal.fault).name);
  switch (refusal.fault) {
    case Fault::delivery_without_subject:
    case Fault::delivery_expired:
    case Fault::delivery_uri_refused:
    case Fault::delivery_cookie_refused:
      return Abandon{std::move(why)};
    default:  // a client may be registered again, a key be replaced, another host have the secret
      return again(policy, delivery, moment, std::move(why));
  }
}

}  // namespace slo
