// SPDX-License-Identifier: BSD-2-Clause
// The fetched keys of one provider, as one worker sees and fetches them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/admin/status_page.h"
#include "core/keys/documents.h"
#include "core/outcome.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/delivery/detached_call.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/shared_document.h"

namespace slo::ngx {

class KeySource {
 public:
  // REQUIRES: provider.fetched_keys.
  KeySource(const ProviderConf& provider, ngx_log_t* log);
  KeySource(const KeySource&) = delete;
  ~KeySource();  // a fetch that is under way is another worker's

  void take_newest();
  void fetch_if_due();
  // An unknown key asks. True: a fetch is under way, here or in another worker, or begins now.
  bool ask_for_fetch();
  // How many had ended when ask_for_fetch() was called; and now.
  std::uint64_t fetches_before() const noexcept { return fetches_before_; }
  std::uint64_t fetches() const noexcept { return document_.fetches(); }

  KeyStatus status();
  std::string end_session_endpoint() const;

 private:
  // In the order in which they are called.
  void begin();
  void get(const std::string& uri);
  void over();
  void with_discovery(const std::string& text);
  void with_keys(const std::string& text);
  void keep(const jose::KeySet& keys, const std::string& text);
  void warn_of_unpublished(const jose::KeySet& keys) const;
  void fail(const Refusal& why);
  void end();

  const ProviderConf& conf_;
  ngx_log_t* log_;
  SharedDocument document_;
  std::uint64_t version_ = 0;  // of the document that our keys are of
  std::uint64_t fetches_before_ = 0;
  // Of a fetch of ours.
  std::unique_ptr<DetachedCall> call_{};
  Answer answer_{};
  std::string uri_{};
  std::optional<Discovery> discovery_{};
  ngx_msec_t end_ = 0;
};

}  // namespace slo::ngx
