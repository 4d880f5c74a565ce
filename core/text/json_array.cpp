// SPDX-License-Identifier: BSD-2-Clause
// Reads a JSON array element by element.
#include "core/text/json_array.h"

#include <utility>

namespace slo {

JsonArrayReader::JsonArrayReader(std::string_view text) : text_(text) {
  skip_blanks();
  at_ = is_at('[') ? at_ + 1 : 0;
}

Outcome<Json> JsonArrayReader::next() {
  skip_blanks();
  if (is_at(']')) return end();
  if (!is_first_ && !is_at(',')) return whole();
  if (!std::exchange(is_first_, false)) ++at_;
  json_error_t error;
  const std::string_view rest = text_.substr(at_);
  Json element(json_loadb(rest.empty() ? "" : rest.data(), rest.size(),
                          JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &error));
  if (!element) return whole();
  const auto behind = static_cast<std::size_t>(error.position);
  if (is_too_deep(rest.substr(0, behind), 1)) return whole();
  at_ += behind;
  return element;
}

Outcome<Json> JsonArrayReader::end() {
  ++at_;
  skip_blanks();
  if (at_ < text_.size()) return whole();
  return Json();
}

// Where something is wrong, the whole text is read once more, for the place and the words.
Outcome<Json> JsonArrayReader::whole() const {
  const auto read = parse_json(text_);
  return refuse(read ? Refusal{Fault::internal, "an array cannot be read"} : read.error());
}

void JsonArrayReader::skip_blanks() {
  while (at_ < text_.size() && is_json_blank(text_[at_])) ++at_;
}

}  // namespace slo
