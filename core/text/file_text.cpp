// SPDX-License-Identifier: BSD-2-Clause
// Takes off marks and line ends.
#include "core/text/file_text.h"

namespace slo {

std::string_view without_mark(std::string_view text) noexcept {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  if (text.starts_with(mark)) text.remove_prefix(mark.size());
  return text;
}

std::string_view without_line_ends(std::string_view text) noexcept {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace slo
