// SPDX-License-Identifier: BSD-2-Clause
// The directives of the relying party's role but slo_guard: which handler answers, whose logouts it receives.
#include "ngx_module/rp/directives.h"

#include <algorithm>

#include "ngx_module/config/location.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/rp/conf.h"
#include "ngx_module/rp/registrations.h"

namespace slo::ngx {
namespace {

// The places stay where they are while the configuration is read, as `refer` demands.
using Names = std::vector<const ProviderConf*>;

Outcome<void> receive(ConfLine& line, ngx_http_handler_pt handler, std::string_view member) {
  if (auto set = answer_with(line, handler, {.hides = Hides::query}); !set) return set;
  const auto& words = line.words;
  for (auto name = words.begin(); name != words.end(); ++name) {
    if (std::find(words.begin(), name, *name) != name)
      return bad_line("has slo_provider \"" + *name + "\" twice");
  }
  Names& names = static_cast<RpLocConf*>(line.conf)->receives_from;
  names.resize(words.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    refer(line, words[i], &names[i]);
    to_be_registered(line, member, &names[i]);
  }
  refer(line, words[0], &loc_conf(line.cf).provider);
  main_conf(line.cf).needs_marks = true;
  return {};
}

// The OP's token would be accepted by nobody: its audience is unknown.
ngx_int_t check_audiences(ngx_conf_t* cf, const Names& names, const std::string& place) {
  for (const ProviderConf* conf : names) {
    if (!conf->provider.client_ids.empty()) continue;
    refuse_at(cf->log,
              "\"slo_backchannel_logout\" needs a \"client_id\" in slo_provider \"" + conf->provider.name +
                  "\": the audience of its logout tokens",
              place);
    return NGX_ERROR;
  }
  return NGX_OK;
}

}  // namespace

Outcome<void> set_backchannel_logout(ConfLine& line) {
  if (auto set = receive(line, entry<handle_backchannel_logout>, "backchannel_logout_uri"); !set) return set;
  const auto& location = *static_cast<RpLocConf*>(line.conf);
  main_conf(line.cf).checks.push_back([&location, place = place_of(line.cf)](ngx_conf_t* cf) {
    return check_audiences(cf, location.receives_from, place);
  });
  return {};
}

Outcome<void> set_frontchannel_logout(ConfLine& line) {
  return receive(line, entry<handle_frontchannel_logout>, "frontchannel_logout_uri");
}

Outcome<void> set_logout(ConfLine& line) { return read_logout_rule(line, entry<handle_logout_button>); }

}  // namespace slo::ngx
