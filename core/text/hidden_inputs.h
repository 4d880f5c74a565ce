// SPDX-License-Identifier: BSD-2-Clause
// The hidden inputs of a page's forms, as a browser would send them. A tolerant scanner, no HTML parser.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slo {

// Names and values, decoded; an empty value is kept.
using HiddenInputs = std::map<std::string, std::string, std::less<>>;

struct PostedForm {
  std::string action{};  // as it stands, decoded; empty: the page itself
  HiddenInputs inputs{};
};

// Of each form of `page` that is sent by POST, those hidden inputs that are named in `known`: forms without
// any are left out, and so are those that have one of them twice. Attributes may stand in any order, with
// either quotes or none; comments, scripts and their like are passed over. Takes time in proportion to the
// page.
std::vector<PostedForm> hidden_inputs(std::string_view page, std::span<const std::string_view> known);

}  // namespace slo
