// SPDX-License-Identifier: BSD-2-Clause
// `clients` and `client`: metadata is collected in the slo_provider block, and understood at its end.
#include <algorithm>
#include <memory>
#include <unordered_set>
#include <utility>

#include "core/client/client_array.h"
#include "core/client/doubts.h"
#include "core/text/showable.h"
#include "core/text/uri.h"
#include "ngx_module/config/client_lists.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/config/directives.h"

namespace slo::ngx {
namespace {

// The clients of one slo_provider block, as its end is read.
struct Reading {
  ngx_conf_t* cf;
  ProviderConf& conf;
  ClientRules rules;
  std::unordered_set<ClientId> ids{};
};

Outcome<void> add_client(Reading& reading, ClientSource& source, ClientRef client) {
  if (!reading.ids.insert(client->id).second)
    return bad_line("the client \"" + client->id.value + "\" is duplicate");
  source.clients.push_back(std::move(client));
  return {};
}

Outcome<void> add_file(Reading& reading, const ClientText& from) {
  ngx_conf_t* cf = reading.cf;
  const std::string named = '"' + from.source.name + "\":";
  auto read = read_clients(from.text, reading.rules);
  if (!read) return bad_line(named + read.error().detail);
  for (const auto& doubt : read->doubts) {
    std::string sentence = "\"clients\": ";
    warn_at(cf->log, sentence.append(named).append(doubt), from.place);
  }
  if (read->has_secrets && is_open(cf, from.source.name)) {
    warn_at(cf->log, about_open(from.source.name), from.place);
  }
  ClientSource& source = reading.conf.client_sources.emplace_back(from.source);
  source.clients.reserve(read->clients.size());
  for (auto& client : read->clients) {
    if (auto added = add_client(reading, source, std::move(client)); !added) return added;
  }
  return {};
}

// Where a member of a client block stands, else where the block begins.
const std::string& place_of_member(const ClientText& from, const std::string& member) {
  const auto found = from.places.find(member);
  return found == from.places.end() ? from.place : found->second;
}

// All blocks are one source, the first.
char* add_block(Reading& reading, const ClientText& from) {
  ngx_log_t* log = reading.cf->log;
  const std::string named =
      "\"client\" \"" + string_member(from.metadata.get(), "client_id").value_or("") + "\": ";
  auto client = read_client(from.metadata.get(), reading.rules);
  if (!client) {
    const auto& error = client.error();
    return refuse_at(log, named + error.refusal.detail, place_of_member(from, error.member));
  }
  for (const auto& doubt : ClientDoubts(reading.rules.is_https).about(from.metadata.get())) {
    warn_at(log, named + doubt.text, place_of_member(from, doubt.member));
  }
  auto added = add_client(reading, reading.conf.client_sources.front(),
                          std::make_shared<const Client>(*std::move(client)));
  return added ? NGX_CONF_OK : refuse_at(log, "\"client\": " + added.error().detail, from.place);
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

Outcome<void> add_member(ngx_conf_t* cf, ClientText& from, const ConfLine& line) {
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
  if (has_member(from.metadata.get(), name.c_str())) return bad_line("is duplicate");
  json_object_set_new(from.metadata.get(), name.c_str(), value->release());
  from.places.emplace(name, place_of(cf));
  return {};
}

char* take_member(ngx_conf_t* cf, ngx_command_t*, void*) noexcept {
  return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [cf]() -> char* {
    const ConfLine line = read_line(cf, nullptr);
    auto added = add_member(cf, *static_cast<ClientText*>(cf->handler_conf), line);
    return added ? NGX_CONF_OK : refuse_line(cf, line.directive, added.error());
  });
}

}  // namespace

namespace {

constexpr Millis usual_check_of_url{60'000};

Outcome<void> take_clients_url(const ConfLine& line, ClientText& from) {
  const std::string& text = from.source.name;
  const std::string named = "\"" + showable_uri(text) + "\" ";
  const auto uri = read_uri(text);
  if (!uri) return bad_line(named + uri.error().detail);
  if (uri->userinfo) return bad_line("must not hold a user name or password");
  if (uri->fragment) return bad_line(named + "must not have a fragment");
  const bool is_safe = uri->scheme == "https" || uri->is_loopback() ||
                       static_cast<MainConf*>(line.conf)->opened->provider.egress.allow_http;
  if (!is_safe) return bad_line(named + "must be an https URL, unless \"allow_http\" is on above it");
  if (from.source.check == Millis{0}) from.source.check = usual_check_of_url;
  return {};
}

}  // namespace

Outcome<void> set_clients(ConfLine& line) {
  ClientText from{.place = place_of(line.cf), .source = {.name = line.words[0]}};
  const std::string& name = from.source.name;
  if (auto taken = take_options(line.words, 1, {{"check", take_millis(from.source.check)}}); !taken)
    return taken;
  const bool is_checked = line.words.size() > 1;
  if (is_checked && (from.source.check < Millis{1000} || from.source.check > Millis{Seconds{24 * 3600}}))
    return bad_line("invalid value of \"check\", it must be 1 second to 1 day");
  if (name.starts_with("https:") || name.starts_with("http:")) {
    if (auto taken = take_clients_url(line, from); !taken) return taken;
  } else {
    from.source.file = full_name(line.cf, name);
    from.source.facts = facts_of(from.source.file);
    auto text = read_text(line.cf, name, max_clients_mib);
    if (!text) return refuse(text.error());
    from.text = *std::move(text);
  }
  static_cast<MainConf*>(line.conf)->client_texts.push_back(std::move(from));
  return {};
}

char* open_client(ngx_conf_t* cf, ngx_command_t*, void* conf) noexcept {
  return guarded(cf->log, static_cast<char*>(NGX_CONF_ERROR), [&]() -> char* {
    auto& from = static_cast<MainConf*>(conf)->client_texts.emplace_back();
    from.place = place_of(cf);
    from.metadata.reset(json_object());
    const std::string_view id = view(static_cast<ngx_str_t*>(cf->args->elts)[1]);
    json_object_set_new(from.metadata.get(), "client_id", make_string(id).release());
    const ngx_conf_t saved = *cf;
    cf->handler = take_member;
    cf->handler_conf = reinterpret_cast<char*>(&from);
    char* parsed = ngx_conf_parse(cf, nullptr);
    *cf = saved;
    return parsed;
  });
}

char* read_sources(ngx_conf_t* cf, MainConf& main) {
  auto& conf = *main.opened;
  Reading reading{.cf = cf, .conf = conf, .rules = rules_of_clients(conf.provider)};
  conf.client_sources.assign(1, {});
  for (const auto& from : main.client_texts) {
    if (from.metadata) {
      if (char* added = add_block(reading, from); added != NGX_CONF_OK) return added;
    } else if (from.source.is_url()) {
      if (std::ranges::count(conf.client_sources, from.source.name, &ClientSource::name) > 0)
        return refuse_at(cf->log, "\"clients\" \"" + showable_uri(from.source.name) + "\" stands twice",
                         from.place);
      conf.client_sources.push_back(from.source);
    } else if (auto added = add_file(reading, from); !added) {
      return refuse_at(cf->log, "\"clients\": " + added.error().detail, from.place);
    }
  }
  main.client_texts.clear();
  return NGX_CONF_OK;
}

}  // namespace slo::ngx
