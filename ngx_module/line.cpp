// SPDX-License-Identifier: BSD-2-Clause
// Takes configuration lines apart. Knows nothing of what the directives mean.
#include "ngx_module/line.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>

namespace slo::ngx {
namespace {

constexpr std::size_t file_limit = 4 * 1024 * 1024;

struct FileClose {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

}  // namespace

Line read_line(ngx_conf_t* cf, void* conf) {
  const auto* words = static_cast<const ngx_str_t*>(cf->args->elts);
  Line line{.cf = cf, .conf = conf, .directive = std::string(view(words[0]))};
  for (ngx_uint_t i = 1; i < cf->args->nelts; ++i) line.words.emplace_back(view(words[i]));
  return line;
}

char* refuse_line(ngx_conf_t* cf, std::string_view directive, const Refusal& refusal) noexcept {
  ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%*s\": %s", directive.size(), directive.data(),
                     refusal.detail.c_str());
  return static_cast<char*>(NGX_CONF_ERROR);
}

Outcome<void> take_options(const std::vector<std::string>& words, std::size_t from,
                           const std::vector<std::pair<std::string_view, Taker>>& takers) {
  for (std::size_t i = from; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::size_t equals = word.find('=');
    const std::string_view name = std::string_view(word).substr(0, equals);
    const Taker* taker = nullptr;
    for (const auto& [known, candidate] : takers) {
      if (known == name) taker = &candidate;
    }
    if (taker == nullptr || equals == std::string::npos)
      return bad_line("invalid parameter \"" + word + "\"");
    if (auto taken = (*taker)(word.substr(equals + 1)); !taken) {
      return bad_line("in \"" + std::string(name) + "=\": " + taken.error().detail);
    }
  }
  return {};
}

Taker take_text(std::string& target) {
  return [&target](const std::string& value) -> Outcome<void> {
    if (value.empty()) return bad_line("the value is empty");
    target = value;
    return {};
  };
}

Taker take_number(unsigned& target, unsigned least, unsigned most) {
  return [&target, least, most](const std::string& value) -> Outcome<void> {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || number < least || number > most) {
      return bad_line("invalid value \"" + value + "\", it must be a number from " + std::to_string(least) +
                      " to " + std::to_string(most));
    }
    target = number;
    return {};
  };
}

Taker take_millis(Millis& target) {
  return [&target](const std::string& value) -> Outcome<void> {
    return read_millis(value).map([&target](Millis read) { target = read; });
  };
}

Taker take_seconds(Seconds& target) {
  return [&target](const std::string& value) -> Outcome<void> {
    return read_millis(value).map([&target](Millis read) { target = std::chrono::floor<Seconds>(read); });
  };
}

Outcome<Millis> read_millis(std::string_view text) {
  ngx_str_t value{text.size(), reinterpret_cast<u_char*>(const_cast<char*>(text.data()))};
  const ngx_int_t millis = ngx_parse_time(&value, 0);
  if (millis == NGX_ERROR) {
    return bad_line("invalid time \"" + std::string(text) +
                    "\", write for example 500ms, 5s, 15m, 12h or 30d");
  }
  return Millis(millis);
}

Outcome<bool> read_flag(std::string_view text) {
  if (text == "on") return true;
  if (text == "off") return false;
  return bad_line("invalid value \"" + std::string(text) + "\", it must be \"on\" or \"off\"");
}

Outcome<std::string> read_file(ngx_conf_t* cf, const std::string& name) {
  ngx_str_t full = to_ngx(cf->pool, name);
  if (ngx_conf_full_name(cf->cycle, &full, 1) != NGX_OK) return bad_line("no memory");
  const std::unique_ptr<std::FILE, FileClose> file(std::fopen(reinterpret_cast<char*>(full.data), "rb"));
  if (!file) return bad_line("cannot open \"" + std::string(view(full)) + "\": " + std::strerror(errno));
  std::string bytes(file_limit + 1, '\0');
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file.get()));
  if (std::ferror(file.get()) != 0) return bad_line("cannot read \"" + std::string(view(full)) + "\"");
  if (bytes.size() > file_limit) return bad_line("\"" + std::string(view(full)) + "\" is larger than 4 MiB");
  return bytes;
}

}  // namespace slo::ngx
