// SPDX-License-Identifier: BSD-2-Clause
// The members of a slo_provider block that need no file.
#include <array>

#include "core/text/showable.h"
#include "core/text/uri.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/config/directives.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

Provider& provider_of(ConfLine& line) { return static_cast<MainConf*>(line.conf)->opened->provider; }

Outcome<void> require_positive(std::string_view name, Millis value) {
  if (value > Millis{0}) return {};
  return bad_line("\"" + std::string(name) + "=\" must be greater than zero");
}

// Angie looks for pools of threads that nobody defined, and gives "default" its threads, before it finishes
// "http"; nginx, after that.
#ifdef ANGIE_VERSION
constexpr bool settles_threads_before_http = true;
#else
constexpr bool settles_threads_before_http = false;
#endif

// Whether the provider needs a pool is seen when its clients are (conf_finish), where it is found then.
char* name_threads([[maybe_unused]] ngx_conf_t* cf, [[maybe_unused]] ProviderConf& provider) {
#if (NGX_THREADS)
  if (!settles_threads_before_http || provider.thread_pool.empty()) return NGX_CONF_OK;
  ngx_str_t name = to_ngx(cf->pool, provider.thread_pool);
  if (ngx_thread_pool_add(cf, &name) == nullptr) return static_cast<char*>(NGX_CONF_ERROR);
#endif
  return NGX_CONF_OK;
}

}  // namespace

char* open_provider(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept {
  return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [&]() -> char* {
    auto& main = *static_cast<MainConf*>(conf);
    const std::string name(view(static_cast<ngx_str_t*>(cf->args->elts)[1]));
    if (!is_provider_name(name)) {
      return refuse_at(
          cf->log,
          "invalid name of \"slo_provider\", it must be 1 to 64 letters, digits, \".\", \"_\" and \"-\"",
          place_of(cf));
    }
    if (main.find(name) != nullptr) {
      return refuse_at(cf->log, "duplicate slo_provider \"" + name + '"', place_of(cf));
    }
    auto& added = main.providers.emplace_back();
    added.provider.name = name;
    added.index = main.providers.size() - 1;
    added.place = place_of(cf);
    main.opened = &added;
    const ngx_conf_t saved = *cf;
    cf->cmd_type = in_provider;
    char* result = ngx_conf_parse(cf, nullptr);
    *cf = saved;
    if (result == NGX_CONF_OK) result = read_sources(cf, main);
    if (result == NGX_CONF_OK) result = name_threads(cf, added);
    main.opened = nullptr;
    return result;
  });
}

Outcome<void> first_time(ConfLine& line) {
  auto& written = static_cast<MainConf*>(line.conf)->opened->written;
  return written.insert(line.directive).second ? Outcome<void>{} : bad_line("is duplicate");
}

Outcome<void> set_issuer(ConfLine& line) {
  auto& provider = provider_of(line);
  provider.issuer.value = line.words[0];
  provider.store_tag = store_tag(provider.issuer);
  return {};
}

Outcome<void> set_session_cookie(ConfLine& line) {
  if (line.words[0].starts_with('$')) {
    return bad_line("takes the name of a cookie, not a variable: \"$\" would be a part of the name");
  }
  CookieScope scope{.name = line.words[0]};
  std::string secure = "on";
  auto taken = take_options(
      line.words, 1,
      {{"path", take_text(scope.path)}, {"domain", take_text(scope.domain)}, {"secure", take_text(secure)}});
  if (!taken) return taken;
  auto flag = read_flag(secure);
  if (!flag) return refuse(flag.error());
  scope.secure = *flag;
  provider_of(line).session_cookies.push_back(std::move(scope));
  return {};
}

Outcome<void> set_session(ConfLine& line) {
  auto& provider = provider_of(line);
  auto taken = take_options(
      line.words, 0, {{"absolute", take_seconds(provider.absolute)}, {"idle", take_seconds(provider.idle)}});
  if (!taken) return taken;
  return require_positive("absolute", provider.absolute);
}

Outcome<void> set_confirm(ConfLine& line) {
  auto& provider = provider_of(line);
  bool always = false;
  auto mode = take_choice(always, {{"unproven", false}, {"always", true}})(line.words[0]);
  if (!mode) return mode;
  provider.always_confirm = always;
  auto taken = take_options(line.words, 1, {{"ticket", take_seconds(provider.ticket_life)}});
  if (!taken) return taken;
  return require_positive("ticket", provider.ticket_life);
}

Outcome<void> set_scope(ConfLine& line) {
  return take_choice(provider_of(line).scope,
                     {{"session", Scope::session}, {"client", Scope::client}})(line.words[0]);
}

// `off` is no pool's name; nginx itself says so if a pool is not defined.
Taker take_threads(std::string& pool) {
  return [&pool](const std::string& value) -> Outcome<void> {
    if (value.empty()) return bad_line("the value is empty");
#if !(NGX_THREADS)
    if (value != "off") return bad_line("this nginx was built without threads, only \"off\" is possible");
#endif
    pool = value == "off" ? std::string() : value;
    return {};
  };
}

Outcome<void> set_delivery(ConfLine& line) {
  auto& opened = *static_cast<MainConf*>(line.conf)->opened;
  auto& policy = opened.provider.delivery;
  auto taken = take_options(line.words, 0,
                            {{"wait", take_millis(policy.wait)},
                             {"timeout", take_millis(policy.timeout)},
                             {"concurrency", take_number(policy.concurrency, 1, 10000)},
                             {"per_host", take_number(policy.per_host, 1, 10000)},
                             {"attempts", take_number(policy.attempts, 1, 1000)},
                             {"first", take_millis(policy.first)},
                             {"max", take_millis(policy.max)},
                             {"max_age", take_millis(policy.max_age)},
                             {"threads", take_threads(opened.thread_pool)}});
  if (!taken) return taken;
  if (auto positive = require_positive("timeout", policy.timeout); !positive) return positive;
  if (auto positive = require_positive("first", policy.first); !positive) return positive;
  if (policy.max < policy.first) return bad_line("\"max=\" must not be less than \"first=\"");
  return {};
}

Outcome<void> set_frontchannel(ConfLine& line) {
  auto& policy = provider_of(line).frontchannel;
  auto taken = take_options(
      line.words, 0, {{"timeout", take_seconds(policy.timeout)}, {"total", take_seconds(policy.total)}});
  if (!taken) return taken;
  if (auto positive = require_positive("timeout", policy.timeout); !positive) return positive;
  return require_positive("total", policy.total);
}

Outcome<void> set_hint(ConfLine& line) {
  auto& policy = provider_of(line).hint;
  return take_options(
      line.words, 0,
      {{"required", take_choice(policy.required, {{"on", true}, {"off", false}})},
       {"expired", take_choice(policy.accept_expired, {{"accept", true}, {"reject", false}})},
       {"mismatch", take_choice(policy.confirm_mismatch, {{"confirm", true}, {"reject", false}})},
       {"max_age", take_seconds(policy.max_age)}});
}

// Checked with the whole, when allow_http is known.
Outcome<void> set_end_session_url(ConfLine& line) {
  provider_of(line).end_session_endpoint = line.words[0];
  return {};
}

Outcome<void> set_post_logout(ConfLine& line) {
  auto uri = read_uri(line.words[0]);
  if (!uri || !uri->is_http()) {
    return bad_line("invalid URI \"" + showable_uri(line.words[0]) +
                    "\", an absolute http or https URI is required");
  }
  provider_of(line).post_logout_uri = line.words[0];
  return {};
}

// Not another server's: what it is sent are this server's cookies.
Outcome<void> set_upstream_logout(ConfLine& line) {
  auto& policy = provider_of(line).upstream_logout;
  const std::string& uri = line.words[0];
  policy.uri = uri;
  policy.by_browser =
      uri.find("://") != std::string::npos;  // checked with the whole, when allow_http is known
  const auto notified_by = take_choice(policy.op_notifies, {{"here", false}, {"op", true}});
  if (policy.by_browser) {
    return take_options(line.words, 1,
                        {{"client_id", take_text(policy.client_id)}, {"notified_by", notified_by}});
  }
  if (!uri.starts_with('/') || uri.find_first_of("?#$") != std::string::npos) {
    return bad_line("invalid URI \"" + showable_uri(uri) +
                    "\", the path of an internal location is required, whose \"proxy_pass\" says what the OP "
                    "is asked; or the https URL of the OP's end_session_endpoint");
  }
  auto taken = take_options(line.words, 1,
                            {{"method", take_choice(policy.is_post, {{"GET", false}, {"POST", true}})},
                             {"timeout", take_millis(policy.timeout)},
                             {"notified_by", notified_by}});
  if (!taken) return taken;
  return require_positive("timeout", policy.timeout);
}

Outcome<void> set_already_out(ConfLine& line) {
  return take_choice(provider_of(line).already_out,
                     {{"redirect", AlreadyOut::redirect}, {"page", AlreadyOut::page}})(line.words[0]);
}

Outcome<void> set_show_untold(ConfLine& line) {
  return take_choice(provider_of(line).show_untold, {{"never", ShowUntold::never},
                                                     {"refused", ShowUntold::refused},
                                                     {"any", ShowUntold::any}})(line.words[0]);
}

Outcome<void> set_bad_redirect(ConfLine& line) {
  return take_choice(provider_of(line).bad_redirect,
                     {{"reject", BadRedirect::reject},
                      {"end_without_redirect", BadRedirect::end_without_redirect}})(line.words[0]);
}

Outcome<void> set_allow_http(ConfLine& line) {
  return read_flag(line.words[0]).map([&line](bool on) { provider_of(line).egress.allow_http = on; });
}

Outcome<void> set_tombstone(ConfLine& line) {
  auto& provider = provider_of(line);
  if (auto taken = take_seconds(provider.tombstone)(line.words[0]); !taken) return taken;
  return require_positive("tombstone", provider.tombstone);
}

Outcome<void> set_leeway(ConfLine& line) { return take_seconds(provider_of(line).leeway)(line.words[0]); }

// How an OP's logouts are received, and how long they count.

Outcome<void> set_client_id(ConfLine& line) {
  auto& ids = provider_of(line).client_ids;
  ids.insert(ids.end(), line.words.begin(), line.words.end());
  return {};
}

// Not by the key set, nor by what a token says of itself: both may be of somebody else's making.
Outcome<void> set_signing_alg(ConfLine& line) {
  using enum jose::Algorithm;
  constexpr std::array known{RS256, RS384, RS512, PS256, PS384, PS512, ES256,
                             ES384, ES512, HS256, HS384, HS512, EdDSA};
  if (const auto algorithm = jose::read_algorithm(line.words[0])) {
    provider_of(line).op_algorithm = *algorithm;
    return {};
  }
  std::string names;
  for (const auto one : known)
    names += (names.empty() ? "\"" : ", \"") + std::string(jose::name_of(one)) + '"';
  return bad_line("invalid value \"" + line.words[0] + "\", it must be one of " + names);
}

Outcome<void> set_typ(ConfLine& line) {
  return take_choice(provider_of(line).strict_typ, {{"any", false}, {"strict", true}})(line.words[0]);
}

Outcome<void> set_exp(ConfLine& line) {
  return take_choice(provider_of(line).exp_required,
                     {{"required", true}, {"optional", false}})(line.words[0]);
}

Outcome<void> set_frontchannel_iss(ConfLine& line) {
  return take_choice(provider_of(line).frontchannel_iss_optional,
                     {{"required", false}, {"optional", true}})(line.words[0]);
}

// Times are checked with the whole.
Outcome<void> set_retention(ConfLine& line) {
  return take_seconds(provider_of(line).retention)(line.words[0]);
}

Outcome<void> set_fail(ConfLine& line) {
  return take_choice(provider_of(line).fail_closed, {{"open", false}, {"closed", true}})(line.words[0]);
}

Outcome<void> set_max_stale(ConfLine& line) {
  return take_seconds(provider_of(line).max_stale)(line.words[0]);
}

}  // namespace slo::ngx
