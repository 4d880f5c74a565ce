// SPDX-License-Identifier: BSD-2-Clause
// Takes headers out of a request. nginx points into its list of them, so none of them may move.
#include "ngx_module/op/unconditional.h"

#include <algorithm>
#include <array>
#include <new>
#include <span>
#include <string_view>
#include <vector>

#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

using Run = std::span<ngx_table_elt_t>;

constexpr std::string_view if_none_match = "if-none-match";
constexpr std::array<std::string_view, 7> hidden{if_none_match,         "if-modified-since", "if-match",
                                                 "if-unmodified-since", "if-range",          "range",
                                                 "accept-encoding"};

std::string_view name_of_header(const ngx_table_elt_t& header) {
  return {reinterpret_cast<const char*>(header.lowcase_key), header.key.len};
}

bool is_hidden(const ngx_table_elt_t& header) {
  return std::ranges::find(hidden, name_of_header(header)) != hidden.end();
}

std::vector<Run> parts_of(const ngx_list_t& list) {
  std::vector<Run> parts;
  for (const ngx_list_part_t* part = &list.part; part != nullptr; part = part->next) {
    parts.emplace_back(static_cast<ngx_table_elt_t*>(part->elts), part->nelts);
  }
  return parts;
}

// What stays, in runs of neighbours.
std::vector<Run> kept_of(const std::vector<Run>& parts) {
  std::vector<Run> kept;
  for (const Run part : parts) {
    auto from = part.begin();
    while (from != part.end()) {
      const auto to = std::find_if(from, part.end(), is_hidden);
      if (from != to) kept.emplace_back(from, to);
      from = to == part.end() ? to : to + 1;
    }
  }
  return kept;
}

// A list's last part is taken to be full, so that who adds to it begins another one; only its first may be
// empty.
void make_list(ngx_list_t& list, ngx_pool_t* pool, const std::vector<Run>& runs) {
  if (runs.empty()) {
    if (ngx_list_init(&list, pool, 4, sizeof(ngx_table_elt_t)) != NGX_OK) throw std::bad_alloc();
    return;
  }
  ngx_list_part_t* last = nullptr;
  for (const Run run : runs) {
    ngx_list_part_t* part = &list.part;
    if (last != nullptr) {
      part = last->next = static_cast<ngx_list_part_t*>(ngx_palloc(pool, sizeof(ngx_list_part_t)));
      if (part == nullptr) throw std::bad_alloc();
    }
    *part = {run.data(), run.size(), nullptr};
    last = part;
  }
  list.last = last;
  list.nalloc = runs.back().size();
}

}  // namespace

std::string ask_for_all(ngx_http_request_t& r) {
  auto& in = r.headers_in;
  const auto parts = parts_of(in.headers);
  std::string known;
  bool is_any = false;
  for (const Run part : parts) {
    for (const ngx_table_elt_t& header : part) {
      is_any = is_any || is_hidden(header);
      if (name_of_header(header) == if_none_match) {
        known += (known.empty() ? "" : ", ") + std::string(view(header.value));
      }
    }
  }
  if (is_any) make_list(in.headers, r.pool, kept_of(parts));
  in.if_none_match = in.if_modified_since = in.if_match = in.if_unmodified_since = nullptr;
  in.if_range = in.range = nullptr;
  return known;
}

}  // namespace slo::ngx
