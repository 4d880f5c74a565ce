// SPDX-License-Identifier: BSD-2-Clause
// Judges a press by what browsers say of it, and by Origin and Referer where they say nothing.
#include "core/rp/logout_button.h"

#include <algorithm>

#include "core/jose/claims.h"
#include "core/jose/jose.h"
#include "core/text/uri.h"

namespace slo {
namespace {

bool is_read_only(const ButtonRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

// Sec-Purpose: prefetch;prerender, Purpose: prefetch, X-Moz: prefetch; or a preview.
bool is_in_advance(std::string_view purpose) {
  for (const std::string_view word : {"prefetch", "prerender", "preview"}) {
    if (purpose.find(word) != std::string_view::npos) return true;
  }
  return false;
}

// Of this scheme, host and port. Where a proxy in front of us has taken off the TLS, pages are https all the
// same.
bool is_own_origin(const ButtonRequest& request, std::string_view origin) {
  const auto is_ours = [&](const char* scheme) {
    const auto own = read_uri(std::string(scheme).append(request.host));
    return own && !own->userinfo && own->path.empty() && !own->query && !own->fragment &&
           own->origin() == origin;
  };
  return is_ours("https://") || (!request.is_https && is_ours("http://"));
}

bool is_own_page(const ButtonRequest& request, std::string_view referer) {
  const auto page = read_uri(referer);
  return page && page->is_http() && !page->userinfo && is_own_origin(request, page->origin());
}

// fetch() and XMLHttpRequest of our own pages.
bool is_own_script(const ButtonRequest& request) {
  return request.site == "same-origin" && request.dest == "empty" &&
         (request.mode == "cors" || request.mode == "same-origin");
}

// A form of another origin's page may be of the same site and yet nobody's whom we know.
bool is_of_this_site(const ButtonRequest& request) {
  if (request.site == "same-origin") return true;
  if (request.site != "same-site" && request.site != "none") return false;
  return is_read_only(request) || is_own_origin(request, request.origin);
}

Outcome<Press> judge_by_metadata(const ButtonRequest& request) {
  if (is_own_script(request)) return Press::ends;
  if (!request.dest.empty() && request.dest != "document") return refuse(Fault::press_not_by_user);
  if (is_of_this_site(request)) return Press::ends;
  // An OP that has lost the state sends him back all the same.
  const bool has_been_away = request.has_set_out && request.site == "cross-site";
  return has_been_away && is_read_only(request) ? Press::returns : Press::asks;
}

Press judge_by_origin(const ButtonRequest& request) {
  const bool is_ours =
      request.origin.empty() ? is_own_page(request, request.referer) : is_own_origin(request, request.origin);
  return is_ours ? Press::ends : Press::asks;
}

// For whom of ours it was issued: an OP compares that with the client_id that goes with it.
std::string own_audience(const Provider& provider, const json_t* claims) {
  const auto audiences = jose::audiences_of(claims);
  const auto found = std::ranges::find_if(provider.client_ids, [&](const std::string& id) {
    return std::ranges::find(audiences, id) != audiences.end();
  });
  return found == provider.client_ids.end() ? std::string() : *found;
}

}  // namespace

Outcome<Press> judge_press(const ButtonRequest& request) {
  if (!is_read_only(request) && request.method != "POST")
    return refuse(Fault::method_not_allowed, "GET, HEAD, POST");
  if (is_in_advance(request.purpose)) return refuse(Fault::speculative_request);
  if (is_read_only(request) && request.has_state) return Press::returns;
  if (request.site.empty()) return judge_by_origin(request);
  return judge_by_metadata(request);
}

std::optional<ButtonToken> read_button_token(const Provider& provider, std::string_view token) {
  auto claims = read_guard_token(provider, token);
  if (!claims) return std::nullopt;
  const std::string_view hint = bare_token(token);
  const auto taken = jose::take_apart(hint);
  return ButtonToken{.claims = *std::move(claims),
                     .hint = std::string(hint),
                     .client_id = own_audience(provider, taken->parsed.claims.get())};
}

std::optional<Mark> mark_of_press(std::string_view sid, std::string_view sub, TimeS now) {
  if (is_storable(sid)) return Mark{.of = Mark::Of::sid, .value = std::string(sid), .at = now};
  if (is_storable(sub)) return Mark{.of = Mark::Of::sub, .value = std::string(sub), .at = now};
  return std::nullopt;
}

}  // namespace slo
