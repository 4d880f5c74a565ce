/* SPDX-License-Identifier: BSD-2-Clause
 * The three symbols that nginx looks for in a dynamic module, and nothing else. */
#include <ngx_config.h>
#include <ngx_core.h>

extern ngx_module_t ngx_http_slo_module;

ngx_module_t *ngx_modules[] = {&ngx_http_slo_module, NULL};

char *ngx_module_names[] = {"ngx_http_slo_module", NULL};

/* Right after copy_filter, like every AUX_FILTER module. */
char *ngx_module_order[] = {"ngx_http_slo_module", "ngx_http_copy_filter_module", NULL};
