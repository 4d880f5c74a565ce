// SPDX-License-Identifier: BSD-2-Clause
// Reads a JSON array element by element, of which one is in memory at a time: for arrays of any length.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/text/json.h"

namespace slo {

class JsonArrayReader {
 public:
  explicit JsonArrayReader(std::string_view text);

  // Is it an array, as far as its first character says? Else next() must not be called.
  bool is_array() const noexcept { return at_ > 0; }
  // The next element; null, once, behind the last one. Refused as parse_json() refuses the whole text, when
  // the element that is wrong comes; then no other does.
  Outcome<Json> next();

 private:
  Outcome<Json> end();
  Outcome<Json> whole() const;
  void skip_blanks();
  bool is_at(char c) const noexcept { return at_ < text_.size() && text_[at_] == c; }

  std::string_view text_;
  std::size_t at_ = 0;
  bool is_first_ = true;
};

}  // namespace slo
