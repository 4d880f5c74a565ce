// SPDX-License-Identifier: BSD-2-Clause
// Reads the files that configuration lines name.
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "core/text/file_text.h"
#include "ngx_module/config/conf_line.h"

namespace slo::ngx {
namespace {

struct FileClose {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

std::string full_name(ngx_conf_t* cf, const std::string& name) {
  ngx_str_t full = to_ngx(cf->pool, name);
  if (ngx_conf_full_name(cf->cycle, &full, 1) != NGX_OK) throw std::bad_alloc();
  return std::string(view(full));
}

// In nginx's words.
tl::unexpected<Refusal> failed(const char* call, const std::string& name, int code) {
  return bad_line(std::string(call) + "() \"" + name + "\" failed (" + std::to_string(code) + ": " +
                  std::strerror(code) + ")");
}

}  // namespace

Outcome<std::string> read_file(ngx_conf_t* cf, const std::string& name, std::size_t max_mib) {
  const std::string full = full_name(cf, name);
  const std::unique_ptr<std::FILE, FileClose> file(std::fopen(full.c_str(), "rb"));
  if (!file) return failed("open", full, errno);
  std::string bytes;
  std::array<char, 16 * 1024> part{};
  while (bytes.size() <= max_mib * 1024 * 1024) {
    const std::size_t got = std::fread(part.data(), 1, part.size(), file.get());
    if (got == 0 && std::ferror(file.get()) != 0) return failed("read", full, errno);
    if (got == 0) return bytes;
    bytes.append(part.data(), got);
  }
  return bad_line('"' + full + "\" is larger than " + std::to_string(max_mib) + " MiB");
}

Outcome<std::string> read_text(ngx_conf_t* cf, const std::string& name, std::size_t max_mib) {
  return read_file(cf, name, max_mib).map([](const std::string& bytes) {
    return std::string(without_mark(bytes));
  });
}

Outcome<std::string> read_secret_text(ngx_conf_t* cf, const std::string& name) {
  auto text = read_text(cf, name);
  if (!text) return text;
  warn_if_open(cf, name);
  std::string secret(without_line_ends(*text));
  if (secret.empty()) return bad_line('"' + name + "\" is empty");
  if (secret.find('\n') != std::string::npos) return bad_line('"' + name + "\" holds more than one line");
  return secret;
}

bool is_open(ngx_conf_t* cf, const std::string& name) {
  struct stat facts {};
  return stat(full_name(cf, name).c_str(), &facts) == 0 && S_ISREG(facts.st_mode) &&
         (facts.st_mode & S_IROTH) != 0;
}

std::string about_open(const std::string& name) {
  return '"' + name + "\" holds a secret and can be read by everybody, \"chmod o-r\" it";
}

void warn_if_open(ngx_conf_t* cf, const std::string& name) {
  if (is_open(cf, name)) ngx_conf_log_error(NGX_LOG_WARN, cf, 0, "%s", about_open(name).c_str());
}

}  // namespace slo::ngx
