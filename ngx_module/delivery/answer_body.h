// SPDX-License-Identifier: BSD-2-Clause
// The body of a receiver's answer as it comes: thrown away, but for its first bytes or a document.
#pragma once

#include <cstddef>
#include <string>

#include "core/delivery/call.h"
#include "core/delivery/delivery.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

class AnswerBody {
 public:
  explicit AnswerBody(const Call& call) : max_sample_(call.max_sample), max_document_(call.max_document) {}

  // Takes all of `in`, whose owner may use it again. `is_yes`: of an answer whose document counts.
  void take(ngx_chain_t* in, bool is_yes);
  void is_late() noexcept { document_.is_late = true; }

  bool wants_document() const noexcept { return max_document_ > 0; }
  // Is nothing wanted of it any more, though there may be more of it?
  bool is_enough() const noexcept { return !wants_document() && sample_.size() >= max_sample_; }
  bool is_endless() const noexcept;
  const std::string& sample() const noexcept { return sample_; }
  // What there is of it; `head` says what the headers say.
  Document document(Document head) const;

 private:
  void add_to_document(const ngx_buf_t& buffer, std::size_t size);

  std::size_t max_sample_;
  std::size_t max_document_;
  std::size_t taken_ = 0;
  std::string sample_{};
  Document document_{};
};

}  // namespace slo::ngx
