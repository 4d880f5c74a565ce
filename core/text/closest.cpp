// SPDX-License-Identifier: BSD-2-Clause
// Counts edits between words, a row of the table at a time.
#include "core/text/closest.h"

#include <algorithm>
#include <cstddef>

namespace slo {
namespace {

// Optimal string alignment: three rows of the table are enough to see two neighbours swapped.
std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool is_swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view closest(std::string_view word, const std::vector<std::string_view>& known) {
  constexpr std::size_t longest = 64;  // no word of ours is longer, and the work grows with the square
  if (word.size() > longest) return {};
  std::string_view best;
  std::size_t fewest = word.size() > 4 ? 3 : 2;
  for (const std::string_view candidate : known) {
    const std::size_t edits = edits_between(word, candidate);
    if (edits >= fewest || edits >= word.size()) continue;
    fewest = edits;
    best = candidate;
  }
  return best;
}

}  // namespace slo
