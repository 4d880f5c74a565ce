// SPDX-License-Identifier: BSD-2-Clause
// Writes the frame of our pages: document, style and headers.
#include "core/pages/page_frame.h"

#include <utility>

#include "core/pages/page_style.h"
#include "core/text/csp.h"
#include "core/text/html.h"
#include "core/text/uri.h"

namespace slo {
namespace {

std::string content_security_policy(const FrameContent& content) {
  static const std::string style = csp_source_of(page_style);
  const std::string more = content.more_style.empty() ? "" : ' ' + csp_source_of(content.more_style);
  return "default-src 'none'; style-src " + style + more + "; " + content.sources +
         "base-uri 'none'; frame-ancestors 'none'";
}

std::string document(const FrameContent& content) {
  const std::string heading = escape_html(content.heading);
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta name=\"robots\" content=\"noindex\">\n<title>";
  html.append(heading).append("</title>\n<style>").append(page_style).append("</style>\n");
  if (!content.more_style.empty()) html.append("<style>").append(content.more_style).append("</style>\n");
  html.append(content.head);
  html.append("</head>\n<body>\n<main>\n");
  if (!content.place.empty())
    html.append("<p class=\"place\">").append(escape_html(content.place)).append("</p>\n");
  html.append("<h1>").append(heading).append("</h1>\n").append(content.body);
  return html.append("</main>\n</body>\n</html>\n");
}

}  // namespace

Page framed_page(const FrameContent& content) {
  return {.status = content.status,
          .content_type = "text/html; charset=utf-8",
          .headers = {{"Cache-Control", "no-store"},
                      {"Referrer-Policy", std::string(content.referrer)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"X-Frame-Options", "DENY"},
                      {"Content-Security-Policy", content_security_policy(content)}},
          .body = document(content)};
}

Page see_other(std::string location) {
  return {.status = 303,
          .content_type = {},
          .headers = {{"Cache-Control", "no-store"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Location", std::move(location)}},
          .body = {}};
}

std::string paragraph(std::string_view text) { return "<p>" + escape_html(text) + "</p>\n"; }

std::string link_button(std::string_view text, std::string_view uri, std::string_view id) {
  std::string html = "<p class=\"ways\"><a class=\"button\"";
  if (!id.empty()) html.append(" id=\"").append(escape_html(id)).append("\"");
  html.append(" href=\"").append(escape_html(uri)).append("\">");
  return html.append(escape_html(text)).append("</a></p>\n");
}

std::string relative_link(std::string_view self) {
  if (!is_local_path(self)) return {};
  return "./" + std::string(self.substr(self.rfind('/') + 1));
}

bool is_local_path(std::string_view path) {
  return path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\");
}

std::string place_of(const Provider& provider) {
  const auto issuer = read_uri(provider.issuer.value);
  return issuer ? issuer->host : std::string{};
}

}  // namespace slo
