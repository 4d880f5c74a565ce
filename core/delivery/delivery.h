// SPDX-License-Identifier: BSD-2-Clause
// One delivery: seal its call, judge the answer, time the retry. Back-Channel Logout 1.0, 2.5 and 2.8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "core/delivery/call.h"
#include "core/delivery/receiver_standing.h"
#include "core/moment.h"
#include "core/names.h"
#include "core/outcome.h"
#include "core/provider/provider.h"
#include "core/session.h"

namespace slo {

// One logout owed to one client.
struct Delivery {
  std::string id{};  // session key, second of joining and client: the same logout always has the same id
  SessionKey session{};
  ClientId client{};
  std::optional<Subject> sub{};
  std::optional<Sid> sid{};
  std::string reason{};
  std::string logout_id{};  // of the logout that owes it, as in $slo_logout_id; empty: nobody knows
  TimeMs enqueued{};
  std::uint64_t token = 0;  // fences the lease, and nothing else: each later lease of it has a greater one
  unsigned attempt = 1;     // counts from 1; of those that were made, not of the leases
  friend bool operator==(const Delivery&, const Delivery&) = default;
};

// A fresh jti, iat and exp for each lease; a delivery without sid repeats the same claims until they
// expire, since a re-minted one could end later sessions (delivery_expired afterwards). Other refusals:
// delivery_client_gone, delivery_without_subject, delivery_uri_refused, key_unusable.
Outcome<Call> seal(const Provider& provider, const Delivery& delivery, const Moment& moment);

// Who is to get it: its backchannel_logout_uri, and scheme, name and port of that. delivery_client_gone, or
// delivery_uri_refused for what is no URI.
struct ReceiverName {
  std::string uri{};
  std::string host{};
  friend bool operator==(const ReceiverName&, const ReceiverName&) = default;
};
// For an application: its id's prefix and its name, and scheme, name and port of its logout URL, or the name
// of its own server.
Outcome<ReceiverName> receiver_of(const Provider& provider, const Delivery& delivery);

// The application that is owed it, where that may be called: delivery_client_gone, delivery_uri_refused.
Outcome<const Application*> called_application(const Provider& provider, const Delivery& delivery);

// Does seal() take a good part of a millisecond? False where it refuses.
bool is_slow_to_seal(const Provider& provider, const Delivery& delivery);

// How far a back-channel delivery of a logout has come.
struct Told {
  ClientId client{};
  enum class State : std::uint8_t {
    pending,    // no answer yet
    delivered,  // its server said yes
    failed,     // in vain so far; tried again
    refused,    // its server said no, for good
    given_up,   // in vain, and not tried again
  } state = State::pending;
  friend bool operator==(const Told&, const Told&) = default;
};

// A delivery as the store has it.
enum class DeliveryState : std::uint8_t { pending, dead };
struct ListedDelivery {
  Delivery delivery{};
  DeliveryState state = DeliveryState::pending;
  TimeMs due{};           // next attempt, or end of the lease; time of death for a dead letter
  std::string error{};    // of the last attempt
  unsigned attempts = 0;  // made and settled, since it was enqueued or sent again
};

// The body of a yes, where the call wants all of it.
struct Document {
  std::string body{};
  bool is_whole = false;
  bool is_too_large = false;
  bool is_late = false;         // its time was over before its end came
  std::string coding{};         // Content-Encoding
  std::string cache_control{};  // Cache-Control
};

// What came back. `by_receiver`: the status is the receiver's own; otherwise it is this nginx's verdict (502
// refused, reset or not verified, with nginx's sentence as `sample`, 504 timed out, other: the delivery
// location itself is wrong).
struct Answer {
  bool by_receiver = false;
  int status = 0;
  bool is_connected = false;             // somebody took the request, or began to
  std::string sample{};                  // the first bytes of the body
  std::optional<Seconds> retry_after{};  // from the receiver
  Document document{};                   // of a call with `max_document`
};

// What an answer says of its receiver: whoever answers works, if not with 5xx; whom nobody could connect to
// is not there, nor are others on that host; who is there and answers nothing is the one that fails.
CallOutcome outcome_of(const Answer& answer);

// Is this nginx's own location or resolver to blame, and not the receiver nor the way there?
bool is_locations_fault(const Answer& answer);

// Is it a receiver that nginx complains of in `sentence`, and not this host? nginx finds some of what
// receivers do critical: a unix socket that is gone, an alert of TLS.
bool is_receivers_fault(std::string_view sentence);

// Such a sentence as far as it is nginx's: where it quotes the answer, the receiver may have put the logout
// token into that.
std::string_view without_receivers_words(std::string_view sentence);

// 2xx: Back-Channel Logout asks for 200, frameworks make 204 of it, and whoever answers another one has taken
// the token as well.
bool is_success(int status);

struct Delivered {
  friend bool operator==(const Delivered&, const Delivered&) = default;
};
struct RetryAt {
  Millis delay{};  // from now
  // Short, no secrets: `503`, `timeout`, `refused`, `certificate`, `handshake`, `unresolved`, `malformed
  // answer`.
  std::string why{};
  bool tried = true;  // false: put off without an attempt
  friend bool operator==(const RetryAt&, const RetryAt&) = default;
};
struct Abandon {
  std::string why{};
  friend bool operator==(const Abandon&, const Abandon&) = default;
};
using Verdict = std::variant<Delivered, RetryAt, Abandon>;

// 2xx delivers. 400 and other 4xx but 408 and 429, and 501, are final. 408, 429, 5xx (504 included),
// local 502/504 are tried again after first*2^(attempt-1), at most max, times 0.5..1.5; Retry-After counts
// where it is longer, at most max. 3xx is not followed and final; of an application, which sends who is
// logged out somewhere, it delivers. The last attempt is final.
Verdict judge(const DeliveryPolicy& policy, const Delivery& delivery, const Answer& answer,
              const Moment& moment);

// What finds its receiver's queue full, or waits in it until its lease is nearly over, is put off, which is
// no attempt: by a second, `first` where that is shorter, or an eighth of its age where that is longer, at
// most `max`, times 0.5..1.5. Where the receiver fails or is shut: by `shut_for`, and `first` or an eighth of
// its age on top. But not beyond `max_age`; after that as if there were none, for its last try is still to be
// made.
RetryAt put_off(const DeliveryPolicy& policy, const Delivery& delivery, const Moment& moment,
                Millis shut_for = {});

// Is it older than `max_age`? Then it is tried once more, even though its receiver be shut.
bool is_too_old(const DeliveryPolicy& policy, const Delivery& delivery, const Moment& moment);

// When a receiver or host is shut, and for how long.
BreakerPolicy breaker_of(const DeliveryPolicy& policy);

// Was something tried, so that it counts as an attempt? A refusal of seal() is one as well.
bool is_attempt(const Verdict& verdict);

// What the user may be told after that.
Told::State told_state(const Verdict& verdict);

// Did the receiver itself give the reason of this Abandon? Else nobody could be reached, or nothing be sent.
bool is_receivers_own(const Abandon& abandon);

// The same for a refusal of seal(): some heal (delivery_client_gone), some do not.
Verdict judge(const DeliveryPolicy& policy, const Delivery& delivery, const Refusal& refusal,
              const Moment& moment);

}  // namespace slo
