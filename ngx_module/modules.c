/* SPDX-License-Identifier: BSD-2-Clause
 * The three symbols that nginx looks for in a dynamic module, and nothing else. */
#include <ngx_config.h>
#include <ngx_core.h>

extern ngx_module_t ngx_http_slo_headers_module;
extern ngx_module_t ngx_http_slo_module;
extern ngx_module_t ngx_http_slo_op_module;
extern ngx_module_t ngx_http_slo_admin_module;

/* Base first, then the roles: so they begin, and so they end. */
ngx_module_t *ngx_modules[] = {&ngx_http_slo_headers_module, &ngx_http_slo_module, &ngx_http_slo_op_module,
                               &ngx_http_slo_admin_module, NULL};

char *ngx_module_names[] = {"ngx_http_slo_headers_module", "ngx_http_slo_module", "ngx_http_slo_op_module",
                            "ngx_http_slo_admin_module", NULL};

/* In the order of modules a filter that stands earlier is called later: ours for headers behind headers_filter, whose
 * add_header and expires it corrects; the others right after copy_filter, like every AUX_FILTER module. */
char *ngx_module_order[] = {"ngx_http_slo_headers_module", "ngx_http_headers_filter_module",
                            "ngx_http_slo_module", "ngx_http_slo_op_module", "ngx_http_slo_admin_module",
                            "ngx_http_copy_filter_module", NULL};
