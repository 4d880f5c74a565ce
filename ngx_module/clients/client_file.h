// SPDX-License-Identifier: BSD-2-Clause
// A file of clients, looked at every now and then: is it another one than was read?
#pragma once

#include <optional>

#include "ngx_module/clients/changed_text.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

class ClientFile {
 public:
  // The configuration has read it, perhaps long ago: what it is by now is looked at at once.
  explicit ClientFile(const ClientSource& source);

  // Where it has changed, once: how it is read. Not while it is being written: it must have been the same for
  // two looks, a second apart.
  std::optional<ChangedText> take_change();
  // Has what it is by now been taken?
  bool is_taken() const { return seen_ == read_; }

 private:
  const ClientSource& source_;
  FileFacts read_;
  FileFacts seen_;
  ngx_msec_t due_;
};

}  // namespace slo::ngx
