// SPDX-License-Identifier: BSD-2-Clause
// `clients` and `client`: metadata is collected in the slo_provider block, and understood at its end.
#include "core/client/client.h"
#include "core/client/doubts.h"
#include "core/text/closest.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/config/directives.h"
#include "redis_schema/key.h"

namespace slo::ngx {
namespace {

constexpr std::size_t max_clients_mib = 128;

ClientRules rules_of(const Provider& provider) { return {.allow_http = provider.egress.allow_http}; }

Outcome<void> add_client(Provider& provider, Client client) {
  const ClientId id = client.id;
  if (!provider.clients.try_emplace(id, std::move(client)).second) {
    return bad_line("the client \"" + id.value + "\" is duplicate");
  }
  if (const ClientId stored = redis::stored_client(id); stored != id)
    provider.short_names.emplace(stored, id);
  return {};
}

// Of clients that sign with another key as well: whoever reads a secret is that client for the OP.
bool holds_secrets(const std::string& text) {
  // Only an escape could write the name in another way.
  if (text.find("client_secret") == std::string::npos && text.find('\\') == std::string::npos) return false;
  const auto clients = parse_json(text);
  for (std::size_t i = 0; clients && i < json_array_size(clients->get()); ++i) {
    if (has_member(json_array_get(clients->get(), i), "client_secret")) return true;
  }
  return false;
}

Outcome<void> add_file(ngx_conf_t* cf, Provider& provider, const ClientSource& source) {
  const std::string named = '"' + source.file + "\":";
  auto clients = read_clients(source.text, rules_of(provider));
  if (!clients) return bad_line(named + clients.error().detail);
  for (const auto& doubt : doubts_about_clients(source.text, provider.is_https())) {
    std::string sentence = "\"clients\": ";
    warn_at(cf->log, sentence.append(named).append(doubt), source.place);
  }
  if (holds_secrets(source.text) && is_open(cf, source.file)) {
    warn_at(cf->log, about_open(source.file), source.place);
  }
  for (auto& [id, client] : *clients) {
    if (auto added = add_client(provider, std::move(client)); !added) return added;
  }
  return {};
}

// Where a member of a client block stands, else where the block begins.
const std::string& place_of_member(const ClientSource& source, const std::string& member) {
  const auto found = source.places.find(member);
  return found == source.places.end() ? source.place : found->second;
}

char* add_block(ngx_conf_t* cf, Provider& provider, const ClientSource& source) {
  const std::string named =
      "\"client\" \"" + string_member(source.metadata.get(), "client_id").value_or("") + "\": ";
  auto client = read_client(source.metadata.get(), rules_of(provider));
  if (!client) {
    const auto& error = client.error();
    return refuse_at(cf->log, named + error.refusal.detail, place_of_member(source, error.member));
  }
  for (const auto& doubt : doubts_about(source.metadata.get(), provider.is_https())) {
    warn_at(cf->log, named + doubt.text, place_of_member(source, doubt.member));
  }
  auto added = add_client(provider, std::move(*client));
  return added ? NGX_CONF_OK : refuse_at(cf->log, "\"client\": " + added.error().detail, source.place);
}

// A member of a client block as JSON: lists where the metadata has lists, booleans for on and off.
Outcome<Json> member_value(ngx_conf_t* cf, const ConfLine& line, MemberKind kind) {
  const std::string& first = line.words[0];
  if (kind == MemberKind::list) {
    Json list(json_array());
    for (const auto& value : line.words) json_array_append_new(list.get(), make_string(value).release());
    return list;
  }
  if (line.words.size() > 1) return bad_line("takes one value");
  if (kind == MemberKind::flag) return read_flag(first).map([](bool on) { return Json(json_boolean(on)); });
  if (kind == MemberKind::text) return make_string(first);
  auto text = read_text(cf, first);
  if (!text) return refuse(text.error());
  auto parsed = parse_json(*text);
  if (!parsed) return bad_line('"' + first + "\":" + parsed.error().detail);
  return parsed;
}

Outcome<void> add_member(ngx_conf_t* cf, ClientSource& source, const ConfLine& line) {
  if (line.words.empty()) return bad_line("needs a value");
  const bool is_secret_file = line.directive == "client_secret_file";
  const std::string name = is_secret_file ? "client_secret" : line.directive;
  Outcome<Json> value = Json();
  if (is_secret_file) {
    if (line.words.size() > 1) return bad_line("takes one value");
    value = read_secret_text(cf, line.words[0]).map([](const std::string& secret) {
      return make_string(secret);
    });
  } else {
    // Unknown members are ignored, whatever they hold; that they are nearly known is said at the end.
    const auto kind = kind_of_member(name);
    if (!kind) {
      value = make_string("");
    } else {
      value = member_value(cf, line, *kind);
    }
  }
  if (!value) return refuse(value.error());
  if (has_member(source.metadata.get(), name.c_str())) return bad_line("is duplicate");
  json_object_set_new(source.metadata.get(), name.c_str(), value->release());
  source.places.emplace(name, place_of(cf));
  return {};
}

char* take_member(ngx_conf_t* cf, ngx_command_t*, void*) noexcept {
  return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [cf]() -> char* {
    const ConfLine line = read_line(cf, nullptr);
    auto added = add_member(cf, *static_cast<ClientSource*>(cf->handler_conf), line);
    return added ? NGX_CONF_OK : refuse_line(cf, line.directive, added.error());
  });
}

}  // namespace

Outcome<void> set_clients(ConfLine& line) {
  auto text = read_text(line.cf, line.words[0], max_clients_mib);
  if (!text) return refuse(text.error());
  auto& source = static_cast<MainConf*>(line.conf)->sources.emplace_back();
  source.place = place_of(line.cf);
  source.file = line.words[0];
  source.text = *std::move(text);
  return {};
}

char* open_client(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept {
  return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [&]() -> char* {
    auto& source = static_cast<MainConf*>(conf)->sources.emplace_back();
    source.place = place_of(cf);
    source.metadata.reset(json_object());
    const std::string_view id = view(static_cast<ngx_str_t*>(cf->args->elts)[1]);
    json_object_set_new(source.metadata.get(), "client_id", make_string(id).release());
    const ngx_conf_t saved = *cf;
    cf->handler = take_member;
    cf->handler_conf = reinterpret_cast<char*>(&source);
    char* parsed = ngx_conf_parse(cf, nullptr);
    *cf = saved;
    return parsed;
  });
}

char* read_sources(ngx_conf_t* cf, MainConf& main) {
  auto& provider = main.opened->provider;
  for (const auto& source : main.sources) {
    if (source.metadata) {
      if (char* added = add_block(cf, provider, source); added != NGX_CONF_OK) return added;
    } else if (auto added = add_file(cf, provider, source); !added) {
      return refuse_at(cf->log, "\"clients\": " + added.error().detail, source.place);
    }
  }
  main.sources.clear();
  return NGX_CONF_OK;
}

}  // namespace slo::ngx
