// SPDX-License-Identifier: BSD-2-Clause
// The bytes of a file, and the facts by which its next version is told from this one.
#include "ngx_module/nginx/file_bytes.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace slo::ngx {
namespace {

struct FileClose {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

tl::unexpected<Refusal> failed_call(const char* call, const std::string& name, int code) {
  return refuse(Fault::configuration_invalid, std::string(call) + "() \"" + name + "\" failed (" +
                                                  std::to_string(code) + ": " +
                                                  std::generic_category().message(code) + ")");
}

std::chrono::nanoseconds since_1970(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Outcome<std::string> file_bytes(const std::string& full_name, std::size_t max_mib) {
  const std::unique_ptr<std::FILE, FileClose> file(std::fopen(full_name.c_str(), "rb"));
  if (!file) return failed_call("open", full_name, errno);
  std::string bytes;
  std::array<char, 16 * 1024> part{};
  while (bytes.size() <= max_mib * 1024 * 1024) {
    const std::size_t got = std::fread(part.data(), 1, part.size(), file.get());
    if (got == 0 && std::ferror(file.get()) != 0) return failed_call("read", full_name, errno);
    if (got == 0) return bytes;
    bytes.append(part.data(), got);
  }
  return refuse(Fault::configuration_invalid,
                '"' + full_name + "\" is larger than " + std::to_string(max_mib) + " MiB");
}

FileFacts facts_of(const std::string& full_name) noexcept {
  struct stat found {};
  if (stat(full_name.c_str(), &found) != 0) return {};
  return {.is_there = true,
          .is_file = S_ISREG(found.st_mode),
          .is_readable = access(full_name.c_str(), R_OK) == 0,
          .device = found.st_dev,
          .number = found.st_ino,
          .size = found.st_size,
          .changed = since_1970(found.st_mtim),
          .touched = since_1970(found.st_ctim)};
}

}  // namespace slo::ngx
