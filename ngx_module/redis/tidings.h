// SPDX-License-Identifier: BSD-2-Clause
// Whether the store can be reached, told to the log once, when it changes; of nodes ten lines a minute.
#pragma once

#include "core/fault.h"
#include "core/outcome.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/redis/settings.h"

namespace slo::ngx {

class StoreTidings {
 public:
  // REQUIRES: settings and log outlive it.
  StoreTidings(const LinkSettings& settings, ngx_log_t* log) : settings_(settings), log_(log) {}

  void up();
  void down(const Refusal& why);
  bool is_told_down() const noexcept { return told_ == Told::down; }

 private:
  enum class Told : std::uint8_t { nothing, up, down, foreign };

  const LinkSettings& settings_;
  ngx_log_t* log_;
  Told told_ = Told::nothing;
};

}  // namespace slo::ngx
