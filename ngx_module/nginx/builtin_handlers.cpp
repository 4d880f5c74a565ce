// SPDX-License-Identifier: BSD-2-Clause
// Handlers of nginx's own modules, which have no name for others: found where they stand, or by what they do.
#include "ngx_module/nginx/builtin_handlers.h"

#include <algorithm>
#include <array>

#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

const ngx_array_t& handlers_of_phase(ngx_conf_t* cf, ngx_uint_t phase) {
  const auto& core =
      *static_cast<ngx_http_core_main_conf_t*>(ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module));
  return core.phases[phase].handlers;
}

constexpr std::array caching_answerers{Answerer{"ngx_http_proxy_module", "proxy_pass", "http://$host"},
                                       Answerer{"ngx_http_fastcgi_module", "fastcgi_pass", "$host"},
                                       Answerer{"ngx_http_uwsgi_module", "uwsgi_pass", "$host"},
                                       Answerer{"ngx_http_scgi_module", "scgi_pass", "$host"}};

}  // namespace

const ngx_module_t* find_module(ngx_conf_t* cf, std::string_view name) {
  for (ngx_module_t** module = cf->cycle->modules; *module != nullptr; ++module) {
    if (name == (*module)->name) return *module;
  }
  return nullptr;
}

// The directive is run in a location of nobody's.
ngx_http_handler_pt handler_of(ngx_conf_t* cf, const Answerer& answerer) {
  const ngx_module_t* module = find_module(cf, answerer.module);
  if (module == nullptr || module->type != NGX_HTTP_MODULE) return nullptr;
  ngx_conf_t nowhere = *cf;
  ngx_http_conf_ctx_t ctx = *static_cast<ngx_http_conf_ctx_t*>(cf->ctx);
  std::vector<void*> kept(ctx.loc_conf, ctx.loc_conf + ngx_http_max_module);
  ngx_http_core_loc_conf_t location{};
  location.name = to_ngx(cf->pool, "nowhere");  // some look at its last letter
  kept[ngx_http_core_module.ctx_index] = &location;
  ctx.loc_conf = kept.data();
  nowhere.ctx = &ctx;
  void*& own = kept[module->ctx_index];
  if (auto* const create = static_cast<ngx_http_module_t*>(module->ctx)->create_loc_conf; create != nullptr) {
    own = create(&nowhere);
    if (own == nullptr) return nullptr;
  }
  std::array<ngx_str_t, 2> words{to_ngx(cf->pool, answerer.directive), to_ngx(cf->pool, answerer.value)};
  ngx_array_t args{
      .elts = words.data(), .nelts = 2, .size = sizeof(ngx_str_t), .nalloc = 2, .pool = cf->pool};
  nowhere.args = &args;
  for (ngx_command_t* command = module->commands; command->name.len > 0; ++command) {
    if (view(command->name) == answerer.directive) command->set(&nowhere, command, own);
  }
  return location.handler;
}

// By its place: the first in both rewrite phases. Modules of
// others come after nginx's own, and into one of these phases only, or with different handlers.
ngx_http_handler_pt find_rewrite(ngx_conf_t* cf) {
  if (find_module(cf, "ngx_http_rewrite_module") == nullptr) return nullptr;
  auto first = [cf](ngx_uint_t phase) -> ngx_http_handler_pt {
    const ngx_array_t& handlers = handlers_of_phase(cf, phase);
    return handlers.nelts == 0 ? nullptr : *static_cast<ngx_http_handler_pt*>(handlers.elts);
  };
  ngx_http_handler_pt found = first(NGX_HTTP_SERVER_REWRITE_PHASE);
  return found == first(NGX_HTTP_REWRITE_PHASE) ? found : nullptr;
}

// By their places as well: modules of others come behind.
std::vector<ngx_http_handler_pt> find_try_files(ngx_conf_t* cf) {
  std::size_t count = 0;
  for (const std::string_view name : {"ngx_http_mirror_module", "ngx_http_try_files_module"})
    count += find_module(cf, name) != nullptr ? 1 : 0;
  const ngx_array_t& handlers = handlers_of_phase(cf, NGX_HTTP_PRECONTENT_PHASE);
  const auto* first = static_cast<const ngx_http_handler_pt*>(handlers.elts);
  return {first, first + std::min<std::size_t>(count, handlers.nelts)};
}

std::vector<ngx_http_handler_pt> find_caching(ngx_conf_t* cf) {
  std::vector<ngx_http_handler_pt> found;
  for (const Answerer& answerer : caching_answerers) {
    if (auto* const handler = handler_of(cf, answerer); handler != nullptr) found.push_back(handler);
  }
  return found;
}

}  // namespace slo::ngx
