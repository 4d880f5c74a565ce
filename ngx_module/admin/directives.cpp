// SPDX-License-Identifier: BSD-2-Clause
// slo_api and slo_status: which handler answers, and how.
#include "ngx_module/admin/directives.h"

#include <string>
#include <vector>

#include "ngx_module/admin/conf.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/config/location.h"

namespace slo::ngx {
namespace {

AdminLocConf& location_of(ConfLine& line) { return *static_cast<AdminLocConf*>(line.conf); }

bool is_regex([[maybe_unused]] const ngx_http_core_loc_conf_t& location) {
#if (NGX_PCRE)
  return location.regex != nullptr;
#else
  return false;
#endif
}

}  // namespace

Outcome<void> set_api(ConfLine& line) {
  bool& write = location_of(line).api_write;
  if (line.words == std::vector<std::string>{"write"}) {
    return bad_line("invalid parameter \"write\", write \"write=on\"");
  }
  auto taken = take_options(line.words, 0, {{"write", take_choice(write, {{"on", true}, {"off", false}})}});
  if (!taken) return taken;
  if (!main_conf(line.cf).store)
    return bad_line("requires \"slo_store\" in the http block, before this line");
  const auto& location = core_location(line);
  if (location.exact_match || location.named || is_regex(location)) {
    return bad_line("needs a location with a prefix, as in \"location /slo/\": its resources are below it");
  }
  return answer_with(line, entry<handle_api>, {.hides = Hides::path, .writes = write});
}

Outcome<void> set_status(ConfLine& line) {
  auto taken = take_options(
      line.words, 0,
      {{"format", take_choice(location_of(line).status_format,
                              {{"prometheus", StatusFormat::prometheus}, {"json", StatusFormat::json}})}});
  if (!taken) return taken;
  if (!main_conf(line.cf).store)
    return bad_line("requires \"slo_store\" in the http block, before this line");
  return answer_with(line, entry<handle_status>, {});
}

}  // namespace slo::ngx
