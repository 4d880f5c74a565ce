// SPDX-License-Identifier: BSD-2-Clause
// A file of clients, looked at every now and then: is it another one than was read?
#include "ngx_module/clients/client_file.h"

#include <utility>

#include "core/text/file_text.h"
#include "ngx_module/config/client_lists.h"
#include "ngx_module/nginx/deadline.h"

namespace slo::ngx {

// The master may read what its workers may not: that is told at once, and not with the first change.
ClientFile::ClientFile(const ClientSource& source)
    : source_(source), read_(source.facts), seen_(facts_of(source.file)), due_(deadline_in(source.check)) {
  if (!seen_.is_readable) due_ = deadline_in(Millis{0});
}

std::optional<ChangedText> ClientFile::take_change() {
  if (!is_past(due_)) return std::nullopt;
  const FileFacts now = facts_of(source_.file);
  const bool is_still = std::exchange(seen_, now) == now;
  if (now == read_ || is_still) due_ = deadline_in(source_.check);
  if (now == read_ || !is_still) return std::nullopt;
  read_ = now;
  return [file = source_.file]() -> Outcome<std::string> {
    return file_bytes(file, max_clients_mib).map([](const std::string& bytes) {
      return std::string(without_mark(bytes));
    });
  };
}

}  // namespace slo::ngx
