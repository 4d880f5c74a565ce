// SPDX-License-Identifier: BSD-2-Clause
// Records the logouts that an OP has sent: their marks, and their entries in the feed.
#pragma once

#include <cstdint>
#include <string>

#include "core/moment.h"
#include "core/rp/mark.h"
#include "redis_schema/exchange.h"
#include "redis_schema/key.h"

namespace slo::redis {

// How a logout that an OP has sent is recorded.
struct MarkTerms {
  Seconds retention{};  // for so long the mark is kept
  std::string jti{};    // of the logout token; empty: none. Stored as a digest
  Seconds jti_life{};   // for so long it is known again
};

// `before`: the same mark, or a later one, was there. `repeated`: this jti had been completed for this mark.
enum class Marked : std::uint8_t { now, before, repeated };

struct MarkAnswer {
  Marked marked{};
  // A session of that sid, its own or a client's, or sessions of that subject are in the store, or were
  // lately: what the mark ends may have to be ended there as well. Said each time that it is asked again.
  bool is_in_store = false;
  friend bool operator==(const MarkAnswer&, const MarkAnswer&) = default;
  friend bool operator==(const MarkAnswer& answer, Marked said) { return answer.marked == said; }
};

// All of it or nothing; of a failed attempt nothing is known, so that the OP may send it again. Works on a
// full store. May be repeated after a lost answer, which then says `repeated` (`before` without a jti): the
// mark stands whatever is answered.
// A jti counts for the mark that it came with: under another one it is another logout.
// REQUIRES: mark.value is not empty, and no mark of a sub lies in the future: it would end later logins.
Exchange<MarkAnswer> put_mark(const Space&, const Mark& mark, const MarkTerms& terms);

}  // namespace slo::redis
