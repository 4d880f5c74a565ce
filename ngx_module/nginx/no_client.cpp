// SPDX-License-Identifier: BSD-2-Clause
// The connection of a request that has no client: no descriptor, our own memory, no worker_connections slot.
#include "ngx_module/nginx/no_client.h"

#include <sys/un.h>

#include <initializer_list>

namespace slo::ngx {
namespace {

// Not -1: by that ngx_lua knows requests that it made itself, for a timer say, and denies them all that looks
// at a request (set_by_lua in the delivery location, balancer_by_lua of an upstream, log_by_lua with
// log_subrequest). No system call takes it for a descriptor.
constexpr ngx_socket_t no_descriptor = -2;

// Everything that looks at a client's address (limit_conn, $remote_addr, ip_hash …) needs one.
sockaddr_un nobody{.sun_family = AF_UNIX, .sun_path = {}};
u_char nobody_text[] = "unix:";

u_char post_method[] = "POST";
u_char http_version_text[] = "HTTP/1.1";

// A literal that nginx will not write to.
template <std::size_t N>
ngx_str_t literal(u_char (&text)[N]) {
  return {N - 1, text};
}

}  // namespace

void NoClient::prepare(ngx_log_t& line, ngx_http_conf_ctx_t* ctx) noexcept {
  auto idle = [](ngx_event_t*) {};
  connection.fd = no_descriptor;
  connection.read = &read_;
  connection.write = &write_;
  for (ngx_event_t* event : {&read_, &write_}) {
    event->data = &connection;
    event->handler = idle;
    event->index = NGX_INVALID_INDEX;
    event->active = 1;  // epoll is never asked about it
    event->log = &line;
  }
  write_.write = 1;
  write_.ready = 1;
  connection.log = &line;
  connection.log_error = NGX_ERROR_INFO;
  connection.tcp_nodelay = NGX_TCP_NODELAY_DISABLED;  // an unbuffered answer would set it on the descriptor
  connection.tcp_nopush = NGX_TCP_NOPUSH_DISABLED;
  connection.number = line.connection;
  connection.sockaddr = connection.local_sockaddr = reinterpret_cast<sockaddr*>(&nobody);
  connection.socklen = connection.local_socklen = sizeof(sa_family_t);
  connection.addr_text = literal(nobody_text);
  http_connection_.conf_ctx = ctx;
  connection.data = &http_connection_;
}

ngx_http_request_t* NoClient::make_request() noexcept {
  connection.pool = ngx_create_pool(256, connection.log);
  if (connection.pool == nullptr) return nullptr;
  ngx_http_request_t* r = ngx_http_create_request(&connection);
  if (r == nullptr) return nullptr;
  request = r;
  connection.data = r;
  r->internal = 1;
  r->method = NGX_HTTP_POST;
  r->method_name = literal(post_method);
  r->http_version = NGX_HTTP_VERSION_11;
  r->http_protocol = literal(http_version_text);
  r->read_event_handler = r->write_event_handler = ngx_http_request_empty_handler;
  // limit_req would delay the call with the timer of a connection that never wakes; limit_conn counts
  // clients.
  r->limit_req_status = r->limit_conn_status = 1;
  ngx_int_t made = ngx_list_init(&r->headers_in.headers, r->pool, 1, sizeof(ngx_table_elt_t));
  return made == NGX_OK ? r : nullptr;
}

void NoClient::close() noexcept {
  if (request != nullptr) {
    request->logged = 1;  // or each call would write an empty line to the access log
    ngx_http_free_request(request, 0);
    request = nullptr;
  }
  for (ngx_event_t* event : {&read_, &write_}) {
    if (event->timer_set) {
      ngx_del_timer(event);
    }
    if (event->posted) {
      ngx_delete_posted_event(event);
    }
    event->active = 0;
    event->closed = 1;
  }
  if (connection.pool != nullptr) {
    ngx_destroy_pool(connection.pool);
    connection.pool = nullptr;
  }
}

}  // namespace slo::ngx
