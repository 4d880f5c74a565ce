// SPDX-License-Identifier: BSD-2-Clause
// The body of a receiver's answer as it comes: thrown away, but for its first bytes or a document.
#include "ngx_module/delivery/answer_body.h"

#include <algorithm>
#include <utility>

namespace slo::ngx {
namespace {

constexpr std::size_t max_body = 64 * 1024;  // an endless answer is cut here

}  // namespace

void AnswerBody::take(ngx_chain_t* in, bool is_yes) {
  for (; in != nullptr; in = in->next) {
    ngx_buf_t& buffer = *in->buf;
    const auto size = static_cast<std::size_t>(ngx_buf_size((&buffer)));
    if (ngx_buf_in_memory((&buffer)) && sample_.size() < max_sample_) {
      sample_.append(reinterpret_cast<const char*>(buffer.pos), std::min(size, max_sample_ - sample_.size()));
    }
    if (is_yes && wants_document()) add_to_document(buffer, size);
    taken_ += size;
    buffer.pos = buffer.last;
    buffer.file_pos = buffer.file_last;
  }
}

// nginx ends an answer that is whole, and only such a one, with a mark. What it has put into a file was more
// than its buffers hold.
void AnswerBody::add_to_document(const ngx_buf_t& buffer, std::size_t size) {
  const bool is_in_memory = ngx_buf_in_memory((&buffer));
  if (document_.body.size() + size > max_document_ || (size > 0 && !is_in_memory)) {
    document_.is_too_large = true;
  } else if (is_in_memory) {
    document_.body.append(reinterpret_cast<const char*>(buffer.pos), size);
  }
  const bool is_mark = ngx_buf_special((&buffer)) && buffer.sync && buffer.last_in_chain;
  if (buffer.last_buf || is_mark) document_.is_whole = true;
}

bool AnswerBody::is_endless() const noexcept {
  return document_.is_too_large || taken_ > std::max(max_body, max_document_);
}

Document AnswerBody::document(Document head) const {
  Document all = document_;
  all.coding = std::move(head.coding);
  all.cache_control = std::move(head.cache_control);
  return all;
}

}  // namespace slo::ngx
