// SPDX-License-Identifier: BSD-2-Clause
// A header filter behind all others that set headers: a module of its own, for its place in the chain.
#include "ngx_module/http/our_headers.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "ngx_module/config/conf.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {
namespace our_headers {  // names of this file alone, in unity builds too

struct Said {
  ngx_table_elt_t* header = nullptr;
  ngx_str_t value{};
};
using AllSaid = std::vector<Said>;

ngx_http_output_header_filter_pt next_filter;

AllSaid* said_in(ngx_http_request_t& r) noexcept {
  return static_cast<AllSaid*>(ngx_http_get_module_ctx((&r), ngx_http_slo_headers_module));
}

bool is_named(const ngx_table_elt_t& header, std::string_view name) {
  return header.key.len == name.size() &&
         ngx_strncasecmp(header.key.data, reinterpret_cast<u_char*>(const_cast<char*>(name.data())),
                         name.size()) == 0;
}

// `Expires` is the older word for Cache-Control, X-Frame-Options for what a policy of ours says of frames.
bool contradicts(const ngx_table_elt_t& other, const Said& said) {
  if (other.hash == 0 || &other == said.header) return false;
  return is_named(other, view(said.header->key)) ||
         (is_named(*said.header, "Cache-Control") && is_named(other, "Expires")) ||
         (is_named(*said.header, "Content-Security-Policy") && is_named(other, "X-Frame-Options"));
}

void drop_contradictions(ngx_http_request_t& r, const AllSaid& all) {
  for (ngx_list_part_t* part = &r.headers_out.headers.part; part != nullptr; part = part->next) {
    auto* headers = static_cast<ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      const auto contradicted = [&](const Said& said) { return contradicts(headers[i], said); };
      if (std::ranges::any_of(all, contradicted)) headers[i].hash = 0;
    }
  }
}

ngx_int_t filter(ngx_http_request_t* r) noexcept {
  if (const auto* all = said_in(*r); all != nullptr && r == r->main) {
    drop_contradictions(*r, *all);
    for (const Said& said : *all) {  // may have been changed in its place
      said.header->value = said.value;
      said.header->hash = 1;
    }
  }
  return next_filter(r);
}

ngx_int_t install(ngx_conf_t* cf) noexcept {
  if (main_conf(cf).providers.empty()) return NGX_OK;
  next_filter = ngx_http_top_header_filter;
  ngx_http_top_header_filter = filter;
  return NGX_OK;
}

ngx_http_module_t context = {nullptr, install, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr};

}  // namespace our_headers
}  // namespace

void insist_on(ngx_http_request_t& r, ngx_table_elt_t& header) {
  if (our_headers::is_named(header, "Set-Cookie")) return;
  auto* all = our_headers::said_in(r);
  if (all == nullptr) {
    all = &pool_new<our_headers::AllSaid>(r.pool);
    ngx_http_set_ctx((&r), all, ngx_http_slo_headers_module);
  }
  all->push_back({.header = &header, .value = header.value});
}

}  // namespace slo::ngx

extern "C" {
ngx_module_t ngx_http_slo_headers_module = {
    NGX_MODULE_V1, &slo::ngx::our_headers::context,
    nullptr,       NGX_HTTP_MODULE,
    nullptr,       nullptr,
    nullptr,       nullptr,
    nullptr,       nullptr,
    nullptr,       NGX_MODULE_V1_PADDING,
};
}
