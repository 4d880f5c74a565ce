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
  // The configuration has read it already.
  explicit ClientFile(const ClientSource& source);

  // Where it has changed, once: how it is read. Not while it is being written: it must have been the same for
  // two looks, a second apart.
  std::optional<ChangedText> take_change();
  // What came of that. A file that cannot be used is told once.
  void accept() { is_current_ = true; }
  bool refuse() {
    is_current_ = false;
    return tells_for_all();
  }

  bool is_current() const { return is_current_; }

 private:
  const ClientSource& source_;
  FileFacts read_;
  FileFacts seen_;
  ngx_msec_t due_;
  bool is_current_ = true;
};

}  // namespace slo::ngx
