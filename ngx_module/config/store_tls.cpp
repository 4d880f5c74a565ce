// SPDX-License-Identifier: BSD-2-Clause
// The TLS contexts of servers and sentinels, made by nginx's own functions, released with the cycle's pool.
#include "ngx_module/config/store_tls.h"

#include <openssl/ssl.h>

#include "ngx_module/config/conf_line.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

constexpr const char* system_authorities = "/etc/ssl/certs/ca-certificates.crt";
constexpr ngx_int_t max_chain = 5;

Outcome<ngx_ssl_t*> make_context(ngx_conf_t* cf) {
  auto* ssl = static_cast<ngx_ssl_t*>(ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t)));
  ngx_pool_cleanup_t* cleanup = ngx_pool_cleanup_add(cf->pool, 0);
  if (ssl == nullptr || cleanup == nullptr) return bad_line("out of memory");
  ssl->log = cf->log;
  if (ngx_ssl_create(ssl, NGX_SSL_TLSv1_2 | NGX_SSL_TLSv1_3, nullptr) != NGX_OK)
    return bad_line("TLS cannot be set up");
  cleanup->handler = ngx_ssl_cleanup_ctx;
  cleanup->data = ssl;
  // What waits to be written grows meanwhile, and so moves; without this OpenSSL calls that a bad write
  // retry.
  SSL_CTX_set_mode(ssl->ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
  return ssl;
}

struct Files {
  std::string ca{}, certificate{}, key{};
  bool are_named() const { return !ca.empty() || !certificate.empty() || !key.empty(); }
};

Outcome<ngx_ssl_t*> secured(ngx_conf_t* cf, const Files& options) {
  if (options.certificate.empty() != options.key.empty())
    return bad_line("a certificate and its key need each other");

  const auto ssl = make_context(cf);
  if (!ssl) return refuse(ssl.error());
  ngx_str_t authorities = to_ngx(cf->pool, options.ca.empty() ? system_authorities : options.ca);
  if (ngx_ssl_trusted_certificate(cf, *ssl, &authorities, max_chain) != NGX_OK) {
    return bad_line("ca \"" + std::string(view(authorities)) + "\" cannot be read as certificates");
  }
  if (!options.certificate.empty()) {
    ngx_str_t certificate = to_ngx(cf->pool, options.certificate);
    ngx_str_t key = to_ngx(cf->pool, options.key);
    if (ngx_ssl_certificate(cf, *ssl, &certificate, &key, nullptr) != NGX_OK) {
      return bad_line("certificate \"" + std::string(view(certificate)) + "\" and key \"" +
                      std::string(view(key)) + "\" cannot be used");
    }
  }
  return *ssl;
}

// What is not said of the sentinels is as with the servers.
Files files_for_sentinels(const StoreOptions& options) {
  Files files{options.sentinel_ca, options.sentinel_certificate, options.sentinel_key};
  if (files.ca.empty()) files.ca = options.ca;
  if (files.certificate.empty() && files.key.empty()) {
    files.certificate = options.certificate;
    files.key = options.key;
  }
  return files;
}

Outcome<void> secure_sentinels(ngx_conf_t* cf, const StoreOptions& options, SentinelSettings& sentinel) {
  if (!sentinel.tls) {
    const Files own{options.sentinel_ca, options.sentinel_certificate, options.sentinel_key};
    if (!own.are_named()) return {};
    return bad_line("sentinel_ca=, sentinel_certificate= and sentinel_key= need \"sentinel_tls=on\"");
  }
  const auto ssl = secured(cf, files_for_sentinels(options));
  if (!ssl) return refuse(ssl.error());
  sentinel.ssl = *ssl;
  return {};
}

}  // namespace

Outcome<void> secure_store(ngx_conf_t* cf, const StoreOptions& options, LinkSettings& settings) {
  const Files files{options.ca, options.certificate, options.key};
  if (!settings.tls && files.are_named()) {
    return bad_line(std::string("ca=, certificate= and key= need TLS: begin the URL with ") +
                    (settings.sentinel          ? "rediss-sentinel://"
                     : settings.cluster.empty() ? "rediss://"
                                                : "rediss-cluster://"));
  }
  if (settings.tls) {
    const auto ssl = secured(cf, files);
    if (!ssl) return refuse(ssl.error());
    settings.ssl = *ssl;
  }
  return settings.sentinel ? secure_sentinels(cf, options, *settings.sentinel) : Outcome<void>();
}

}  // namespace slo::ngx
