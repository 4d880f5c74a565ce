// SPDX-License-Identifier: BSD-2-Clause
// Files named in a slo_provider block → bytes → keys and clients.
#include "core/client.h"
#include "core/jose.h"
#include "ngx_module/conf.h"
#include "ngx_module/directives.h"
#include "redis_schema/key.h"

namespace slo::ngx {
namespace {

ProviderConf& opened(Line& line) { return *static_cast<MainConf*>(line.conf)->opened; }

ClientRules rules_of(const Provider& provider) { return {.allow_http = provider.egress.allow_http}; }

tl::unexpected<Refusal> about_file(const std::string& file, const Refusal& refusal) {
  return bad_line("\"" + file + "\": " + refusal.detail);
}

Outcome<jose::Key> load_private_key(Line& line) {
  const std::string& file = line.words[0];
  auto pem = read_file(line.cf, file);
  if (!pem) return refuse(pem.error());
  auto key = jose::Key::from_pem(*pem);
  OPENSSL_cleanse(pem->data(), pem->size());
  if (!key) return about_file(file, key.error());
  std::string kid;
  if (auto taken = take_options(line.words, 1, {{"kid", take_text(kid)}}); !taken)
    return refuse(taken.error());
  if (!kid.empty()) key->set_kid(std::move(kid));
  return key;
}

Outcome<void> add_client(Provider& provider, Client client) {
  const ClientId id = client.id;
  if (!provider.clients.try_emplace(id, std::move(client)).second) {
    return bad_line("the client \"" + id.value + "\" is duplicate");
  }
  if (const ClientId stored = redis::stored_client(id); stored != id)
    provider.short_names.emplace(stored, id);
  return {};
}

// A member of a client block as JSON: lists where the metadata has lists, booleans for on and off.
Json member_value(std::string_view name, const std::vector<std::string>& values) {
  if (name == "redirect_uris" || name == "post_logout_redirect_uris") {
    Json list(json_array());
    for (const auto& value : values) json_array_append_new(list.get(), make_string(value).release());
    return list;
  }
  if (values[0] == "on" || values[0] == "off") return Json(json_boolean(values[0] == "on"));
  return make_string(values[0]);
}

Outcome<void> add_member(ngx_conf_t* cf, json_t* metadata, const Line& line) {
  std::string name = line.directive;
  if (line.words.empty()) return bad_line("needs a value");
  Json value = member_value(name, line.words);
  if (name == "jwks" || name == "client_secret_file") {
    auto bytes = read_file(cf, line.words[0]);
    if (!bytes) return refuse(bytes.error());
    while (!bytes->empty() && bytes->back() == '\n') bytes->pop_back();
    if (name == "jwks") {
      auto parsed = parse_json(*bytes);
      if (!parsed) return about_file(line.words[0], parsed.error());
      value = std::move(*parsed);
    } else {
      name = "client_secret";
      value = make_string(*bytes);
    }
  } else if (!json_is_array(value.get()) && line.words.size() > 1) {
    return bad_line("takes one value");
  }
  if (has_member(metadata, name.c_str())) return bad_line("is duplicate");
  json_object_set_new(metadata, name.c_str(), value.release());
  return {};
}

char* take_member(ngx_conf_t* cf, ngx_command_t*, void*) noexcept {
  return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [cf]() -> char* {
    const Line line = read_line(cf, nullptr);
    auto added = add_member(cf, static_cast<json_t*>(cf->handler_conf), line);
    return added ? NGX_CONF_OK : refuse_line(cf, line.directive, added.error());
  });
}

}  // namespace

Outcome<void> set_jwks(Line& line) {
  const std::string& file = line.words[0];
  if (file.starts_with("https:") || file.starts_with("http:")) {
    return bad_line("\"" + file + "\" is a URL: this version reads keys from a file only");
  }
  auto text = read_file(line.cf, file);
  if (!text) return refuse(text.error());
  auto keys = jose::KeySet::parse(*text);
  if (!keys) return about_file(file, keys.error());
  if (keys->left_out() > 0) {
    ngx_conf_log_error(NGX_LOG_WARN, line.cf, 0, "\"jwks\": \"%s\": %uz keys cannot be used and are left out",
                       file.c_str(), keys->left_out());
  }
  opened(line).provider.keys = std::move(*keys);
  return {};
}

Outcome<void> set_signing_key(Line& line) {
  return load_private_key(line).map([&line](jose::Key key) {
    auto& conf = opened(line);
    conf.provider.signing_keys.push_back(std::move(key));
    conf.signing_key_places.push_back(std::string(view(line.cf->conf_file->file.name)) + ":" +
                                      std::to_string(line.cf->conf_file->line));
  });
}

Outcome<void> set_decryption_key(Line& line) {
  return load_private_key(line).map(
      [&line](jose::Key key) { opened(line).provider.decryption_keys.push_back(std::move(key)); });
}

Outcome<void> set_clients(Line& line) {
  const std::string& file = line.words[0];
  auto text = read_file(line.cf, file);
  if (!text) return refuse(text.error());
  auto& provider = opened(line).provider;
  auto clients = read_clients(*text, rules_of(provider));
  if (!clients) return bad_line("\"" + file + "\":" + clients.error().detail);
  for (auto& [id, client] : *clients) {
    if (auto added = add_client(provider, std::move(client)); !added) return added;
  }
  return {};
}

char* open_client(ngx_conf_t* cf, ngx_command_t* command, void* conf) noexcept {
  return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [&]() -> char* {
    auto& provider = static_cast<MainConf*>(conf)->opened->provider;
    const std::string_view id = view(static_cast<ngx_str_t*>(cf->args->elts)[1]);
    const Json metadata(json_object());
    json_object_set_new(metadata.get(), "client_id", make_string(id).release());
    const ngx_conf_t saved = *cf;
    cf->handler = take_member;
    cf->handler_conf = metadata.get();
    char* parsed = ngx_conf_parse(cf, nullptr);
    *cf = saved;
    if (parsed != NGX_CONF_OK) return parsed;
    auto client = read_client(metadata.get(), rules_of(provider));
    if (!client) return refuse_line(cf, view(command->name), client.error().refusal);
    auto added = add_client(provider, std::move(*client));
    return added ? NGX_CONF_OK : refuse_line(cf, view(command->name), added.error());
  });
}

}  // namespace slo::ngx
