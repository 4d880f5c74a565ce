// SPDX-License-Identifier: BSD-2-Clause
// The way of an application's logout call through its own server: like a user's request, but not judged.
#include "ngx_module/delivery/own_location.h"

#include <algorithm>

#include "ngx_module/delivery/call_request.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

constexpr unsigned max_rewrites = 10;

// What applications, and what they write into their logs, take for an address.
u_char loopback[] = "127.0.0.1";
u_char https[] = "https";
u_char on[] = "on";

ngx_str_t lent_text(std::string& text) { return {text.size(), reinterpret_cast<u_char*>(text.data())}; }

const ngx_http_core_main_conf_t& core_of(const ngx_http_request_t& r) noexcept {
  return *static_cast<ngx_http_core_main_conf_t*>(ngx_http_get_module_main_conf((&r), ngx_http_core_module));
}

ngx_uint_t number_of(const ngx_str_t& method) noexcept {
  return view(method) == "POST" ? NGX_HTTP_POST : NGX_HTTP_GET;
}

// A variable of nginx's own that is read once for a request.
void preset(ngx_http_request_t& request, std::string_view name, u_char* text, unsigned size) noexcept {
  const auto& variables = core_of(request).variables;
  const auto* known = static_cast<const ngx_http_variable_t*>(variables.elts);
  for (ngx_uint_t i = 0; i < variables.nelts; ++i) {
    if (view(known[i].name) != name || (known[i].flags & NGX_HTTP_VAR_NOCACHEABLE) != 0) continue;
    auto& value = request.variables[i];
    value.len = size & 0xFFFFFFF;
    value.data = text;
    value.valid = 1;
    value.no_cacheable = value.not_found = 0;
  }
}

// nginx's own readers of headers: what they keep differs from version to version.
bool note_headers(ngx_http_request_t& request) {
  auto& headers = request.headers_in;
  for (ngx_list_part_t* part = &headers.headers.part; part != nullptr; part = part->next) {
    auto* rows = static_cast<ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      ngx_table_elt_t& row = rows[i];
      if (&row == headers.content_type) continue;
      const auto* known = static_cast<const ngx_http_header_t*>(
          ngx_hash_find(const_cast<ngx_hash_t*>(&core_of(request).headers_in_hash), row.hash, row.lowcase_key,
                        row.key.len));
      if (known != nullptr && known->handler(&request, &row, known->offset) != NGX_OK) return false;
    }
  }
  return true;
}

// Its own rewrite rules, of the server or of the location. False: they have answered.
bool obey_rewrites_at(ngx_http_request_t& call, const DeliveryLocation& server, ngx_uint_t phase) {
  if (server.rewrite == nullptr) return true;
  call.phase_handler = static_cast<ngx_int_t>(phase);  // by which the handler knows whose rules are meant
  const ngx_int_t rc = server.rewrite(&call);
  if (rc != NGX_DECLINED) ngx_http_finalize_request(&call, rc);
  return rc == NGX_DECLINED;
}

ngx_int_t content_phase(const ngx_http_request_t& call) noexcept {
  ngx_int_t index = 0;
  for (const auto* row = core_of(call).phase_engine.handlers;
       row->checker != nullptr && row->checker != ngx_http_core_content_phase; ++row)
    ++index;
  return index;
}

void answer(ngx_http_request_t& call, const DeliveryLocation& server) {
  call.method = method_without_cache;  // behind the redirect of a try_files as well
  for (auto* const handler : server.try_files) {
    const ngx_int_t rc = handler(&call);
    if (rc == NGX_DONE || rc == NGX_AGAIN) return;
    if (rc != NGX_DECLINED) return ngx_http_finalize_request(&call, rc);
  }
  if (std::ranges::find(server.caching, call.content_handler) == server.caching.end())
    call.method = number_of(call.method_name);
  call.phase_handler = content_phase(call);
  call.write_event_handler = ngx_http_core_run_phases;
  ngx_http_core_run_phases(&call);
}

}  // namespace

bool split_target(ngx_http_request_t& parent, Call& call, ngx_str_t& path, ngx_str_t& query) {
  path = to_ngx(parent.pool, call.target);
  ngx_uint_t flags = NGX_HTTP_LOG_UNSAFE;
  return ngx_http_parse_unsafe_uri(&parent, &path, &query, &flags) == NGX_OK;
}

bool complete_own_request(ngx_http_request_t& request, Call& call, const DeliveryLocation& server) {
  request.uri_changes = NGX_HTTP_MAX_URI_CHANGES + 1;
  request.unparsed_uri = request.main->unparsed_uri = lent_text(call.target);
  request.connection->addr_text = {sizeof(loopback) - 1, loopback};
  if (!note_headers(request)) return false;
  ngx_str_t name = ngx_string("Host");
  request.headers_in.host = add_request_header(request, name, lent_text(call.host));
  request.headers_in.server = lent_text(call.host);
  if (server.is_tls) {
    preset(request, "scheme", https, sizeof(https) - 1);
    preset(request, "https", on, sizeof(on) - 1);
  }
  return request.headers_in.host != nullptr;
}

void run_own_location(ngx_http_request_t& call, const DeliveryLocation& server) {
  const auto& phases = core_of(call).phase_engine;
  call.valid_location = 1;
  if (!obey_rewrites_at(call, server, phases.server_rewrite_index)) return;
  for (unsigned i = 0; i < max_rewrites; ++i) {
    call.loc_conf = server.ctx->loc_conf;  // where it begins to look
    // Where a slash is missing it answers itself.
    if (ngx_http_core_find_config_phase(&call, nullptr) != NGX_AGAIN) return;
    if (!obey_rewrites_at(call, server, phases.location_rewrite_index)) return;
    if (call.uri_changed == 0) return answer(call, server);
  }
  ngx_http_finalize_request(&call, NGX_HTTP_INTERNAL_SERVER_ERROR);
}

// What is counted down to nought is an error to nginx, of a subrequest that has answered already.
void stay_where_it_is(ngx_http_request_t& call) noexcept { call.uri_changes = 1; }

}  // namespace slo::ngx
