// SPDX-License-Identifier: BSD-2-Clause
// Takes configuration lines apart. Knows nothing of what the directives mean.
#include "ngx_module/config/conf_line.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "core/text/closest.h"
#include "core/text/showable.h"

namespace slo::ngx {
namespace {

using Names = std::vector<std::string_view>;

std::string quoted(std::string_view word, std::string_view behind = {}) {
  return '"' + std::string(word) + std::string(behind) + '"';
}

std::string list_of(const Names& names, const Names& flags) {
  std::string list;
  for (const std::string_view one : names) list += (list.empty() ? "" : ", ") + quoted(one, "=");
  for (const std::string_view one : flags) list += (list.empty() ? "" : ", ") + quoted(one);
  return list;
}

// Where it may be a secret that slipped out of its place, what a word says is shown only if it can hardly be
// one.
bool may_be_shown(std::string_view name, bool is_like_ours, const OtherWords& others) {
  if (!others.may_be_secrets) return is_showable_word(name);
  return is_showable_name(name) && is_like_ours;
}

tl::unexpected<Refusal> unknown_option(std::string_view word, const Names& names, const OtherWords& others) {
  const std::size_t equals = word.find('=');
  const bool is_bare = equals == std::string_view::npos;
  const std::string_view name = word.substr(0, equals);
  const std::string_view behind = is_bare ? "" : "=";
  if (is_bare && std::ranges::find(names, name) != names.end()) {
    return bad_line("invalid parameter " + quoted(name) + ", it needs a value, as in " +
                    quoted(name, "=..."));
  }
  if (std::ranges::find(others.known, name) != others.known.end())
    return bad_line("invalid parameter " + quoted(name, behind) + ", it takes no value");
  Names all = names;
  all.insert(all.end(), others.known.begin(), others.known.end());
  const std::string_view meant = closest(name, all);
  const bool is_flag = std::ranges::find(others.known, meant) != others.known.end();
  std::string text = "invalid parameter";
  if (may_be_shown(name, !is_bare || !meant.empty(), others)) text += ' ' + quoted(name, behind);
  if (!meant.empty()) return bad_line(text + ", did you mean " + quoted(meant, is_flag ? "" : "=") + "?");
  return bad_line(text + ", known " + (all.size() == 1 ? "is " : "are ") + list_of(names, others.known));
}

// `invalid parameter "name=value", remedy`, as nginx words it.
tl::unexpected<Refusal> bad_option(std::string_view name, const std::string& value, std::string_view why) {
  const std::string start = "invalid value " + quoted(value);
  const std::string option(name);
  if (!why.starts_with(start)) {
    return bad_line("invalid parameter \"" + option + "=\", " + std::string(why));
  }
  return bad_line("invalid parameter \"" + option + '=' + value + '"' +
                  std::string(why.substr(start.size())));
}

// nginx's own forms: `"NAME" directive is duplicate`, `invalid value "x" in "NAME" directive, remedy`; a
// sentence follows the name.
std::string worded(std::string_view directive, const std::string& detail) {
  const std::string name = quoted(directive);
  std::string sentence = name + " directive " + detail;
  for (const std::string_view verb : {"is ", "needs ", "takes ", "requires ", "must ", "has ", "cannot "}) {
    if (detail.starts_with(verb)) return sentence;
  }
  if (!detail.starts_with("invalid ") && !detail.starts_with("duplicate ")) return name + ": " + detail;
  // Behind what is quoted, where something is.
  const std::size_t comma = detail.find(", ");
  const std::size_t quoted_end = detail.find("\", ");
  const bool is_quoted = detail.find('"') < comma && quoted_end != std::string::npos;
  const std::size_t end = std::min(is_quoted ? quoted_end + 1 : comma, detail.size());
  return detail.substr(0, end) + " in " + name + " directive" + detail.substr(end);
}

}  // namespace

ConfLine read_line(ngx_conf_t* cf, void* conf) {
  const auto* words = static_cast<const ngx_str_t*>(cf->args->elts);
  ConfLine line{.cf = cf, .conf = conf, .directive = std::string(view(words[0]))};
  for (ngx_uint_t i = 1; i < cf->args->nelts; ++i) line.words.emplace_back(view(words[i]));
  return line;
}

char* refuse_line(ngx_conf_t* cf, std::string_view directive, const Refusal& refusal) noexcept {
  ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", worded(directive, refusal.detail).c_str());
  return static_cast<char*>(NGX_CONF_ERROR);
}

Outcome<void> take_options(const std::vector<std::string>& words, std::size_t from,
                           const std::vector<std::pair<std::string_view, Taker>>& takers,
                           const OtherWords& others) {
  Names known;
  known.reserve(takers.size());
  for (const auto& [name, taker] : takers) known.push_back(name);
  std::set<std::string_view> taken;
  for (std::size_t i = from; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const auto found = std::ranges::find(known, name);
    if (found == known.end() || equals == std::string_view::npos) return unknown_option(word, known, others);
    if (!taken.insert(name).second) return bad_line("duplicate parameter \"" + std::string(name) + "=\"");
    const std::string value(word.substr(equals + 1));
    const Taker& taker = takers[static_cast<std::size_t>(found - known.begin())].second;
    if (auto done = taker(value); !done) return bad_option(name, value, done.error().detail);
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
    const auto read = read_millis(value);
    if (!read) return refuse(read.error());
    if (*read % Millis{1000} != Millis{0}) {
      return bad_line("invalid value \"" + value + "\", it must be whole seconds");
    }
    target = std::chrono::floor<Seconds>(*read);
    return {};
  };
}

Outcome<Millis> read_millis(std::string_view text) {
  ngx_str_t value{text.size(), reinterpret_cast<u_char*>(const_cast<char*>(text.data()))};
  const ngx_int_t millis = ngx_parse_time(&value, 0);
  if (millis == NGX_ERROR) {
    return bad_line("invalid value \"" + std::string(text) +
                    "\", it must be a time such as 500ms, 5s, 15m, 12h or 30d");
  }
  return Millis(millis);
}

Outcome<bool> read_flag(std::string_view text) {
  if (text == "on") return true;
  if (text == "off") return false;
  return bad_line("invalid value \"" + std::string(text) + "\", it must be \"on\" or \"off\"");
}

std::string place_of(const ngx_conf_t* cf) {
  return std::string(view(cf->conf_file->file.name)) + ":" + std::to_string(cf->conf_file->line);
}

char* refuse_at(ngx_log_t* log, const std::string& text, const std::string& place) noexcept {
  ngx_log_error(NGX_LOG_EMERG, log, 0, "%s in %s", text.c_str(), place.c_str());
  return static_cast<char*>(NGX_CONF_ERROR);
}

void warn_at(ngx_log_t* log, const std::string& text, const std::string& place) noexcept {
  ngx_log_error(NGX_LOG_WARN, log, 0, "%s in %s", text.c_str(), place.c_str());
}

}  // namespace slo::ngx
