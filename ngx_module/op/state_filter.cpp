// SPDX-License-Identifier: BSD-2-Clause
// Session Management 1.0: responses that pass by get a session_state, and the browser its state.
#include "ngx_module/op/state_filter.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "core/op/session_state.h"
#include "core/participation/browser_cookies.h"
#include "core/text/form.h"
#include "core/text/words.h"
#include "ngx_module/http/request.h"
#include "ngx_module/http/respond.h"
#include "ngx_module/nginx/entry.h"
#include "ngx_module/nginx/moment.h"
#include "ngx_module/nginx/pool.h"
#include "ngx_module/op/conf.h"

namespace slo::ngx {
namespace {
namespace stating {  // names of this file alone, in unity builds too

ngx_http_output_header_filter_pt next_header_filter;

bool is_stated(const ngx_http_request_t& r) noexcept {
  if (&r != r.main || op_loc_conf(r).learns_for == nullptr) return false;
  const auto status = r.headers_out.status;
  const bool is_redirect = status == NGX_HTTP_MOVED_TEMPORARILY || status == NGX_HTTP_SEE_OTHER;
  return is_redirect && !op_loc_conf(r).learns_for->provider->provider.check_session_iframe.empty();
}

std::string client_id_of(const ngx_http_request_t& r) {
  const auto form = Form::read(query_of(r), std::array<std::string_view, 1>{"client_id"});
  return form ? form->find("client_id").value_or("") : std::string();
}

// headers_out.location is not set where an upstream's goes on as it came. Null: there are none, or several.
ngx_table_elt_t* only_location(ngx_http_request_t& r) {
  ngx_table_elt_t* found = nullptr;
  for (ngx_list_part_t* part = &r.headers_out.headers.part; part != nullptr; part = part->next) {
    auto* headers = static_cast<ngx_table_elt_t*>(part->elts);
    for (ngx_uint_t i = 0; i < part->nelts; ++i) {
      if (headers[i].hash == 0 || !is_same_word(view(headers[i].key), "location")) continue;
      if (found != nullptr) return nullptr;
      found = &headers[i];
    }
  }
  return found;
}

// A browser without a session cookie has no state either.
void state(ngx_http_request_t& r) {
  const Provider& provider = op_loc_conf(r).learns_for->provider->provider;
  const Moment moment = this_moment();
  const auto sent = cookie_headers(r), set = answer_headers(r, "set-cookie");
  const auto cookie = browser_cookies(provider, sent, set, moment.seconds()).current;
  ngx_table_elt_t* header = only_location(r);
  if (!cookie || header == nullptr) return;
  const std::string its_state = browser_state(provider, *cookie);
  const auto location =
      with_session_state(provider, view(header->value), client_id_of(r), its_state, nonce(moment, 0));
  if (!location) return;
  header->value = to_ngx(r.pool, *location);
  add_header(r, browser_state_header(provider, its_state));
}

ngx_int_t filter_header(ngx_http_request_t* r) noexcept {
  if (is_stated(*r)) guarded(r->connection->log, [r] { state(*r); });
  return next_header_filter(r);
}

}  // namespace stating
}  // namespace

ngx_int_t install_state_filter(ngx_conf_t* cf) {
  if (main_conf(cf).providers.empty()) return NGX_OK;
  stating::next_header_filter = std::exchange(ngx_http_top_header_filter, stating::filter_header);
  return NGX_OK;
}

}  // namespace slo::ngx
