// SPDX-License-Identifier: BSD-2-Clause
// Applications as nginx sees them: their cookies, and how they are told that a session is over.
#include "ngx_module/app/applications.h"
#include "ngx_module/app/bind_filter.h"
#include "ngx_module/app/conf.h"
#include "ngx_module/app/cookies.h"
#include "ngx_module/app/directives.h"
#include "ngx_module/app/late_logins.h"
#include "ngx_module/config/role.h"

namespace slo::ngx {
namespace {
namespace app_module {  // names of this file alone, in unity builds too

ngx_command_t directives[] = {
    at_location(ngx_string("slo_cookie"), anywhere | NGX_CONF_1MORE, directive<set_app_cookie>),
    at_location(ngx_string("slo_app_logout"), anywhere | NGX_CONF_1MORE, directive<set_app_logout>),
    at_location(ngx_string("slo_bind"), in_location | NGX_CONF_1MORE, directive<set_bind>),
    ngx_null_command,
};

void merge(ngx_conf_t* cf, const AppLocConf& above, AppLocConf& here) {
  if (here.rules.empty() && !here.cookie_off) here.rules = above.rules, here.cookie_off = above.cookie_off;
  if (here.logout == nullptr) here.logout = above.logout;
  if (here.bind == nullptr && is_part_of_location(cf)) here.bind = above.bind;
  if (here.bind != nullptr) takes_part(cf, &here.bind->provider);
}

ngx_int_t prepare(ngx_conf_t* cf) {
  main_conf(cf).checks.push_back(settle_applications);
  main_conf(cf).checks.push_back(doubt_cookies);
  main_conf(cf).checks.push_back(check_binds);
  return NGX_OK;
}

ngx_int_t finish(ngx_conf_t* cf) {
  const AppMainConf& conf = app_main_conf(cf);
  if (!conf.cookie_lines.empty() && install_cookie_filter(cf) != NGX_OK) return NGX_ERROR;
  return conf.binds.empty() ? NGX_OK : install_bind_filter(cf);
}

ngx_http_module_t context = {
    conf_hook<prepare>,
    conf_hook<finish>,
    create_conf<AppMainConf>,
    nullptr,
    nullptr,
    nullptr,
    create_conf<AppLocConf>,
    merge_conf<AppLocConf, merge>,
};

}  // namespace app_module
}  // namespace
}  // namespace slo::ngx

extern "C" {
ngx_module_t ngx_http_slo_app_module = {
    NGX_MODULE_V1,
    &slo::ngx::app_module::context,
    slo::ngx::app_module::directives,
    NGX_HTTP_MODULE,
    nullptr,
    nullptr,
    slo::ngx::init_hook<slo::ngx::start_late_logins>,
    nullptr,
    nullptr,
    slo::ngx::exit_hook<slo::ngx::stop_late_logins>,
    nullptr,
    NGX_MODULE_V1_PADDING,
};
}
