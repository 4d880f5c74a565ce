// SPDX-License-Identifier: BSD-2-Clause
// One configuration line as our setters see it: words as strings, `name=value` options, errors as sentences.
#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/moment.h"
#include "core/outcome.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {

struct ConfLine {
  ngx_conf_t* cf = nullptr;
  void* conf = nullptr;  // of the level that the directive's row names
  std::string directive{};
  std::vector<std::string> words{};  // without the directive itself
};

ConfLine read_line(ngx_conf_t* cf, void* conf);

// Logs `"directive" detail` with file:line, and answers NGX_CONF_ERROR.
char* refuse_line(ngx_conf_t* cf, std::string_view directive, const Refusal& refusal) noexcept;

// Where the line stands, `file:line`; and messages about a place that has been passed: `text in file:line`.
std::string place_of(const ngx_conf_t* cf);
char* refuse_at(ngx_log_t* log, const std::string& text, const std::string& place) noexcept;
void warn_at(ngx_log_t* log, const std::string& text, const std::string& place) noexcept;

using Setter = Outcome<void> (*)(ConfLine&);

// An ngx_command_t's `set` made of one of our setters.
template <Setter setter>
char* directive(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept {
  return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [&]() -> char* {
    ConfLine line = read_line(cf, conf);
    auto set = setter(line);
    return set ? NGX_CONF_OK : refuse_line(cf, view(command->name), set.error());
  });
}

inline tl::unexpected<Refusal> bad_line(std::string detail) {
  return refuse(Fault::configuration_invalid, std::move(detail));
}

// `name=value` options: each word is given to the taker of its name; unknown names and broken values are
// refused.
using Taker = std::function<Outcome<void>(const std::string& value)>;
struct OtherWords {
  std::vector<std::string_view> known{};  // without a value, which the caller has taken: for messages
  bool may_be_secrets = false;            // one that slipped out of its place is not shown
};
Outcome<void> take_options(const std::vector<std::string>& words, std::size_t from,
                           const std::vector<std::pair<std::string_view, Taker>>& takers,
                           const OtherWords& others = {});

Taker take_text(std::string& target);
Taker take_number(unsigned& target, unsigned least, unsigned most);
Taker take_millis(Millis& target);
Taker take_seconds(Seconds& target);
template <class Enum>
Taker take_choice(Enum& target, std::initializer_list<std::pair<std::string_view, Enum>> choices) {
  return [&target, choices = std::vector(choices)](const std::string& value) -> Outcome<void> {
    std::string known;
    for (const auto& [word, meaning] : choices) {
      if (word == value) {
        target = meaning;
        return {};
      }
      known += (known.empty() ? "\"" : ", \"") + std::string(word) + "\"";
    }
    return bad_line("invalid value \"" + value + "\", it must be one of " + known);
  };
}

Outcome<Millis> read_millis(std::string_view text);
Outcome<bool> read_flag(std::string_view text);  // on, off

// Relative names are below the configuration's directory.
std::string full_name(ngx_conf_t* cf, const std::string& name);
// The whole of a file; relative names are below the configuration's directory; larger ones are refused.
Outcome<std::string> read_file(ngx_conf_t* cf, const std::string& name, std::size_t max_mib = 4);
// Less a byte order mark.
Outcome<std::string> read_text(ngx_conf_t* cf, const std::string& name, std::size_t max_mib = 4);
// The one line that is a secret, less mark and line ends; warns of a file that everybody can read.
Outcome<std::string> read_secret_text(ngx_conf_t* cf, const std::string& name);
void warn_if_open(ngx_conf_t* cf, const std::string& name);
bool is_open(ngx_conf_t* cf, const std::string& name);  // can everybody read it?
std::string about_open(const std::string& name);        // the sentence to warn with

}  // namespace slo::ngx
