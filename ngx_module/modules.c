/* SPDX-License-Identifier: BSD-2-Clause
 * The three symbols that nginx looks for in a dynamic module, and nothing else. */
#include <ngx_config.h>
#include <ngx_core.h>

/* Base first, then the roles, a line each: so they begin, and so they end. */
#define ROLES(of)               \
    of(ngx_http_slo_module)     \
    of(ngx_http_slo_op_module)  \
    of(ngx_http_slo_app_module) \
    of(ngx_http_slo_rp_module)  \
    of(ngx_http_slo_admin_module)

#define DECLARED(module) extern ngx_module_t module;
#define ADDRESS(module) &module,
#define NAME(module) #module,

extern ngx_module_t ngx_http_slo_headers_module;
ROLES(DECLARED)

ngx_module_t *ngx_modules[] = {&ngx_http_slo_headers_module, ROLES(ADDRESS) NULL};

char *ngx_module_names[] = {"ngx_http_slo_headers_module", ROLES(NAME) NULL};

/* In the order of modules a filter that stands earlier is called later: ours for headers behind headers_filter, whose
 * add_header and expires it corrects; the others right after copy_filter, like every AUX_FILTER module. */
char *ngx_module_order[] = {"ngx_http_slo_headers_module", "ngx_http_headers_filter_module", ROLES(NAME)
                            "ngx_http_copy_filter_module", NULL};
