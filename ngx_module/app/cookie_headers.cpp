// SPDX-License-Identifier: BSD-2-Clause
// Takes cookies out of a request's headers, in nginx's lists of them as in the variables that it remembers.
//
// A header that loses its last cookie leaves the list, but no other one moves: nginx points into it. What
// stands between two that leave becomes a part of the list of its own.
#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "ngx_module/app/cookies.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {
namespace stripping {  // names of this file alone, in unity builds too

using R = ngx_http_request_t;
using Header = ngx_table_elt_t;

struct Stripped {
  bool has_changed = false;
  std::vector<Header*> left{};  // empty, these headers go
};

Stripped strip_values(R& r, const Goes& goes) {
  Stripped stripped;
  for (ngx_list_part_t* part = &r.headers_in.headers.part; part != nullptr; part = part->next) {
    auto* headers = static_cast<Header*>(part->elts);
    for (Header& header : std::span(headers, part->nelts)) {
      if (!is_cookie_header(header)) continue;
      const std::string kept = without_cookies(view(header.value), goes);
      if (kept.size() == header.value.len) continue;
      stripped.has_changed = true;
      header.value = to_ngx(r.pool, kept);
      if (kept.empty()) stripped.left.push_back(&header);
    }
  }
  return stripped;
}

// A list whose parts are the runs of those headers that stay; none of them is empty but where none stays.
void take_out(R& r, const std::vector<Header*>& left) {
  ngx_list_t& list = r.headers_in.headers;
  std::vector<std::span<Header>> runs;
  for (const ngx_list_part_t* part = &list.part; part != nullptr; part = part->next) {
    auto* headers = static_cast<Header*>(part->elts);
    std::size_t first = 0;
    for (std::size_t i = 0; i <= part->nelts; ++i) {
      if (i < part->nelts && std::ranges::find(left, headers + i) == left.end()) continue;
      if (i > first) runs.emplace_back(headers + first, i - first);
      first = i + 1;
    }
  }
  std::vector<ngx_list_part_t*> parts{&list.part};
  for (std::size_t i = 1; i < runs.size(); ++i) {
    auto* part = static_cast<ngx_list_part_t*>(ngx_palloc(r.pool, sizeof(ngx_list_part_t)));
    if (part == nullptr) throw std::bad_alloc();
    parts.push_back(part);
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    *parts[i] = {.elts = runs[i].data(),
                 .nelts = runs[i].size(),
                 .next = i + 1 < parts.size() ? parts[i + 1] : nullptr};
  }
  if (runs.empty()) list.part = {.elts = list.part.elts, .nelts = 0, .next = nullptr};
  list.last = parts.back();
  if (!runs.empty()) list.nalloc = runs.back().size();  // it is full: what comes next gets a part of its own
}

// Those that are left, as nginx knows them besides.
void forget_headers(R& r, const std::vector<Header*>& left) {
  const auto has_left = [&left](const Header* header) {
    return std::ranges::find(left, header) != left.end();
  };
#if nginx_version >= 1023000
  for (Header** link = &r.headers_in.cookie; *link != nullptr;) {
    if (has_left(*link)) {
      *link = (*link)->next;
    } else {
      link = &(*link)->next;
    }
  }
#else
  ngx_array_t& cookies = r.headers_in.cookies;
  const std::span<Header*> all(static_cast<Header**>(cookies.elts), cookies.nelts);
  cookies.nelts = static_cast<ngx_uint_t>(std::remove_if(all.begin(), all.end(), has_left) - all.begin());
#endif
}

// They are made anew when they are asked for.
void forget_variables(R& r) {
  if (r.variables == nullptr) return;
  const auto& core =
      *static_cast<ngx_http_core_main_conf_t*>(ngx_http_get_module_main_conf((&r), ngx_http_core_module));
  const std::span<const ngx_http_variable_t> all(static_cast<ngx_http_variable_t*>(core.variables.elts),
                                                 core.variables.nelts);
  for (const auto& variable : all) {
    const std::string_view name = view(variable.name);
    if (name != "http_cookie" && !name.starts_with("cookie_")) continue;
    r.variables[variable.index].valid = 0;
    r.variables[variable.index].not_found = 0;
  }
}

}  // namespace stripping
}  // namespace

bool is_cookie_header(const ngx_table_elt_t& header) noexcept {
  return header.lowcase_key != nullptr && header.key.len == 6 &&
         std::string_view(reinterpret_cast<const char*>(header.lowcase_key), 6) == "cookie";
}

void strip_cookies(ngx_http_request_t& r, const Goes& goes) {
  const stripping::Stripped stripped = stripping::strip_values(r, goes);
  if (!stripped.has_changed) return;
  if (!stripped.left.empty()) {
    stripping::take_out(r, stripped.left);
    stripping::forget_headers(r, stripped.left);
  }
  stripping::forget_variables(r);
}

}  // namespace slo::ngx
