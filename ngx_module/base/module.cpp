// SPDX-License-Identifier: BSD-2-Clause
// What all roles share as nginx sees it: store, providers, where deliveries leave; variables and hiding.
#include "ngx_module/base/variables.h"
#include "ngx_module/base/worker.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/config/conf_finish.h"
#include "ngx_module/config/directives.h"
#include "ngx_module/config/role.h"
#include "ngx_module/http/hiding.h"
#include "ngx_module/marks/marks_zone.h"

namespace slo::ngx {
namespace {

namespace base_module {  // names of this file alone, in unity builds too

ngx_command_t directives[] = {
    at_main(ngx_string("slo_store"), in_http | NGX_CONF_1MORE, directive<set_store>),
    at_main(ngx_string("slo_provider"), in_http | NGX_CONF_BLOCK | NGX_CONF_TAKE1, open_provider),

    at_main(ngx_string("issuer"), in_provider | NGX_CONF_TAKE1, directive<once<set_issuer>>),
    at_main(ngx_string("jwks"), in_provider | NGX_CONF_TAKE1, directive<once<set_jwks>>),
    at_main(ngx_string("signing_key"), in_provider | NGX_CONF_TAKE123, directive<set_signing_key>),
    at_main(ngx_string("decryption_key"), in_provider | NGX_CONF_TAKE12, directive<set_decryption_key>),
    at_main(ngx_string("clients"), in_provider | NGX_CONF_TAKE12, directive<set_clients>),
    at_main(ngx_string("client"), in_provider | NGX_CONF_BLOCK | NGX_CONF_TAKE1, open_client),
    at_main(ngx_string("session_cookie"), in_provider | NGX_CONF_1MORE, directive<set_session_cookie>),
    at_main(ngx_string("session"), in_provider | NGX_CONF_1MORE, directive<once<set_session>>),
    at_main(ngx_string("confirm"), in_provider | NGX_CONF_TAKE12, directive<once<set_confirm>>),
    at_main(ngx_string("scope"), in_provider | NGX_CONF_TAKE1, directive<once<set_scope>>),
    at_main(ngx_string("delivery"), in_provider | NGX_CONF_1MORE, directive<once<set_delivery>>),
    at_main(ngx_string("frontchannel"), in_provider | NGX_CONF_1MORE, directive<once<set_frontchannel>>),
    at_main(ngx_string("hint"), in_provider | NGX_CONF_1MORE, directive<once<set_hint>>),
    at_main(ngx_string("end_session"), in_provider | NGX_CONF_TAKE1, directive<once<set_end_session_url>>),
    at_main(ngx_string("post_logout"), in_provider | NGX_CONF_TAKE1, directive<once<set_post_logout>>),
    at_main(ngx_string("upstream_logout"), in_provider | NGX_CONF_TAKE1234,
            directive<once<set_upstream_logout>>),
    at_main(ngx_string("already_out"), in_provider | NGX_CONF_TAKE1, directive<once<set_already_out>>),
    at_main(ngx_string("show_untold"), in_provider | NGX_CONF_TAKE1, directive<once<set_show_untold>>),
    at_main(ngx_string("bad_redirect"), in_provider | NGX_CONF_TAKE1, directive<once<set_bad_redirect>>),
    at_main(ngx_string("allow_http"), in_provider | NGX_CONF_TAKE1, directive<once<set_allow_http>>),
    at_main(ngx_string("tombstone"), in_provider | NGX_CONF_TAKE1, directive<once<set_tombstone>>),
    at_main(ngx_string("leeway"), in_provider | NGX_CONF_TAKE1, directive<once<set_leeway>>),
    at_main(ngx_string("client_id"), in_provider | NGX_CONF_1MORE, directive<once<set_client_id>>),
    at_main(ngx_string("client_secret_file"), in_provider | NGX_CONF_TAKE1,
            directive<once<set_client_secret_file>>),
    at_main(ngx_string("signing_alg"), in_provider | NGX_CONF_TAKE1, directive<once<set_signing_alg>>),
    at_main(ngx_string("typ"), in_provider | NGX_CONF_TAKE1, directive<once<set_typ>>),
    at_main(ngx_string("exp"), in_provider | NGX_CONF_TAKE1, directive<once<set_exp>>),
    at_main(ngx_string("frontchannel_iss"), in_provider | NGX_CONF_TAKE1,
            directive<once<set_frontchannel_iss>>),
    at_main(ngx_string("retention"), in_provider | NGX_CONF_TAKE1, directive<once<set_retention>>),
    at_main(ngx_string("fail"), in_provider | NGX_CONF_TAKE1, directive<once<set_fail>>),
    at_main(ngx_string("max_stale"), in_provider | NGX_CONF_TAKE1, directive<once<set_max_stale>>),
    at_main(ngx_string("include"), in_provider | NGX_CONF_TAKE1, ngx_conf_include),

    at_location(ngx_string("slo_deliver"), in_location | NGX_CONF_NOARGS, directive<set_deliver>),
    ngx_null_command,
};

ngx_int_t finish(ngx_conf_t* cf) {
  if (finish_configuration(cf) != NGX_OK || install_hiding(cf) != NGX_OK) return NGX_ERROR;
  MainConf& conf = main_conf(cf);
  return conf.needs_marks ? add_marks_zone(cf, *conf.store) : NGX_OK;
}

ngx_http_module_t context = {
    conf_hook<add_variables>,
    conf_hook<finish>,
    create_conf<MainConf>,
    nullptr,
    nullptr,
    nullptr,
    create_conf<LocConf>,
    merge_conf<LocConf, merge_loc_conf>,
};

}  // namespace base_module
}  // namespace
}  // namespace slo::ngx

extern "C" {
ngx_module_t ngx_http_slo_module = {
    NGX_MODULE_V1,
    &slo::ngx::base_module::context,
    slo::ngx::base_module::directives,
    NGX_HTTP_MODULE,
    nullptr,
    nullptr,
    slo::ngx::init_hook<slo::ngx::start_worker>,
    nullptr,
    nullptr,
    slo::ngx::exit_hook<slo::ngx::stop_worker>,
    nullptr,
    NGX_MODULE_V1_PADDING,
};
}
