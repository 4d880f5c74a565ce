// SPDX-License-Identifier: BSD-2-Clause
// The bytes of a file, and the facts by which its next version is told from this one. Any thread may ask.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "core/moment.h"
#include "core/outcome.h"

namespace slo::ngx {

// The whole of a file; configuration_invalid in nginx's words: `open() "NAME" failed (2: …)`, or where it is
// larger.
Outcome<std::string> file_bytes(const std::string& full_name, std::size_t max_mib);

struct FileFacts {
  bool is_there = false;
  bool is_file = false;      // and no pipe, whose end may never come
  bool is_readable = false;  // by this process
  dev_t device = 0;
  ino_t number = 0;
  off_t size = 0;
  std::chrono::nanoseconds changed{};  // its content, as whoever wrote it says
  std::chrono::nanoseconds touched{};  // anything of it, as the system says
  friend bool operator==(const FileFacts&, const FileFacts&) = default;
};
FileFacts facts_of(const std::string& full_name) noexcept;

}  // namespace slo::ngx
