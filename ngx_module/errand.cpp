// SPDX-License-Identifier: BSD-2-Clause
// One trip of the courier: a detached request of its own with one background subrequest to the carrier
// location.
//
// The request has no client: its connection has no descriptor, lives in our memory and takes no
// worker_connections slot. nginx never gets to close it (that would log an alert): the initial reference
// stays ours, and the parent is freed here, from a posted event or the destructor, which also aborts whatever
// the upstream module is waiting for.
#include "ngx_module/errand.h"

#include <sys/un.h>

#include <algorithm>

#include "ngx_module/errand_log.h"
#include "ngx_module/pool.h"
#include "ngx_module/receiver_answer.h"
#include "ngx_module/wake.h"

namespace slo::ngx {
namespace {

constexpr std::size_t sample_limit = 512;
constexpr std::size_t body_limit = 64 * 1024;  // more than any answer needs: an endless one is cut here

// Everything that looks at a client's address (limit_conn, $remote_addr, ip_hash …) needs one.
sockaddr_un nobody{.sun_family = AF_UNIX, .sun_path = {}};
u_char nobody_text[] = "unix:";

u_char post_method[] = "POST";
u_char http_version_text[] = "HTTP/1.1";
u_char content_type_key[] = "Content-Type";
u_char content_type_lowcase[] = "content-type";
u_char form_type[] = "application/x-www-form-urlencoded";

// A literal that nginx will not write to.
template <std::size_t N>
ngx_str_t literal(u_char (&text)[N]) {
  return {N - 1, text};
}

}  // namespace

struct Errand::State {
  State(const Carrier& to, Envelope sealed, Label label, Done when_done);
  ~State() { free_request(); }
  State(const State&) = delete;

  bool open();  // makes the parent
  bool send();  // makes the subrequest and lets it run
  void ended(ngx_http_request_t& call, ngx_int_t rc);
  void cut_off();  // the deadline
  void settle_with(Answer final_answer);
  void report();
  void free_request() noexcept;
  bool address_call(ngx_http_request_t& call);
  ngx_int_t swallow(ngx_http_request_t& call, ngx_chain_t* in);

  const Carrier& carrier;
  Envelope envelope;
  Done done;
  ngx_connection_t connection{};
  ngx_event_t read{}, write{};
  ngx_http_connection_t http_connection{};
  ErrandLog log;
  ngx_http_post_subrequest_t at_end{};
  ngx_http_request_t* parent = nullptr;
  ngx_http_request_t* call = nullptr;
  Wake finish;
  Wake deadline;
  Answer answer{};
  bool is_settled = false;
  std::size_t swallowed = 0;
  std::string sample{};
};

namespace {

Errand::State* errand_of(const ngx_http_request_t& r) noexcept {
  if (!ErrandLog::belongs_to(*r.connection)) return nullptr;
  return static_cast<Errand::State*>(ngx_http_get_module_ctx(r.main, ngx_http_slo_module));
}

}  // namespace

Errand::State::State(const Carrier& to, Envelope sealed, Label label, Done when_done)
    : carrier(to),
      envelope(std::move(sealed)),
      done(std::move(when_done)),
      log(to, std::move(label), connection),
      finish(ngx_cycle->log, [this] { report(); }),
      deadline(ngx_cycle->log, [this] { cut_off(); }) {
  auto idle = [](ngx_event_t*) {};
  connection.fd = -1;
  connection.read = &read;
  connection.write = &write;
  for (ngx_event_t* event : {&read, &write}) {
    event->data = &connection;
    event->handler = idle;
    event->index = NGX_INVALID_INDEX;
    event->active = 1;  // epoll is never asked about a descriptor of -1
    event->log = &log.line;
  }
  write.write = 1;
  write.ready = 1;
  connection.log = &log.line;
  connection.log_error = NGX_ERROR_INFO;
  connection.tcp_nodelay = NGX_TCP_NODELAY_DISABLED;  // an unbuffered answer would set it on descriptor -1
  connection.tcp_nopush = NGX_TCP_NOPUSH_DISABLED;
  connection.number = log.line.connection;
  connection.sockaddr = connection.local_sockaddr = reinterpret_cast<sockaddr*>(&nobody);
  connection.socklen = connection.local_socklen = sizeof(sa_family_t);
  connection.addr_text = literal(nobody_text);
  http_connection.conf_ctx = carrier.ctx;
  connection.data = &http_connection;
}

bool Errand::State::open() {
  connection.pool = ngx_create_pool(256, &log.line);
  if (connection.pool == nullptr) return false;
  ngx_http_request_t* r = ngx_http_create_request(&connection);
  if (r == nullptr) return false;
  parent = r;
  log.attach();
  connection.data = r;
  ngx_http_set_ctx(r, this, ngx_http_slo_module);
  r->internal = 1;
  r->method = NGX_HTTP_POST;
  r->method_name = literal(post_method);
  r->http_version = NGX_HTTP_VERSION_11;
  r->http_protocol = literal(http_version_text);
  r->read_event_handler = r->write_event_handler = ngx_http_request_empty_handler;
  // limit_req would delay the call with the timer of a connection that never wakes; limit_conn counts
  // clients.
  r->limit_req_status = r->limit_conn_status = 1;
  return ngx_list_init(&r->headers_in.headers, r->pool, 1, sizeof(ngx_table_elt_t)) == NGX_OK;
}

bool Errand::State::send() {
  at_end.data = this;
  at_end.handler = [](ngx_http_request_t* r, void* data, ngx_int_t rc) -> ngx_int_t {
    guarded(r->connection->log, [&] { static_cast<State*>(data)->ended(*r, rc); });
    // An error of a filter, or another return value, would make nginx terminate and free the parent itself.
    r->connection->error = 0;
    return NGX_OK;
  };
  ngx_str_t uri = carrier.uri;
  ngx_int_t made = ngx_http_subrequest(parent, &uri, nullptr, &call, &at_end, NGX_HTTP_SUBREQUEST_BACKGROUND);
  if (made != NGX_OK || !address_call(*call)) return false;
  // The active request, as far as buffering goes: otherwise nginx would collect the whole answer, in a
  // temporary file if it is long, before we see the first byte of it.
  connection.data = call;
  ngx_http_run_posted_requests(&connection);
  return true;
}

bool Errand::State::address_call(ngx_http_request_t& r) {
  r.method = NGX_HTTP_POST;
  r.method_name = literal(post_method);
  r.uri_changes = 1;  // no internal redirect: an X-Accel-Redirect must not reach our own locations
  // The list copied from the parent still points into it: never push onto that one.
  ngx_memzero(&r.headers_in, sizeof(r.headers_in));
  r.headers_in.keep_alive_n = -1;
  r.headers_in.content_length_n = static_cast<off_t>(envelope.body.size());
  if (ngx_list_init(&r.headers_in.headers, r.pool, 2, sizeof(ngx_table_elt_t)) != NGX_OK) return false;
  auto* type = static_cast<ngx_table_elt_t*>(ngx_list_push(&r.headers_in.headers));
  auto* body = static_cast<ngx_http_request_body_t*>(ngx_pcalloc(r.pool, sizeof(ngx_http_request_body_t)));
  auto* buffer = static_cast<ngx_buf_t*>(ngx_calloc_buf(r.pool));
  ngx_chain_t* link = ngx_alloc_chain_link(r.pool);
  if (type == nullptr || body == nullptr || buffer == nullptr || link == nullptr) return false;
  ngx_memzero(type, sizeof(*type));
  type->hash = ngx_hash_key(content_type_lowcase, sizeof(content_type_lowcase) - 1);
  type->key = literal(content_type_key);
  type->lowcase_key = content_type_lowcase;
  type->value = literal(form_type);
  r.headers_in.content_type = type;
  buffer->start = buffer->pos = reinterpret_cast<u_char*>(envelope.body.data());
  buffer->end = buffer->last = buffer->pos + envelope.body.size();
  buffer->memory = 1;  // ours: read only
  buffer->last_buf = 1;
  link->buf = buffer;
  link->next = nullptr;
  body->bufs = link;
  r.request_body = body;
  return true;
}

// From inside nginx's own stack of the call: note what came, free nothing.
void Errand::State::ended(ngx_http_request_t& r, ngx_int_t rc) {
  Answer told = receiver_answer(r, rc);
  if (told.by_receiver) told.sample = std::move(sample);
  settle_with(std::move(told));
}

void Errand::State::cut_off() {
  log.note("no answer in time");
  Answer told = receiver_answer(*call, NGX_HTTP_GATEWAY_TIME_OUT);
  if (told.by_receiver) told.sample = std::move(sample);
  settle_with(std::move(told));
}

void Errand::State::settle_with(Answer final_answer) {
  if (is_settled) return;
  is_settled = true;
  answer = std::move(final_answer);
  if (!answer.by_receiver) answer.sample = log.last_error();
  finish.post();
}

void Errand::State::report() {
  free_request();
  deadline.cancel();
  Done tell = std::move(done);
  Answer told = std::move(answer);
  tell(told);  // may destroy this errand
}

void Errand::State::free_request() noexcept {
  if (parent != nullptr) {
    parent->logged = 1;  // or each call would write an empty line to the access log
    ngx_http_free_request(parent, 0);
    parent = call = nullptr;
  }
  for (ngx_event_t* event : {&read, &write}) {
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

ngx_int_t Errand::State::swallow(ngx_http_request_t& r, ngx_chain_t* in) {
  for (; in != nullptr; in = in->next) {
    ngx_buf_t& buffer = *in->buf;
    auto size = static_cast<std::size_t>(ngx_buf_size(&buffer));
    if (ngx_buf_in_memory(&buffer) && sample.size() < sample_limit) {
      sample.append(reinterpret_cast<const char*>(buffer.pos), std::min(size, sample_limit - sample.size()));
    }
    swallowed += size;
    buffer.pos = buffer.last;
    buffer.file_pos = buffer.file_last;
  }
  if (swallowed <= body_limit) return NGX_OK;
  // The status stands; the error makes the upstream module stop reading within this very turn.
  ended(r, NGX_OK);
  return NGX_ERROR;
}

Errand::Errand(std::unique_ptr<State> state) : state_(std::move(state)) {}
Errand::~Errand() = default;

std::unique_ptr<Errand> Errand::launch(const Carrier& carrier, Envelope envelope, Millis timeout, Label label,
                                       Done done) {
  auto state = std::make_unique<State>(carrier, std::move(envelope), std::move(label), std::move(done));
  if (state->open() && state->send()) {
    if (!state->is_settled) state->deadline.after(timeout);
  } else {
    state->settle_with({.by_receiver = false, .status = NGX_HTTP_INTERNAL_SERVER_ERROR});
  }
  return std::make_unique<Errand>(std::move(state));
}

std::string_view deliver_uri(const ngx_http_request_t& r) noexcept {
  const Errand::State* errand = errand_of(r);
  return errand != nullptr ? std::string_view(errand->envelope.uri) : std::string_view();
}

bool is_errand(const ngx_http_request_t& r) noexcept {
  return r.main != &r && ErrandLog::belongs_to(*r.connection);
}

ngx_int_t swallow_answer(ngx_http_request_t& r, ngx_chain_t* in) {
  Errand::State* errand = errand_of(r);
  return errand != nullptr ? errand->swallow(r, in) : NGX_ERROR;
}

}  // namespace slo::ngx
