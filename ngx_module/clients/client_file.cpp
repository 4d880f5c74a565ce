// SPDX-License-Identifier: BSD-2-Clause
// A file of clients, looked at every now and then: is it another one than was read?
#include "ngx_module/clients/client_file.h"

#include <string>
#include <utility>

#include "core/text/file_text.h"
#include "ngx_module/config/client_lists.h"
#include "ngx_module/nginx/deadline.h"

namespace slo::ngx {
namespace {

// The name stands in front of the refusal.
Outcome<std::string> read_clients_file(const std::string& file, const FileFacts& facts) {
  if (facts.is_there && !facts.is_file) return refuse(Fault::clients_unusable, "is no regular file");
  auto bytes = file_bytes(file, max_clients_mib);
  if (bytes) return std::string(without_mark(*bytes));
  std::string why = bytes.error().detail;
  if (const auto at = why.find('"' + file + "\" "); at != std::string::npos) why.erase(at, file.size() + 3);
  return refuse(Fault::clients_unusable, std::move(why));
}

}  // namespace

ClientFile::ClientFile(const ClientSource& source)
    : source_(source), read_(source.facts), seen_(source.facts), due_(deadline_in(source.check)) {
  if (facts_of(source.file) == read_) return;
  seen_ = {};
  due_ = deadline_in(Millis{0});
}

std::optional<ChangedText> ClientFile::take_change() {
  if (!is_past(due_)) return std::nullopt;
  const FileFacts now = facts_of(source_.file);
  const bool is_still = std::exchange(seen_, now) == now;
  if (now == read_ || is_still) due_ = deadline_in(source_.check);
  if (now == read_ || !is_still) return std::nullopt;
  read_ = now;
  return [file = source_.file, now] { return read_clients_file(file, now); };
}

}  // namespace slo::ngx
