// SPDX-License-Identifier: BSD-2-Clause
// The store of one worker, on the one connection that it has today.
#include "ngx_module/redis/store.h"

#include "ngx_module/redis/link.h"

namespace slo::ngx {
namespace {

Store* this_store = nullptr;

}  // namespace

Store::Store(const LinkSettings& settings, ngx_log_t* log)
    : link_(std::make_unique<RedisLink>(settings, log)) {}

Store::~Store() = default;

PendingReply Store::submit(std::vector<redis::Command> commands, OnReply on_reply) {
  return link_->submit(std::move(commands), std::move(on_reply));
}

bool Store::is_up() const noexcept { return link_->is_up(); }

void Store::quit() noexcept { link_->quit(); }

Store* store() noexcept { return this_store; }
void use_store(Store* its) noexcept { this_store = its; }

}  // namespace slo::ngx
