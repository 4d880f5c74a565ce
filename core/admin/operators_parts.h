// SPDX-License-Identifier: BSD-2-Clause
// What the parts of the operators' page share: facts, times, headings; of operators_*.cpp only.
#pragma once

#include <string>
#include <string_view>

#include "core/admin/operators_view.h"

namespace slo::operators {

// `<div><dt>term</dt><dd>…</dd></div>`; the value is HTML.
std::string fact(std::string_view term, const std::string& html);
// The same with text.
std::string text_fact(std::string_view term, std::string_view text);
std::string facts(const std::string& html);
// A dot and a word: good, bad or neither.
std::string state(std::string_view mood, std::string_view text);
// `<time>`: `3 min ago`, `in 12 s`; to be read by machines, and by people who point at it, as a date.
std::string when(TimeMs time, TimeMs now);
std::string when(TimeS time, TimeMs now);
// `2027-01-15 08:10:00 UTC`
std::string date_of(TimeMs time);
// `90 s`, `5 min`, `3 h`, `2 d`
std::string span_of(Seconds span);
// A client's id, or an application's name and that it is one.
std::string party_of(const Provider& provider, const ClientId& id);
// `1 session`, `2 sessions`
std::string count_of(std::size_t count, std::string_view one);
// To where a list goes on, or to its beginning, with `view`'s other parameters.
std::string turning(const OperatorsView& view, std::string PageQuery::*list, const std::string& next,
                    std::string_view what);
// What stands in place of a list that could not be read.
std::string unread(const Refusal& refusal);

// The parts, HTML.
std::string users_part(const OperatorsView& view);
std::string owed_part(const OperatorsView& view);
std::string dead_part(const OperatorsView& view);

}  // namespace slo::operators
