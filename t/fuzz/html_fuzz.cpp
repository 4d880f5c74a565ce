// SPDX-License-Identifier: BSD-2-Clause
// Escaped text has no markup and says what it said before; no page's skeleton depends on what others wrote
// into it.
#include "core/text/html.h"

#include <array>

#include "core/op/confirmation.h"
#include "core/op/logout_page.h"
#include "core/text/form.h"
#include "t/fuzz/fuzz.h"

namespace slo::fuzz {
namespace {

constexpr std::array<std::pair<std::string_view, char>, 5> references{
    {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}}};
constexpr std::string_view replacement = "\uFFFD";

std::string unescaped(std::string_view html) {
  std::string text;
  while (!html.empty()) {
    std::size_t width = 1;
    char meant = html.front();
    if (meant == '&') {
      width = 0;
      for (const auto& [reference, c] : references) {
        if (html.starts_with(reference)) width = reference.size(), meant = c;
      }
      promise(width != 0, "an ampersand begins one of five references");
    }
    text += meant;
    html.remove_prefix(width);
  }
  return text;
}

void escape_and_unescape(std::string_view text) {
  const auto html = escape_html(text);
  promise(!holds_any(html, "<>\"'"), "escaped text holds no markup");
  std::string expected;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      expected += replacement;
      continue;
    }
    expected += c;
  }
  promise(unescaped(html) == expected, "escaped text means what the text means");
}

// Tags and names of attributes in their order; texts and values are left out.
std::string skeleton(std::string_view html) {
  std::string bones;
  bool in_tag = false;
  bool in_value = false;
  for (const char c : html) {
    if (in_value) {
      in_value = c != '"';
    } else if (in_tag && c == '"') {
      in_value = true;
    } else if (in_tag || c == '<') {
      in_tag = c != '>';
      bones += c;
    }
  }
  promise(!in_value && !in_tag, "a page closes its tags and values");
  return bones;
}

// "x" in place of a text, so that both are empty or neither is.
std::string plain(std::string_view text) { return text.empty() ? "" : "x"; }

const Provider& provider_with(const std::string& name, const std::string& frame_query) {
  static Provider provider = a_provider();
  auto& front = client_of(provider, "app-b");
  front.name = name;
  front.frontchannel_logout_uri = "https://app-b.example.com/out?" + frame_query;
  client_of(provider, "app-a").name = name;
  return provider;
}

Page page_of(std::size_t which, const std::string& name, const std::string& query, const std::string& state,
             const std::string& self) {
  const Provider& provider = provider_with(name, query);
  const PostLogout post_logout{.uri = "https://app-a.example.com/out", .state = state};
  switch (which) {
    case 0:
      return question_page(provider,
                           {.nonce = "n",
                            .expires = login_time,
                            .session = SessionKey{"s"},
                            .client = ClientId{"app-a"},
                            .post_logout = post_logout},
                           "/" + self, {}, a_moment());
    case 1:
      return refusal_page({Fault::client_unknown, name}, false, "/" + self);
    case 2: {
      Session session = a_session();
      session.key.value = "s" + name;
      return logout_page(provider, session, post_logout,
                         {.told = {{ClientId{"app-a"}, Told::State::refused}}}, a_moment());
    }
    default:
      return logout_page(provider, a_session(), {.refused = Refusal{Fault::redirect_not_registered, name}},
                         {.one_client = true}, a_moment());
  }
}

void keep_the_skeleton(Input& input) {
  const auto which = input.below(4);
  const auto name = input.text(), query = input.text(), state = input.text(), self = input.text();
  const bool is_path_of_others = self.starts_with('/') || self.starts_with('\\');
  const Page page = page_of(which, name, encode_component(query), state, is_path_of_others ? "x" : self);
  const Page harmless = page_of(which, plain(name), plain(query), plain(state), plain(self));
  promise(page.status == harmless.status, "texts do not change a page's status");
  promise(skeleton(page.body) == skeleton(harmless.body), "texts do not change a page's skeleton");
  for (const auto& header : page.headers) {
    promise(!holds_any(header.value, std::string_view("\r\n\0", 3)), "no header is split");
  }
}

}  // namespace
}  // namespace slo::fuzz

FUZZ(input) {
  if (input.flag()) return slo::fuzz::keep_the_skeleton(input);
  slo::fuzz::escape_and_unescape(input.rest());
}
