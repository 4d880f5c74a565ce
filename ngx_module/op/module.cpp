// SPDX-License-Identifier: BSD-2-Clause
// The OP's role as nginx sees it: ends sessions, hears of participations, tells clients of both.
#include <initializer_list>

#include "ngx_module/config/role.h"
#include "ngx_module/op/conf.h"
#include "ngx_module/op/directives.h"
#include "ngx_module/op/jobs.h"
#include "ngx_module/op/learn_filter.h"
#include "ngx_module/op/publish_filter.h"
#include "ngx_module/op/session_filter.h"
#include "ngx_module/op/state_filter.h"

namespace slo::ngx {
namespace {
namespace op_module {  // names of this file alone, in unity builds too

ngx_command_t directives[] = {
    at_location(ngx_string("slo_end_session"), in_location | NGX_CONF_TAKE1, directive<set_end_session>),
    at_location(ngx_string("slo_session"), anywhere | NGX_CONF_1MORE, directive<set_session_rule>),
    at_location(ngx_string("slo_learn"), in_location | NGX_CONF_TAKE1, directive<set_learn>),
    at_location(ngx_string("slo_publish"), in_location | NGX_CONF_TAKE1, directive<set_publish>),
    at_location(ngx_string("slo_discovery"), in_location | NGX_CONF_TAKE1, directive<set_discovery>),
    at_location(ngx_string("slo_session_status"), in_location | NGX_CONF_TAKE1,
                directive<set_session_status>),
    at_location(ngx_string("slo_check_session"), in_location | NGX_CONF_TAKE1, directive<set_check_session>),
    at_location(ngx_string("slo_jwks"), in_location | NGX_CONF_TAKE1, directive<set_jwks_location>),
    ngx_null_command,
};

void merge(ngx_conf_t*, const OpLocConf& above, OpLocConf& here) {
  if (here.session_rules.empty() && !here.session_off) here.session_rules = above.session_rules;
  if (here.learns_for == nullptr) here.learns_for = above.learns_for;
  if (here.publishes_for == nullptr) here.publishes_for = above.publishes_for;
  if (here.jwks_uri.empty()) here.jwks_uri = above.jwks_uri;
}

ngx_int_t install_filters(ngx_conf_t* cf) {
  for (const auto install :
       {install_session_filter, install_learn_filter, install_state_filter, install_publish_filter}) {
    if (install(cf) != NGX_OK) return NGX_ERROR;
  }
  return NGX_OK;
}

ngx_http_module_t context = {
    nullptr,
    conf_hook<install_filters>,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    create_conf<OpLocConf>,
    merge_conf<OpLocConf, merge>,
};

}  // namespace op_module
}  // namespace
}  // namespace slo::ngx

extern "C" {
ngx_module_t ngx_http_slo_op_module = {
    NGX_MODULE_V1,
    &slo::ngx::op_module::context,
    slo::ngx::op_module::directives,
    NGX_HTTP_MODULE,
    nullptr,
    nullptr,
    slo::ngx::init_hook<slo::ngx::start_op_jobs>,
    nullptr,
    nullptr,
    slo::ngx::exit_hook<slo::ngx::stop_op_jobs>,
    nullptr,
    NGX_MODULE_V1_PADDING,
};
}
