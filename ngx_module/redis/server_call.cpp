// SPDX-License-Identifier: BSD-2-Clause
// Calls a server until one of its addresses answers.
#include "ngx_module/redis/server_call.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace slo::ngx {
namespace {

redis::Command auth(const LinkSettings& link) {
  redis::Command command{.words = {"AUTH"}};
  if (!link.user.empty()) command.words.push_back(link.user);
  command.words.push_back(link.password);
  return command;
}

}  // namespace

ServerCall::ServerCall(LinkSettings link, std::vector<NamedServer> known, ngx_log_t* log, Callbacks callbacks)
    : link_(std::move(link)),
      known_(std::move(known)),
      callbacks_(std::move(callbacks)),
      places_(link_, log, [this](bool changed) { looked_up(changed); }),
      wire_(link_, log,
            {.opened = [this] { opened(); },
             .replied = [this](redis::OwnedReply reply) { heard(std::move(reply)); },
             .lost = [this](const std::string& reason) { closed(reason); }}),
      again_(log, [this] { dial(); }),
      limit_(log, [this] {
        wire_.close();
        closed("no answer within " + std::to_string(link_.timeout.count()) + " ms");
      }) {
  again_.may_be_left();
  limit_.may_be_left();
}

void ServerCall::begin(const redis::Peer& peer, std::vector<redis::Command> words) {
  stop();
  words_ = std::move(words);
  has_heard_ = has_looked_up_ = false;
  const auto known = std::ranges::find(known_, peer, &NamedServer::peer);
  places_.move_to(peer, known == known_.end() ? std::vector<ngx_addr_t>() : known->addresses);
  again_.after(Millis(1));
}

void ServerCall::dial() {
  if (places_.empty()) return closed("its name is not known");
  limit_.after(link_.timeout);
  wire_.open(places_.address(), places_.tls_name(), false);
}

void ServerCall::opened() {
  is_introduced_ = link_.password.empty();
  if (!is_introduced_) say(auth(link_));
  for (const auto& command : words_) say(command);
}

void ServerCall::heard(redis::OwnedReply reply) {
  if (std::exchange(is_introduced_, true)) {
    has_heard_ = true;
    return callbacks_.replied(std::move(reply));
  }
  const redis::Reply view(reply.get());
  if (!view.is_error()) return;
  wire_.close();
  closed("AUTH was answered " + std::string(redis::code_of(view.error())));
}

// The next address; behind the last one its name is asked for others.
void ServerCall::closed(const std::string& reason) {
  limit_.cancel();
  if (has_heard_) return fail(reason);
  if (places_.next()) return again_.after(Millis(1));
  trouble_ = reason;
  if (std::exchange(has_looked_up_, true) || !places_.look_up()) looked_up(false);
}

void ServerCall::looked_up(bool changed) {
  if (changed) return again_.after(Millis(1));
  const bool is_nameless = places_.empty() && !places_.trouble().empty();
  fail(is_nameless ? "its name cannot be resolved: " + places_.trouble() : trouble_);
}

void ServerCall::fail(const std::string& reason) {
  stop();
  callbacks_.failed(reason);
}

void ServerCall::stop() noexcept {
  again_.cancel();
  limit_.cancel();
  places_.quit();
  wire_.close();
}

}  // namespace slo::ngx
