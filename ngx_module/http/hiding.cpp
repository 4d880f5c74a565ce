// SPDX-License-Identifier: BSD-2-Clause
// Rewrites what nginx would log of a request: its line, URI, arguments and Referer.
#include "ngx_module/http/hiding.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <new>
#include <string>

#include "core/text/uri.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/http/error_line.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

using R = ngx_http_request_t;

// Variables that were evaluated before keep their values.
bool tells_of_request(std::string_view variable) {
  static constexpr std::array<std::string_view, 7> names{
      "request", "request_uri", "uri", "document_uri", "args", "query_string", "http_referer"};
  return std::ranges::find(names, variable) != names.end() || variable.starts_with("arg_");
}

void forget_values(R& r) {
  const auto* core =
      static_cast<ngx_http_core_main_conf_t*>(ngx_http_get_module_main_conf((&r), ngx_http_core_module));
  const auto* variables = static_cast<const ngx_http_variable_t*>(core->variables.elts);
  for (ngx_uint_t i = 0; i < core->variables.nelts; ++i) {
    if (!tells_of_request(view(variables[i].name))) continue;
    r.variables[i].valid = 0;
    r.variables[i].not_found = 0;
  }
}

// The question page's own URL comes back as one. Subrequests share it with the main request.
void cut_referer(R& r) {
  if (auto* referer = r.headers_in.referer; referer != nullptr) {
    referer->value.len = without_query(view(referer->value)).size();
  }
}

// A mirror is asked with the query of the request that is mirrored: that one's own secret then.
bool has_query_of_main(const R& r) {
  return r.args.len > 0 && (r.args.data == r.main->args.data || view(r.args) == view(r.main->args));
}

// The line and the Referer, which error log lines show.
void hide_line(R& r, std::string_view shown) {
  std::string line(view(r.method_name));
  line.append(" ").append(shown).append(" ").append(view(r.http_protocol));
  r.request_line = to_ngx(r.pool, line);
  if (&r == r.main) cut_referer(r);
  forget_values(r);
}

// What may be shown is left in the request's pool, where internal redirects do not clear it.
void mark(void*) noexcept {}

const ngx_str_t* find_mark(const R& r) noexcept {
  for (const auto* slot = r.main->pool->cleanup; slot != nullptr; slot = slot->next) {
    if (slot->handler == mark) return static_cast<const ngx_str_t*>(slot->data);
  }
  return nullptr;
}

void set_mark(R& r, std::string_view shown) {
  if (find_mark(r) != nullptr) return;
  ngx_pool_cleanup_t* slot = ngx_pool_cleanup_add(r.main->pool, sizeof(ngx_str_t));
  if (slot == nullptr) throw std::bad_alloc();
  *static_cast<ngx_str_t*>(slot->data) = to_ngx(r.main->pool, shown);
  slot->handler = mark;
}

bool is_secret(const R& r) noexcept { return loc_conf(r).hides != Hides::nothing; }

// How nginx ends an error log line of this request, kept in its pool as the mark is.
void keep_log_handler(void*) noexcept {}

LogHandler* find_log_handler(const R& main) noexcept {
  for (auto* slot = main.pool->cleanup; slot != nullptr; slot = slot->next) {
    if (slot->handler == keep_log_handler) return static_cast<LogHandler*>(slot->data);
  }
  return nullptr;
}

// Only while the line is written: the request that is shown is another location's, which may need what it
// has. The arguments are those of a LogHandler.
template <class... Arguments>
u_char* log_without_queries(Arguments... arguments) noexcept {
  const auto [main, r] = error_line(arguments...);
  const LogHandler log = *find_log_handler(*main);
  if (find_mark(*main) == nullptr && (r == main || !is_secret(*r))) return log(arguments...);
  const ngx_str_t line = main->request_line;
  auto* const referer = main->headers_in.referer;
  const std::size_t whole_referer = referer == nullptr ? 0 : referer->value.len;
  auto* const upstream = r->upstream;
  main->request_line.len = without_query(view(line)).size();
  cut_referer(*main);
  if (is_secret(*r)) r->upstream = nullptr;  // whom another location asked before error_page or post_action
  u_char* const end = log(arguments...);
  r->upstream = upstream;
  main->request_line = line;
  if (referer != nullptr) referer->value.len = whole_referer;
  return end;
}

void hide_in_lines(R& main) {
  if (find_log_handler(main) != nullptr) return;
  ngx_pool_cleanup_t* slot = ngx_pool_cleanup_add(main.pool, sizeof(LogHandler));
  if (slot == nullptr) throw std::bad_alloc();
  *static_cast<LogHandler*>(slot->data) = main.log_handler;
  slot->handler = keep_log_handler;
  main.log_handler = log_without_queries;
}

ngx_int_t before_rewriting(R& r) {
  if (!is_secret(r)) return NGX_DECLINED;
  if (&r == r.main) {
    set_mark(r, shown_of(r));
    hide_line(r, shown_of(r));
    if (r.upstream != nullptr) hide_in_lines(r);
    return NGX_DECLINED;
  }
  hide_in_lines(*r.main);
  if (has_query_of_main(r)) set_mark(r, without_query(view(r.main->unparsed_uri)));
  return NGX_DECLINED;
}

// Nobody can be turned away any more: what cannot be hidden for want of memory is not shown at all.
void show_nothing(R& r) noexcept {
  r.request_line = r.unparsed_uri = r.uri = r.args = {};
  if (r.headers_in.referer != nullptr) r.headers_in.referer->value = {};
}

ngx_int_t before_logging(R* r) noexcept {
  const ngx_str_t* shown = find_mark(*r);
  if (shown == nullptr && !is_secret(*r)) return NGX_OK;
  const bool hidden = guarded(r->connection->log, false, [&] {
    if (shown != nullptr) cut_referer(*r);
    hide_request(*r, shown != nullptr ? view(*shown) : shown_of(*r));
    return true;
  });
  if (!hidden) show_nothing(*r);
  return NGX_OK;
}

ngx_array_t& handlers_of(ngx_conf_t* cf, ngx_http_phases phase) {
  return static_cast<ngx_http_core_main_conf_t*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module))
      ->phases[phase]
      .handlers;
}

}  // namespace

std::string_view shown_of(const R& r) noexcept {
  if (loc_conf(r).hides == Hides::path) {
    const auto* core = static_cast<const ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf((&r), ngx_http_core_module));
    return view(core->name);
  }
  return without_query(view(&r == r.main ? r.unparsed_uri : r.uri));
}

void hide_request(R& r, std::string_view shown) {
  const ngx_str_t uri = to_ngx(r.pool, shown);
  if (&r == r.main || find_mark(r) != nullptr) {  // a subrequest's line and raw URI are the main request's
    hide_line(r, shown);
    r.unparsed_uri = uri;
  }
  r.uri = uri;
  r.args = {};
}

// The last handler of the rewrite phase is called first, before ngx_http_rewrite_module's; the log phase goes
// from the first to the last.
ngx_int_t install_hiding(ngx_conf_t* cf) {
  if (!main_conf(cf).store) return NGX_OK;
  auto* rewriting =
      static_cast<ngx_http_handler_pt*>(ngx_array_push(&handlers_of(cf, NGX_HTTP_REWRITE_PHASE)));
  auto& logging = handlers_of(cf, NGX_HTTP_LOG_PHASE);
  if (rewriting == nullptr || ngx_array_push(&logging) == nullptr) return NGX_ERROR;
  *rewriting = entry<before_rewriting>;
  auto* first = static_cast<ngx_http_handler_pt*>(logging.elts);
  std::copy_backward(first, first + logging.nelts - 1, first + logging.nelts);
  *first = before_logging;
  return NGX_OK;
}

}  // namespace slo::ngx
