// SPDX-License-Identifier: BSD-2-Clause
// nginx's headers, once, as C.
#pragma once

extern "C" {
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>
}

extern "C" ngx_module_t ngx_http_slo_module;
