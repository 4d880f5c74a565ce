// SPDX-License-Identifier: BSD-2-Clause
// The two sides of a submission to the store: who waits, and what he waits for.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/outcome.h"
#include "ngx_module/nginx/ngx.h"
#include "redis_schema/exchange.h"

namespace slo::ngx {

// The waiting side's handle: destroyed, the late answer is read and dropped.
class PendingReply {
 public:
  using OnReply = std::function<void(Outcome<std::span<const redis::Reply>>)>;

  PendingReply() = default;
  PendingReply(PendingReply&& other) noexcept;
  PendingReply& operator=(PendingReply&& other) noexcept;
  ~PendingReply();
  void keep() noexcept;  // answer even if the handle is gone: for callers that outlive the requests

  struct Waiting;
  explicit PendingReply(Waiting& waiting);  // for who will answer

 private:
  Waiting* waiting_ = nullptr;
};

// What stands behind a handle: a submission, from submit() until it is answered.
struct PendingReply::Waiting {
  std::vector<redis::Command> commands{};
  OnReply on_reply{};
  PendingReply* pending = nullptr;
  bool kept = false;
  bool is_background = false;                // and waits among its like
  ngx_msec_t deadline = 0;                   // until its first command has left
  std::size_t sent = 0;                      // commands that have left, in order
  std::size_t missing = 0;                   // replies still to come to those
  std::vector<redis::OwnedReply> replies{};  // one place per command that has left
  std::optional<Refusal> refusal{};          // of some of its commands: the others stay here

  Waiting() = default;
  ~Waiting() { let_go_of_handle(); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  void let_go_of_handle() noexcept {
    if (pending != nullptr) std::exchange(pending, nullptr)->waiting_ = nullptr;
  }
};

}  // namespace slo::ngx
