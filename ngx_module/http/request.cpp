// SPDX-License-Identifier: BSD-2-Clause
// Copies what core needs out of an nginx request; decides nothing.
#include "ngx_module/http/request.h"

#include <algorithm>

#include "core/text/cookie.h"
#include "core/text/words.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

template <class Visitor>
void each_header(const ngx_http_request_t& r, Visitor&& ctx) {
  for (const ngx_list_part_t* part = &r.headers_in.headers.part; part != nullptr; part = part->next) {
    const auto* headers = static_cast<const ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) ctx(headers[i]);
  }
}

bool named(const ngx_table_elt_t& header, std::string_view name) {
  return header.lowcase_key != nullptr && header.key.len == name.size() &&
         std::string_view(reinterpret_cast<const char*>(header.lowcase_key), header.key.len) == name;
}

}  // namespace

std::string_view find_header(const ngx_http_request_t& r, std::string_view name) {
  std::string_view found;
  each_header(r, [&](const ngx_table_elt_t& header) {
    if (found.data() == nullptr && named(header, name)) found = view(header.value);
  });
  return found;
}

std::vector<std::string> find_request_cookies(const ngx_http_request_t& r, std::string_view name,
                                              CookieName match) {
  std::vector<std::string> found;
  each_header(r, [&](const ngx_table_elt_t& header) {
    if (!named(header, "cookie")) return;
    for (const auto value : find_cookies(view(header.value), name, match)) found.emplace_back(value);
  });
  return found;
}

std::vector<std::string_view> cookie_headers(const ngx_http_request_t& r) {
  std::vector<std::string_view> values;
  each_header(r, [&](const ngx_table_elt_t& header) {
    if (named(header, "cookie")) values.push_back(view(header.value));
  });
  return values;
}

std::vector<std::string_view> answer_headers(const ngx_http_request_t& r, std::string_view name) {
  std::vector<std::string_view> values;
  for (const ngx_list_part_t* part = &r.headers_out.headers.part; part != nullptr; part = part->next) {
    const auto* headers = static_cast<const ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      const bool is_it =
          headers[i].hash != 0 && headers[i].key.len == name.size() &&
          ngx_strncasecmp(headers[i].key.data, reinterpret_cast<u_char*>(const_cast<char*>(name.data())),
                          name.size()) == 0;
      if (is_it) values.push_back(view(headers[i].value));
    }
  }
  return values;
}

bool is_form(const ngx_http_request_t& r) {
  return is_same_word(media_type_of(find_header(r, "content-type")), "application/x-www-form-urlencoded");
}

bool prefers_json(const ngx_http_request_t& r) {
  const std::string_view accept = find_header(r, "accept");
  return accept.find("application/json") != std::string_view::npos &&
         accept.find("text/html") == std::string_view::npos;
}

std::string_view query_of(const ngx_http_request_t& r) { return view(r.args); }

std::string_view raw_path(const ngx_http_request_t& r) {
  const std::string_view uri = view(r.unparsed_uri);
  return uri.substr(0, uri.find('?'));
}

Refusal for_log(const ngx_http_request_t& r, const Refusal& refusal) {
  constexpr std::size_t longest = 20;
  if (refusal.fault != Fault::method_not_allowed || refusal.detail.empty()) return refusal;
  std::string allowed = refusal.detail;
  if (const std::size_t comma = allowed.rfind(", "); comma != std::string::npos)
    allowed.replace(comma, 2, " or ");
  return Refusal{refusal.fault,
                 std::string(view(r.method_name).substr(0, longest)) + ", where " + allowed + " is needed"};
}

}  // namespace slo::ngx
