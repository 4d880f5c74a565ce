// SPDX-License-Identifier: BSD-2-Clause
// Brings to life what all roles share in a worker: zone, store, dispatcher.
//
// Nothing of it exists in the master.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace slo::ngx {

// init_process: from here on store() and dispatcher() are there, where a slo_store is configured.
ngx_int_t start_worker(ngx_cycle_t* cycle);

// exit_process, before any role's: who waits for store or dispatcher is answered while his role lives.
void stop_worker(ngx_cycle_t* cycle);

}  // namespace slo::ngx
