// SPDX-License-Identifier: BSD-2-Clause
// slo_store: the Redis that all workers and hosts share, and this host's shared memory.
#include "core/text/file_text.h"
#include "ngx_module/config/conf.h"
#include "ngx_module/config/directives.h"
#include "ngx_module/config/store_url.h"
#include "ngx_module/nginx/zone.h"

namespace slo::ngx {
namespace {

constexpr std::string_view default_zone = "slo:1m";

Outcome<ngx_shm_zone_t*> read_zone(ngx_conf_t* cf, const std::string& value) {
  const std::size_t colon = value.find(':');
  if (colon == 0 || colon == std::string::npos)
    return bad_line("invalid zone \"" + value + "\", write zone=name:size");
  ngx_str_t size_text = to_ngx(cf->pool, std::string_view(value).substr(colon + 1));
  const ssize_t size = ngx_parse_size(&size_text);
  if (size == NGX_ERROR || size < static_cast<ssize_t>(8 * ngx_pagesize)) {
    return bad_line("invalid size in zone \"" + value + "\", at least 32k is required");
  }
  ngx_str_t name = to_ngx(cf->pool, std::string_view(value).substr(0, colon));
  ngx_shm_zone_t* zone = add_zone(cf, name, static_cast<std::size_t>(size));
  if (zone == nullptr) return bad_line("the zone \"" + value + "\" cannot be made");
  return zone;
}

Outcome<std::size_t> read_marks_size(ngx_conf_t* cf, const std::string& value) {
  ngx_str_t text = to_ngx(cf->pool, value);
  const ssize_t size = ngx_parse_size(&text);
  if (size == NGX_ERROR) return bad_line("invalid size in \"marks=" + value + "\", write it as 16m");
  if (size < static_cast<ssize_t>(16 * ngx_pagesize))
    return bad_line("invalid size in \"marks=" + value + "\", at least 64k is required");
  return static_cast<std::size_t>(size);
}

// wait=replicas,time
Taker take_wait(std::optional<redis::ReplicaWait>& target) {
  return [&target](const std::string& value) -> Outcome<void> {
    constexpr std::size_t most_replicas = 64;
    const std::size_t comma = value.find(',');
    const auto count = std::string_view(value).substr(0, comma);
    const auto time = comma == std::string::npos ? Outcome<Millis>(bad_line(""))
                                                 : read_millis(std::string_view(value).substr(comma + 1));
    const ngx_int_t replicas =
        ngx_atoi(const_cast<u_char*>(reinterpret_cast<const u_char*>(count.data())), count.size());
    if (replicas == NGX_ERROR || !time) return bad_line(R"(write replicas and a time, as in "wait=1,100ms")");
    if (replicas < 1 || replicas > static_cast<ngx_int_t>(most_replicas))
      return bad_line("replicas must be 1 to " + std::to_string(most_replicas));
    if (*time <= Millis{0}) return bad_line("its time must be greater than zero");
    target = redis::ReplicaWait{.replicas = static_cast<unsigned>(replicas), .time = *time};
    return {};
  };
}

Outcome<void> check_times(const StoreOptions& options) {
  if (options.timeout <= Millis{0})
    return bad_line("invalid parameter \"timeout=0\", it must be greater than zero");
  if (options.timeout > Millis{60'000})
    return bad_line("invalid parameter \"timeout=\", it must be at most 60 seconds: users wait so long");
  if (options.wait && options.wait->time >= options.timeout)
    return bad_line("invalid parameter \"wait=\", its time must be less than \"timeout=\"");
  return {};
}

Outcome<std::string> read_secret(ngx_conf_t* cf, const std::string& name) {
  // Any bytes are a secret here, a byte order mark as well.
  return read_file(cf, name).and_then([&](const std::string& bytes) -> Outcome<std::string> {
    warn_if_open(cf, name);
    std::string secret(without_line_ends(bytes));
    if (secret.size() < 16) return bad_line("\"" + name + "\" holds less than 16 bytes");
    return secret;
  });
}

}  // namespace

Outcome<void> set_store(ConfLine& line) {
  auto& conf = *static_cast<MainConf*>(line.conf);
  if (conf.store) return bad_line("is duplicate");
  StoreOptions options{.url = line.words[0]};
  std::string zone(default_zone);
  std::string secret_file, marks = "16m";
  auto taken = take_options(line.words, 1,
                            {{"zone", take_text(zone)},
                             {"prefix", take_text(options.prefix)},
                             {"timeout", take_millis(options.timeout)},
                             {"wait", take_wait(options.wait)},
                             {"user", take_text(options.user)},
                             {"password_file", take_text(options.password_file)},
                             {"ca", take_text(options.ca)},
                             {"certificate", take_text(options.certificate)},
                             {"key", take_text(options.key)},
                             {"secret_file", take_text(secret_file)},
                             {"marks", take_text(marks)},
                             {"sentinel_user", take_text(options.sentinel_user)},
                             {"sentinel_password_file", take_text(options.sentinel_password_file)},
                             {"sentinel_tls", take_text(options.sentinel_tls)},
                             {"sentinel_ca", take_text(options.sentinel_ca)},
                             {"sentinel_certificate", take_text(options.sentinel_certificate)},
                             {"sentinel_key", take_text(options.sentinel_key)}},
                            {.may_be_secrets = true});
  if (!taken) return taken;
  if (auto right = check_times(options); !right) return right;
  for (const auto* key : {&options.key, &options.sentinel_key}) {
    if (!key->empty()) warn_if_open(line.cf, *key);
  }
  StoreConf store;
  auto link = read_store_url(line.cf, options);
  if (!link) return refuse(link.error());
  store.link = std::move(*link);
  store.link.wait = options.wait;
  auto made = read_zone(line.cf, zone);
  if (!made) return refuse(made.error());
  store.zone = *made;
  auto marks_size = read_marks_size(line.cf, marks);
  if (!marks_size) return refuse(marks_size.error());
  store.marks_size = *marks_size;
  if (!secret_file.empty()) {
    auto secret = read_secret(line.cf, secret_file);
    if (!secret) return refuse(secret.error());
    store.cookie_secret = std::move(*secret);
  }
  conf.store = std::move(store);
  return {};
}

}  // namespace slo::ngx
