// SPDX-License-Identifier: BSD-2-Clause
// The relying party's role as nginx sees it: receives logouts of OPs, guards, and has logout buttons.
#include "ngx_module/app/applications.h"
#include "ngx_module/app/conf.h"
#include "ngx_module/config/role.h"
#include "ngx_module/rp/conf.h"
#include "ngx_module/rp/directives.h"
#include "ngx_module/rp/guard.h"
#include "ngx_module/rp/guarded_cookies.h"
#include "ngx_module/rp/jobs.h"
#include "ngx_module/rp/logout_button.h"
#include "ngx_module/rp/registrations.h"

namespace slo::ngx {
namespace {
namespace rp_module {  // names of this file alone, in unity builds too

ngx_command_t directives[] = {
    at_location(ngx_string("slo_guard"), anywhere | NGX_CONF_1MORE, directive<set_guard>),
    at_location(ngx_string("slo_backchannel_logout"), in_location | NGX_CONF_1MORE,
                directive<set_backchannel_logout>),
    at_location(ngx_string("slo_frontchannel_logout"), in_location | NGX_CONF_1MORE,
                directive<set_frontchannel_logout>),
    at_location(ngx_string("slo_logout"), in_location | NGX_CONF_1MORE, directive<set_logout>),
    ngx_null_command,
};

void merge(ngx_conf_t* cf, const RpLocConf& above, RpLocConf& here) {
  if (here.guards.empty() && !here.guard_off) here.guards = above.guards, here.guard_off = above.guard_off;
  if (is_part_of_location(cf) && here.receives_from.empty()) here.around = &above;
  if (is_part_of_location(cf)) here.button = above.button;
  if (here.button != nullptr || !senders_of(here).empty()) mark_door(cf);
  for (GuardRule* rule : here.guards) {
    takes_part(cf, &rule->provider);
    rule->sees_tracked_cookies = rule->sees_tracked_cookies || tracks_cookies(app_loc_conf(cf));
  }
}

ngx_int_t prepare(ngx_conf_t* cf) {
  return add_guard_variables(cf) == NGX_OK ? add_logout_url(cf) : NGX_ERROR;
}

ngx_int_t finish(ngx_conf_t* cf) {
  if (!main_conf(cf).needs_marks) return NGX_OK;
  if (install_guard(cf) != NGX_OK || install_logout_button(cf) != NGX_OK) return NGX_ERROR;
  if (install_logout_return(cf) != NGX_OK) return NGX_ERROR;
  if (!app_main_conf(cf).cookie_lines.empty() && install_answer_binding(cf) != NGX_OK) return NGX_ERROR;
  return install_logout_button_filter(cf);
}

ngx_http_module_t context = {
    conf_hook<prepare>,
    conf_hook<finish>,
    create_conf<RpMainConf>,
    nullptr,
    nullptr,
    nullptr,
    create_conf<RpLocConf>,
    merge_conf<RpLocConf, merge>,
};

}  // namespace rp_module
}  // namespace
}  // namespace slo::ngx

extern "C" {
ngx_module_t ngx_http_slo_rp_module = {
    NGX_MODULE_V1,
    &slo::ngx::rp_module::context,
    slo::ngx::rp_module::directives,
    NGX_HTTP_MODULE,
    nullptr,
    slo::ngx::init_hook<slo::ngx::tell_registrations>,
    slo::ngx::init_hook<slo::ngx::start_rp_jobs>,
    nullptr,
    nullptr,
    slo::ngx::exit_hook<slo::ngx::stop_rp_jobs>,
    nullptr,
    NGX_MODULE_V1_PADDING,
};
}
