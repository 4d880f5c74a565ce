// SPDX-License-Identifier: BSD-2-Clause
// Typed configurations, made at `nginx -t`, immutable afterwards.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/provider.h"
#include "ngx_module/ngx.h"
#include "ngx_module/redis_link.h"
#include "redis_schema/key.h"

namespace slo::ngx {

// The internal location that carries outgoing calls (slo_deliver).
struct Carrier {
  ngx_http_conf_ctx_t* ctx = nullptr;  // of its server
  ngx_str_t uri{};                     // exact path
  ngx_http_core_loc_conf_t* location = nullptr;
};

struct ProviderConf {
  Provider provider{};
  redis::Space space{};
  const Carrier* carrier = nullptr;  // null: no slo_deliver anywhere (refused if a client has a back channel)
  std::size_t index = 0;             // place in MainConf::providers
};

struct StoreConf {
  LinkSettings link{};
  std::string cookie_secret{};
  ngx_shm_zone_t* zone = nullptr;
};

struct MainConf {
  std::optional<StoreConf> store{};
  std::deque<ProviderConf> providers{};  // addresses stay
  std::deque<Carrier> carriers{};
  bool in_use = false;  // any directive of ours: otherwise nothing is started in the workers

  ProviderConf* find(std::string_view name) {
    for (auto& conf : providers) {
      if (conf.provider.name == name) return &conf;
    }
    return nullptr;
  }
};

}  // namespace slo::ngx
