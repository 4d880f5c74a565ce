/* SPDX-License-Identifier: BSD-2-Clause */
/* A module with one error of each kind, to prove that the checkers see them inside nginx: `planted KIND;` commits it at once. */
#include <ngx_config.h>
#include <ngx_core.h>

static volatile unsigned sink;
static int largest = 2147483647;

static char *
commit(ngx_conf_t *cf, ngx_command_t *command, void *conf)
{
    ngx_str_t *kind = (ngx_str_t *) cf->args->elts + 1;
    ngx_pool_t *pool = ngx_create_pool(1024, cf->log);
    u_char *bytes = ngx_palloc(pool, 16);

    if (ngx_strcmp(kind->data, "overrun") == 0) {
        sink = bytes[16]; /* the pool's block goes on, the allocation does not */

    } else if (ngx_strcmp(kind->data, "stale") == 0) {
        ngx_destroy_pool(pool);
        sink = bytes[0];
        return NGX_CONF_OK;

    } else if (ngx_strcmp(kind->data, "overflow") == 0) {
        sink = (unsigned) (largest + (int) cf->args->nelts);

    } else if (ngx_strcmp(kind->data, "leak") == 0) {
        bytes = malloc(77);
        sink = bytes == NULL;
        bytes = NULL;

    } else if (ngx_strcmp(kind->data, "nothing") != 0) {
        return "is of an unknown kind";
    }
    ngx_destroy_pool(pool);
    return NGX_CONF_OK;
}

static ngx_command_t commands[] = {
    { ngx_string("planted"), NGX_MAIN_CONF|NGX_DIRECT_CONF|NGX_CONF_TAKE1, commit, 0, 0, NULL },
    ngx_null_command
};

static ngx_core_module_t context = { ngx_string("planted"), NULL, NULL };

ngx_module_t planted_module = {
    NGX_MODULE_V1, &context, commands, NGX_CORE_MODULE, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NGX_MODULE_V1_PADDING
};

ngx_module_t *ngx_modules[] = { &planted_module, NULL };
char *ngx_module_names[] = { "planted_module", NULL };
char *ngx_module_order[] = { NULL };
