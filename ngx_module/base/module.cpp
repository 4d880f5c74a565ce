// SPDX-License-Identifier: BSD-2-Clause
// The directive table and the module itself: what nginx sees of us.
#include "ngx_module/base/filters.h"
#include "ngx_module/base/variables.h"
#include "ngx_module/base/worker.h"
#include "ngx_module/config/conf_finish.h"
#include "ngx_module/config/directives.h"
#include "ngx_module/http/hiding.h"
#include "ngx_module/nginx/entry.h"

namespace slo::ngx {
namespace {

constexpr ngx_uint_t http = NGX_HTTP_MAIN_CONF;
constexpr ngx_uint_t anywhere = NGX_HTTP_MAIN_CONF | NGX_HTTP_SRV_CONF | NGX_HTTP_LOC_CONF;
constexpr ngx_uint_t location = NGX_HTTP_LOC_CONF;

using Set = char* (*)(ngx_conf_t*, ngx_command_t*, void*);

ngx_command_t at_main(ngx_str_t name, ngx_uint_t type, Set set) {
  return {name, type, set, NGX_HTTP_MAIN_CONF_OFFSET, 0, nullptr};
}

ngx_command_t at_location(ngx_str_t name, ngx_uint_t type, Set set) {
  return {name, type, set, NGX_HTTP_LOC_CONF_OFFSET, 0, nullptr};
}

ngx_command_t directives[] = {
    at_main(ngx_string("slo_store"), http | NGX_CONF_1MORE, directive<set_store>),
    at_main(ngx_string("slo_provider"), http | NGX_CONF_BLOCK | NGX_CONF_TAKE1, open_provider),

    at_main(ngx_string("issuer"), in_provider | NGX_CONF_TAKE1, directive<once<set_issuer>>),
    at_main(ngx_string("jwks"), in_provider | NGX_CONF_TAKE1, directive<once<set_jwks>>),
    at_main(ngx_string("signing_key"), in_provider | NGX_CONF_TAKE12, directive<set_signing_key>),
    at_main(ngx_string("decryption_key"), in_provider | NGX_CONF_TAKE12, directive<set_decryption_key>),
    at_main(ngx_string("clients"), in_provider | NGX_CONF_TAKE1, directive<set_clients>),
    at_main(ngx_string("client"), in_provider | NGX_CONF_BLOCK | NGX_CONF_TAKE1, open_client),
    at_main(ngx_string("session_cookie"), in_provider | NGX_CONF_1MORE, directive<set_session_cookie>),
    at_main(ngx_string("session"), in_provider | NGX_CONF_1MORE, directive<once<set_session>>),
    at_main(ngx_string("confirm"), in_provider | NGX_CONF_TAKE12, directive<once<set_confirm>>),
    at_main(ngx_string("scope"), in_provider | NGX_CONF_TAKE1, directive<once<set_scope>>),
    at_main(ngx_string("delivery"), in_provider | NGX_CONF_1MORE, directive<once<set_delivery>>),
    at_main(ngx_string("frontchannel"), in_provider | NGX_CONF_1MORE, directive<once<set_frontchannel>>),
    at_main(ngx_string("hint"), in_provider | NGX_CONF_1MORE, directive<once<set_hint>>),
    at_main(ngx_string("post_logout"), in_provider | NGX_CONF_TAKE1, directive<once<set_post_logout>>),
    at_main(ngx_string("already_out"), in_provider | NGX_CONF_TAKE1, directive<once<set_already_out>>),
    at_main(ngx_string("show_untold"), in_provider | NGX_CONF_TAKE1, directive<once<set_show_untold>>),
    at_main(ngx_string("bad_redirect"), in_provider | NGX_CONF_TAKE1, directive<once<set_bad_redirect>>),
    at_main(ngx_string("allow_http"), in_provider | NGX_CONF_TAKE1, directive<once<set_allow_http>>),
    at_main(ngx_string("tombstone"), in_provider | NGX_CONF_TAKE1, directive<once<set_tombstone>>),
    at_main(ngx_string("leeway"), in_provider | NGX_CONF_TAKE1, directive<once<set_leeway>>),
    at_main(ngx_string("include"), in_provider | NGX_CONF_TAKE1, ngx_conf_include),

    at_location(ngx_string("slo_end_session"), location | NGX_CONF_TAKE1, directive<set_end_session>),
    at_location(ngx_string("slo_session"), anywhere | NGX_CONF_1MORE, directive<set_session_rule>),
    at_location(ngx_string("slo_jwks"), location | NGX_CONF_TAKE1, directive<set_jwks_location>),
    at_location(ngx_string("slo_deliver"), location | NGX_CONF_NOARGS, directive<set_deliver>),
    at_location(ngx_string("slo_api"), location | NGX_CONF_NOARGS | NGX_CONF_TAKE1, directive<set_api>),
    at_location(ngx_string("slo_status"), location | NGX_CONF_NOARGS | NGX_CONF_TAKE1, directive<set_status>),
    ngx_null_command,
};

ngx_int_t add_module_variables(ngx_conf_t* cf) noexcept {
  return guarded(cf->log, static_cast<ngx_int_t>(NGX_ERROR), [cf] { return add_variables(cf); });
}

ngx_int_t finish(ngx_conf_t* cf) noexcept {
  return guarded(cf->log, static_cast<ngx_int_t>(NGX_ERROR), [cf] {
    if (finish_configuration(cf) != NGX_OK) return static_cast<ngx_int_t>(NGX_ERROR);
    install_filters(main_conf(cf));
    return install_hiding(cf);
  });
}

ngx_int_t init_process(ngx_cycle_t* cycle) noexcept {
  return guarded(cycle->log, static_cast<ngx_int_t>(NGX_ERROR), [cycle] { return start_worker(cycle); });
}

void exit_process(ngx_cycle_t* cycle) noexcept {
  guarded(cycle->log, [cycle] { stop_worker(cycle); });
}

ngx_http_module_t context = {
    add_module_variables, finish,         create_main_conf, nullptr, nullptr, nullptr,
    create_loc_conf,      merge_loc_conf,
};

}  // namespace
}  // namespace slo::ngx

extern "C" {
ngx_module_t ngx_http_slo_module = {
    NGX_MODULE_V1,
    &slo::ngx::context,
    slo::ngx::directives,
    NGX_HTTP_MODULE,
    nullptr,
    nullptr,
    slo::ngx::init_process,
    nullptr,
    nullptr,
    slo::ngx::exit_process,
    nullptr,
    NGX_MODULE_V1_PADDING,
};
}
