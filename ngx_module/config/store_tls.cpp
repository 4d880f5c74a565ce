// SPDX-License-Identifier: BSD-2-Clause
// The TLS context of rediss://, made by nginx's own functions, released with the cycle's pool.
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

}  // namespace

Outcome<void> secure_store(ngx_conf_t* cf, const StoreOptions& options, LinkSettings& settings) {
  if (!settings.tls) {
    if (options.ca.empty() && options.certificate.empty() && options.key.empty()) return {};
    return bad_line("ca=, certificate= and key= need TLS: begin the URL with rediss://");
  }
  if (options.certificate.empty() != options.key.empty())
    return bad_line("certificate= and key= need each other");

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
  settings.ssl = *ssl;
  return {};
}

}  // namespace slo::ngx
