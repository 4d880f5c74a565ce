// SPDX-License-Identifier: BSD-2-Clause
// The frame of every page that we show: one look, light and dark, and one set of protective headers.
//
// Nothing is loaded from elsewhere and no style attribute is used, so that the policy can forbid both. Style
// is allowed by its hash, for not every page has random bytes for a nonce.
#pragma once

#include <string>
#include <string_view>

#include "core/page.h"
#include "core/provider/provider.h"

namespace slo {

struct FrameContent {
  int status = 200;
  std::string place{};            // plain text above the heading: whose page this is
  std::string heading{};          // plain text, also the title
  std::string body{};             // HTML
  std::string head{};             // HTML: a script, a refresh
  std::string sources{};          // more of the content security policy: `script-src …; frame-src …; `
  std::string_view more_style{};  // behind the style sheet of all
  std::string_view referrer = "no-referrer";
};

// No form-action: browsers enforce it on the redirect that follows a form as well, and would keep the user
// from going back to the application after his yes.
Page framed_page(const FrameContent& content);

// 303: a browser that posted must not post again to where it is sent (307 would).
Page see_other(std::string location);

// `<p>` with escaped text.
std::string paragraph(std::string_view text);
// A link that looks like a button, to be followed by people. `id` may be empty.
std::string link_button(std::string_view text, std::string_view uri, std::string_view id = {});

// Does it lead to our own host and nowhere else? What a browser sent may begin with `//` and name another
// one.
bool is_local_path(std::string_view path);

// From a page at the path `self` to that page, whatever a proxy in front of us has cut off the path's
// beginning. Empty where `self` is no local path.
std::string relative_link(std::string_view self);

// The issuer's host, as people know it.
std::string place_of(const Provider& provider);

}  // namespace slo
