// SPDX-License-Identifier: BSD-2-Clause
// The hidden inputs of a page's forms: tags one after the other, whatever stands between them.
#include "core/text/hidden_inputs.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/text/words.h"

namespace slo {
namespace {

constexpr std::string_view html_blanks = " \t\r\n\f";

std::string_view cut_until(std::string_view& rest, std::string_view any_of) {
  const std::size_t size = std::min(rest.find_first_of(any_of), rest.size());
  const std::string_view cut = rest.substr(0, size);
  rest.remove_prefix(size);
  return cut;
}

void skip_all(std::string_view& rest, std::string_view any_of) {
  rest.remove_prefix(std::min(rest.find_first_not_of(any_of), rest.size()));
}

void skip_behind(std::string_view& rest, std::string_view what) {
  const std::size_t at = rest.find(what);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + what.size());
}

void append_utf8(std::string& text, std::uint32_t code) {
  const auto put = [&text](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) code = 0xFFFD;
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

// Behind `&`, without its semicolon.
std::optional<std::uint32_t> character_of(std::string_view name) {
  struct Row {
    std::string_view name;
    char character;
  };
  constexpr std::array<Row, 5> named{{{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
  for (const Row& row : named) {
    if (row.name == name) return static_cast<std::uint32_t>(row.character);
  }
  if (!name.starts_with('#')) return std::nullopt;
  name.remove_prefix(1);
  const bool is_hex = name.starts_with('x') || name.starts_with('X');
  if (is_hex) name.remove_prefix(1);
  std::uint32_t code = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), code, is_hex ? 16 : 10);
  if (name.empty() || end != name.data() + name.size()) return std::nullopt;
  return failed == std::errc{} ? code : 0xFFFD;
}

std::string decode_entities(std::string_view text) {
  constexpr std::size_t longest = 12;
  std::string decoded;
  while (!text.empty()) {
    decoded.append(cut_until(text, "&"));
    if (text.empty()) break;
    const std::size_t end = text.substr(0, longest).find(';');
    const auto code = end == std::string_view::npos ? std::nullopt : character_of(text.substr(1, end - 1));
    if (code) {
      append_utf8(decoded, *code);
    } else {
      decoded.push_back('&');
    }
    text.remove_prefix(code ? end + 1 : 1);
  }
  return decoded;
}

struct HtmlTag {
  std::string_view name{};  // as written; with the slash where it ends something
  std::string_view method{}, action{}, type{}, input{}, value{};
};

std::string_view cut_attribute_value(std::string_view& rest) {
  skip_all(rest, html_blanks);
  if (!rest.starts_with('"') && !rest.starts_with('\'')) return cut_until(rest, " \t\r\n\f>");
  const std::string_view quote = rest.substr(0, 1);
  rest.remove_prefix(1);
  const std::string_view value = cut_until(rest, quote);
  rest.remove_prefix(std::min<std::size_t>(1, rest.size()));
  return value;
}

// The first of two attributes of a name counts.
void keep_attribute(HtmlTag& tag, std::string_view name, std::string_view value) {
  constexpr std::array<std::pair<std::string_view, std::string_view HtmlTag::*>, 5> kept{
      {{"method", &HtmlTag::method},
       {"action", &HtmlTag::action},
       {"type", &HtmlTag::type},
       {"name", &HtmlTag::input},
       {"value", &HtmlTag::value}}};
  for (const auto& [known, member] : kept) {
    if (is_same_word(name, known) && (tag.*member).data() == nullptr) tag.*member = value;
  }
}

// `rest` begins with the tag's name.
HtmlTag take_tag(std::string_view& rest) {
  const std::size_t slash = rest.starts_with('/') ? 1 : 0;
  const std::size_t size = std::min(rest.find_first_of(" \t\r\n\f/>", slash), rest.size());
  HtmlTag tag{.name = rest.substr(0, size)};
  rest.remove_prefix(size);
  while (true) {
    skip_all(rest, " \t\r\n\f/");
    if (rest.empty() || rest.starts_with('>')) break;
    const std::size_t end = std::min(rest.find_first_of(" \t\r\n\f/>=", 1), rest.size());
    const std::string_view name = rest.substr(0, end);
    rest.remove_prefix(end);
    skip_all(rest, html_blanks);
    if (!rest.starts_with('=')) {
      keep_attribute(tag, name, name.substr(name.size()));
      continue;
    }
    rest.remove_prefix(1);
    keep_attribute(tag, name, cut_attribute_value(rest));
  }
  return tag;
}

// Of these a browser reads nothing but their end.
bool holds_raw_text(std::string_view name) {
  constexpr std::array<std::string_view, 8> raw{"script", "style",    "textarea", "title",
                                                "iframe", "noframes", "noembed",  "xmp"};
  return std::ranges::any_of(raw, [name](std::string_view word) { return is_same_word(name, word); });
}

void skip_raw_text(std::string_view& rest, std::string_view name) {
  while (!rest.empty()) {
    skip_behind(rest, "</");
    if (is_same_word(rest.substr(0, name.size()), name)) return;
  }
}

std::optional<HtmlTag> next_tag(std::string_view& rest) {
  while (true) {
    skip_behind(rest, "<");
    if (rest.empty()) return std::nullopt;
    const char c = lower_case(rest[rest.starts_with('/') && rest.size() > 1 ? 1 : 0]);
    if (rest.starts_with("!--")) {
      skip_behind(rest, "-->");
    } else if (c >= 'a' && c <= 'z') {
      const HtmlTag tag = take_tag(rest);
      if (holds_raw_text(tag.name)) skip_raw_text(rest, tag.name);
      return tag;
    }
  }
}

// A form that is being read.
struct OpenForm {
  PostedForm form{};
  bool is_open = false, is_post = false, is_ambiguous = false;

  void take(const HtmlTag& tag, std::span<const std::string_view> known) {
    if (!is_open || !is_same_word(tag.name, "input") || !is_same_word(tag.type, "hidden")) return;
    const std::string name = decode_entities(tag.input);
    if (std::ranges::find(known, name) == known.end()) return;
    if (!form.inputs.emplace(name, decode_entities(tag.value)).second) is_ambiguous = true;
  }
  void end(std::vector<PostedForm>& forms) {
    if (is_post && !is_ambiguous && !form.inputs.empty()) forms.push_back(std::move(form));
    *this = OpenForm{};
  }
};

}  // namespace

std::vector<PostedForm> hidden_inputs(std::string_view page, std::span<const std::string_view> known) {
  std::vector<PostedForm> forms;
  OpenForm open;
  while (const auto tag = next_tag(page)) {
    if (is_same_word(tag->name, "/form")) {
      open.end(forms);
    } else if (is_same_word(tag->name, "form") && !open.is_open) {
      open.is_open = true;
      open.is_post = is_same_word(tag->method, "post");
      open.form.action = decode_entities(tag->action);
    } else {
      open.take(*tag, known);
    }
  }
  open.end(forms);
  return forms;
}

}  // namespace slo
