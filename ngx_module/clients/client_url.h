// SPDX-License-Identifier: BSD-2-Clause
// Clients at a URL: one worker of the host fetches them, the others read what it has put into the zone.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "core/delivery/delivery.h"
#include "core/outcome.h"
#include "ngx_module/clients/changed_text.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/delivery/detached_call.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/shared_document.h"

namespace slo::ngx {

inline constexpr std::size_t max_clients_at_url = 4 * 1'048'576;  // bytes

class ClientUrl {
 public:
  ClientUrl(const ProviderConf& conf, const ClientSource& source, ngx_log_t* log);
  ClientUrl(const ClientUrl&) = delete;
  ~ClientUrl();  // a fetch that is under way is another worker's

  // Where a fetch of ours has ended, or another worker's has brought another text, once: what came. Begins a
  // fetch that is due. `anew`: also where it is what was taken before.
  std::optional<ChangedText> take_change(bool anew);
  // What came of it by itself: clients, which all workers shall have, or a refusal. Gives what stands against
  // that: the refusal, or that the zone has no room for them.
  std::optional<Refusal> settle(std::optional<Refusal> refused);
  bool is_ours() const { return is_ours_; }  // the text that is being read
  // Does the zone hold what was taken, and did the last fetch go well?
  bool is_taken() const;

 private:
  void fetch_if_due();
  void over();
  std::optional<Refusal> keep();
  void note_success();
  void end();

  const ProviderConf& conf_;
  const ClientSource& source_;
  ngx_log_t* log_;
  SharedDocument document_;
  std::uint64_t version_ = 0;  // of the text that was taken from the zone, or put there, last
  std::string digest_{};       // of the text that was taken last
  std::string text_{};         // which is being read
  bool is_ours_ = false;       // … and which we have fetched
  // Of a fetch of ours.
  std::unique_ptr<DetachedCall> call_{};
  Millis began_{};
  Answer answer_{};
  std::optional<Outcome<std::string>> fetched_{};
};

}  // namespace slo::ngx
