// SPDX-License-Identifier: BSD-2-Clause
// The role for administrators as nginx sees it: the management API and the status page.
#include "ngx_module/admin/conf.h"
#include "ngx_module/admin/directives.h"
#include "ngx_module/config/role.h"

namespace slo::ngx {
namespace {
namespace admin_module {  // names of this file alone, in unity builds too

ngx_command_t directives[] = {
    at_location(ngx_string("slo_api"), in_location | NGX_CONF_NOARGS | NGX_CONF_TAKE1, directive<set_api>),
    at_location(ngx_string("slo_status"), in_location | NGX_CONF_NOARGS | NGX_CONF_TAKE1,
                directive<set_status>),
    ngx_null_command,
};

void merge(ngx_conf_t* cf, const AdminLocConf& around, AdminLocConf& here) {
  if (is_part_of_location(cf)) here = around;
}

ngx_http_module_t context = {
    nullptr, nullptr, create_conf<AdminMainConf>, nullptr,
    nullptr, nullptr, create_conf<AdminLocConf>,  merge_conf<AdminLocConf, merge>,
};

}  // namespace admin_module
}  // namespace
}  // namespace slo::ngx

extern "C" {
ngx_module_t ngx_http_slo_admin_module = {
    NGX_MODULE_V1,
    &slo::ngx::admin_module::context,
    slo::ngx::admin_module::directives,
    NGX_HTTP_MODULE,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    NGX_MODULE_V1_PADDING,
};
}
