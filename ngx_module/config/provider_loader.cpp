// SPDX-License-Identifier: BSD-2-Clause
// Files named in a slo_provider block → bytes → keys.
#include "core/jose/jose.h"
#include "core/text/showable.h"
#include "core/text/uri.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/config/directives.h"

namespace slo::ngx {
namespace {

ProviderConf& opened(ConfLine& line) { return *static_cast<MainConf*>(line.conf)->opened; }

tl::unexpected<Refusal> about_file(const std::string& file, const Refusal& refusal) {
  return bad_line("\"" + file + "\": " + refusal.detail);
}

// `options`: the words behind the file, less `flags`.
Outcome<jose::Key> load_private_key(ConfLine& line, const std::vector<std::string>& options,
                                    const std::vector<std::string_view>& flags) {
  const std::string& file = line.words[0];
  auto pem = read_text(line.cf, file);
  if (!pem) return refuse(pem.error());
  warn_if_open(line.cf, file);
  auto key = jose::Key::from_pem(*pem);
  OPENSSL_cleanse(pem->data(), pem->size());
  if (!key) return about_file(file, key.error());
  std::string kid;
  auto taken = take_options(options, 0, {{"kid", take_text(kid)}}, {.known = flags, .may_be_secrets = true});
  if (!taken) return refuse(taken.error());
  if (!kid.empty()) key->set_kid(std::move(kid));
  return key;
}

}  // namespace

namespace {

// What is to be fetched later; whether it may be http is known when the block is read (check()).
Outcome<void> take_jwks_uri(Provider& provider, const std::string& text) {
  const auto uri = read_uri(text);
  const std::string named = "\"" + showable_uri(text) + "\" ";
  if (!uri) return bad_line(named + uri.error().detail);
  if (uri->userinfo) return bad_line("must not hold a user name or password");
  if (uri->fragment) return bad_line(named + "must not have a fragment");
  provider.keys_from = KeysFrom::url;
  provider.jwks_uri = text;
  return {};
}

}  // namespace

Outcome<void> set_jwks(ConfLine& line) {
  const std::string& file = line.words[0];
  if (file == "off") return {};
  if (file.starts_with("https:") || file.starts_with("http:"))
    return take_jwks_uri(opened(line).provider, file);
  auto text = read_text(line.cf, file);
  if (!text) return refuse(text.error());
  auto keys = jose::KeySet::parse(*text);
  if (!keys) return about_file(file, keys.error());
  if (keys->left_out() > 0) {
    ngx_conf_log_error(NGX_LOG_WARN, line.cf, 0, "\"jwks\": \"%s\": %uz keys cannot be used and are left out",
                       file.c_str(), keys->left_out());
  }
  auto& provider = opened(line).provider;
  provider.keys = std::move(*keys);
  provider.keys_from = KeysFrom::file;
  return {};
}

Outcome<void> set_signing_key(ConfLine& line) {
  std::vector<std::string> options(line.words.begin() + 1, line.words.end());
  const auto times = std::erase(options, "publish_only");
  if (times > 1) return bad_line("has the parameter \"publish_only\" twice");
  const bool is_shown_only = times == 1;
  return load_private_key(line, options, {"publish_only"}).map([&line, is_shown_only](jose::Key key) {
    auto& conf = opened(line);
    if (is_shown_only) return conf.provider.shown_keys.push_back(std::move(key));
    conf.provider.signing_keys.push_back(std::move(key));
    conf.signing_key_places.push_back(std::string(view(line.cf->conf_file->file.name)) + ":" +
                                      std::to_string(line.cf->conf_file->line));
  });
}

Outcome<void> set_decryption_key(ConfLine& line) {
  return load_private_key(line, {line.words.begin() + 1, line.words.end()}, {}).map([&line](jose::Key key) {
    opened(line).provider.decryption_keys.push_back(std::move(key));
  });
}

Outcome<void> set_client_secret_file(ConfLine& line) {
  const std::string& file = line.words[0];
  auto secret = read_secret_text(line.cf, file);
  if (!secret) return refuse(secret.error());
  auto key = jose::Key::from_secret(*secret);
  OPENSSL_cleanse(secret->data(), secret->size());
  if (!key) return bad_line('"' + file + "\" holds less than 32 bytes");
  opened(line).provider.client_secret = *std::move(key);
  return {};
}

}  // namespace slo::ngx
