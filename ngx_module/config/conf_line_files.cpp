// SPDX-License-Identifier: BSD-2-Clause
// Reads the files that configuration lines name.
#include <sys/stat.h>

#include <new>
#include <string>

#include "core/text/file_text.h"
#include "ngx_module/config/conf_line.h"
#include "ngx_module/nginx/file_bytes.h"

namespace slo::ngx {

std::string full_name(ngx_conf_t* cf, const std::string& name) {
  ngx_str_t full = to_ngx(cf->pool, name);
  if (ngx_conf_full_name(cf->cycle, &full, 1) != NGX_OK) throw std::bad_alloc();
  return std::string(view(full));
}

Outcome<std::string> read_file(ngx_conf_t* cf, const std::string& name, std::size_t max_mib) {
  return file_bytes(full_name(cf, name), max_mib);
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
