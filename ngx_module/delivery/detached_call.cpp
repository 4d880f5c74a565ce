// SPDX-License-Identifier: BSD-2-Clause
// A call to a receiver: a request without a client, with one subrequest to the delivery location.
// Freeing the request aborts whatever the upstream module is waiting for.
#include "ngx_module/delivery/detached_call.h"

#include <algorithm>
#include <utility>

#include "core/delivery/carried_request.h"
#include "ngx_module/delivery/answer_body.h"
#include "ngx_module/delivery/call_request.h"
#include "ngx_module/delivery/own_location.h"
#include "ngx_module/delivery/receiver_answer.h"
#include "ngx_module/nginx/deadline.h"
#include "ngx_module/nginx/event.h"
#include "ngx_module/nginx/no_client.h"
#include "ngx_module/nginx/pool.h"

namespace slo::ngx {
namespace {

// The reason that stands in the body of a 400 is waited for so long, and so is the end of any answer.
constexpr Millis max_time_for_body{1000};

}  // namespace

struct DetachedCall::State {
  State(const DeliveryLocation& to, Call sealed, Millis timeout, Label label, Callbacks told);
  ~State() { client.close(); }  // which may have something to log
  State(const State&) = delete;

  bool open();  // makes the parent
  bool send();  // makes the subrequest and lets it run
  void ended(ngx_int_t rc);
  void cut_off();  // the deadline
  ngx_int_t read_head(ngx_http_request_t& r);
  void note_head(const ngx_http_request_t& r);
  void settle(ngx_int_t rc);
  void settle_with(Answer final_answer);
  void report();
  void end_within(Millis time);
  void walk();
  std::string_view uri(const ngx_http_request_t& r);
  void guard(ngx_http_upstream_t& upstream);
  ngx_int_t depart(ngx_chain_t* out);
  void watch(ngx_http_upstream_t& upstream);
  void inspect(ngx_http_upstream_t& upstream);
  void refuse_location(std::string_view why);
  ngx_int_t swallow(ngx_chain_t* in);

  const DeliveryLocation& delivery_location;
  const bool is_own = delivery_location.is_own_server;
  Call call;
  Callbacks callbacks;
  const ngx_msec_t end;  // all in all
  NoClient client{};
  CallLog log;
  ngx_http_post_subrequest_t at_end{};
  ngx_http_request_t* subrequest = nullptr;
  ngx_output_chain_ctx_t output{};  // of an own server: what its module does with what goes out
  Event finish, deadline;
  Answer answer{};
  ReceiverAnswer came{};
  bool was_asked = false, is_guarded = false, is_inspected = false, is_connected = false;
  bool is_settled = false, is_told = false, is_over = false;
  AnswerBody body;
};

namespace {

DetachedCall::State* detached_call_of(const ngx_http_request_t& r) noexcept {
  if (!CallLog::belongs_to(*r.connection)) return nullptr;
  return static_cast<DetachedCall::State*>(ngx_http_get_module_ctx(r.main, ngx_http_slo_module));
}

}  // namespace

DetachedCall::State::State(const DeliveryLocation& to, Call sealed, Millis timeout, Label label,
                           Callbacks told)
    : delivery_location(to),
      call(std::move(sealed)),
      callbacks(std::move(told)),
      end(deadline_in(timeout)),
      log(to, std::move(label), client.connection),
      finish(ngx_cycle->log, [this] { report(); }),
      deadline(ngx_cycle->log, [this] { cut_off(); }),
      body(call) {
  client.prepare(log.line, delivery_location.ctx);
}

bool DetachedCall::State::open() {
  ngx_http_request_t* parent = client.make_request();
  if (parent == nullptr) return false;
  log.attach();
  ngx_http_set_ctx(parent, this, ngx_http_slo_module);
  return true;
}

bool DetachedCall::State::send() {
  at_end.data = this;
  at_end.handler = [](ngx_http_request_t* r, void* data, ngx_int_t rc) -> ngx_int_t {
    guarded(r->connection->log, [&] { static_cast<State*>(data)->ended(rc); });
    // An error of a filter, or another return value, would make nginx terminate and free the parent itself.
    r->connection->error = 0;
    return NGX_OK;
  };
  ngx_str_t uri = delivery_location.uri, args{};
  if (is_own && !split_target(*client.request, call, uri, args)) return false;
  ngx_int_t made =
      ngx_http_subrequest(client.request, &uri, &args, &subrequest, &at_end, NGX_HTTP_SUBREQUEST_BACKGROUND);
  if (made != NGX_OK || !address_call(*subrequest, call)) return false;
  if (is_own && !complete_own_request(*subrequest, call, delivery_location)) return false;
  subrequest->write_event_handler = [](ngx_http_request_t* r) {
    guarded(r->connection->log, [r] { detached_call_of(*r)->walk(); });
  };
  // The active request: nginx would collect the whole answer of another one before we see a byte of it.
  client.connection.data = subrequest;
  ngx_http_run_posted_requests(&client.connection);
  return true;
}

// In place of ngx_http_handler(), which would start nginx's phases.
void DetachedCall::State::walk() {
  is_own ? run_own_location(*subrequest, delivery_location) : run_location(*subrequest, delivery_location);
  if (is_settled || (is_own && subrequest->upstream == nullptr)) return;
  if (subrequest->upstream == nullptr) return refuse_location("has no \"proxy_pass\"");
  if (!was_asked && !is_own) return refuse_location("does not use $slo_deliver_uri in \"proxy_pass\"");
  // Where the URI came by way of another variable, nginx may be connecting, or have sent the request, by now.
  if (!is_guarded) {
    is_connected = subrequest->upstream->request_sent;
    guard(*subrequest->upstream);
    inspect(*subrequest->upstream);
    watch(*subrequest->upstream);
  }
}

// nginx asks for the URI when it begins to make the upstream request, before it is written or sent.
std::string_view DetachedCall::State::uri(const ngx_http_request_t& r) {
  was_asked = true;
  if (r.upstream != nullptr && !is_guarded) guard(*r.upstream);
  if (r.upstream != nullptr) keep_method(*r.upstream, call);
  return call.target;
}

// From here on all that goes out passes us.
void DetachedCall::State::guard(ngx_http_upstream_t& upstream) {
  is_guarded = true;
  if (is_own) output = upstream.output;
  upstream.output.filter_ctx = this;
  upstream.output.output_filter = [](void* self, ngx_chain_t* out) -> ngx_int_t {
    auto& state = *static_cast<State*>(self);
    return guarded(&state.log.line, static_cast<ngx_int_t>(NGX_ERROR), [&] { return state.depart(out); });
  };
}

ngx_int_t DetachedCall::State::depart(ngx_chain_t* out) {
  ngx_http_upstream_t& upstream = *subrequest->upstream;
  if (!is_inspected) inspect(upstream);
  if (is_settled) {
    upstream.peer.tries = 0;  // nobody else is asked either
    return NGX_ERROR;
  }
  is_connected = true;
  watch(upstream);
  if (output.output_filter != nullptr) return output.output_filter(output.filter_ctx, out);
  return ngx_chain_writer(&upstream.writer, out);
}

void DetachedCall::State::watch(ngx_http_upstream_t& upstream) {
  came.watch(upstream, [](ngx_http_request_t* r) -> ngx_int_t {
    return guarded(r->connection->log, static_cast<ngx_int_t>(NGX_ERROR),
                   [r] { return detached_call_of(*r)->read_head(*r); });
  });
}

ngx_int_t DetachedCall::State::read_head(ngx_http_request_t& r) {
  const ngx_int_t rc = came.read(r);
  if (is_own && rc == NGX_OK) stay_where_it_is(r);
  if (came.says_yes() && !body.wants_document()) settle(NGX_OK);
  return rc;
}

// All of the head is there. Of a 400 the body says why.
void DetachedCall::State::note_head(const ngx_http_request_t& r) {
  if (r.cached == 1) return refuse_location("answers from a cache");
  came.note(r);
  if (came.status() == 0) return;  // the location's own word, which is known when nginx has ended the call
  if (came.says_yes() && body.wants_document()) return;  // until its end
  if (came.status() == NGX_HTTP_BAD_REQUEST) return end_within(max_time_for_body);
  settle(NGX_OK);
}

void DetachedCall::State::inspect(ngx_http_upstream_t& upstream) {
  is_inspected = true;
  upstream.store = 0;  // proxy_store: what a receiver says is nobody's file
  if (is_own) return;
  std::string_view host = upstream.resolved != nullptr ? view(upstream.resolved->host) : std::string_view();
  std::string wrong = wrong_with_carried(request_of(upstream), call, host);
  if (!wrong.empty()) refuse_location(wrong);
}

void DetachedCall::State::refuse_location(std::string_view why) {
  log.note("it " + std::string(why));
  is_over = true;
  settle_with({.by_receiver = false, .status = NGX_HTTP_INTERNAL_SERVER_ERROR});
}

// Inside nginx's own stack of the call: notes what came, frees nothing.
void DetachedCall::State::ended(ngx_int_t rc) {
  is_over = true;
  finish.post();
  settle(rc);
}

void DetachedCall::State::cut_off() {
  if (!is_settled) log.note("no answer in time");
  body.is_late();
  ended(NGX_HTTP_GATEWAY_TIME_OUT);
}

void DetachedCall::State::settle(ngx_int_t rc) {
  if (is_settled) return;
  Answer told = came.conclude(*subrequest, rc, is_own);
  if (told.by_receiver) told.sample = body.sample();
  if (body.wants_document()) told.document = body.document(document_head(*subrequest));
  settle_with(std::move(told));
}

void DetachedCall::State::settle_with(Answer final_answer) {
  if (is_settled) return;
  is_settled = true;
  answer = std::move(final_answer);
  answer.is_connected = is_connected;
  if (!answer.by_receiver) answer.sample = log.last_error();
  finish.post();
}

void DetachedCall::State::report() {
  if (is_over) {
    client.close();
    deadline.cancel();
  }
  if (!std::exchange(is_told, true)) callbacks.answered(answer);
  if (!is_over) return end_within(max_time_for_body);
  std::exchange(callbacks.over, nullptr)();  // may destroy this detached call
}

void DetachedCall::State::end_within(Millis time) {
  deadline.after(std::clamp(time_left(end), Millis{1}, time));
}

ngx_int_t DetachedCall::State::swallow(ngx_chain_t* in) {
  body.take(in, came.says_yes());
  if (body.is_enough()) settle(NGX_OK);
  if (!body.is_endless()) return NGX_OK;
  // The status stands; the error makes the upstream module stop reading at once.
  ended(NGX_OK);
  return NGX_ERROR;
}

DetachedCall::DetachedCall(std::unique_ptr<State> state) : state_(std::move(state)) {}
DetachedCall::~DetachedCall() = default;
bool DetachedCall::is_over() const noexcept { return state_->is_over; }

std::unique_ptr<DetachedCall> DetachedCall::launch(const DeliveryLocation& delivery_location, Call call,
                                                   Millis timeout, Label label, Callbacks callbacks) {
  auto state = std::make_unique<State>(delivery_location, std::move(call), timeout, std::move(label),
                                       std::move(callbacks));
  if (state->open() && state->send()) {
    if (!state->is_settled) state->deadline.after(timeout);
  } else {
    state->is_over = true;
    state->settle_with({.by_receiver = false, .status = NGX_HTTP_INTERNAL_SERVER_ERROR});
  }
  return std::make_unique<DetachedCall>(std::move(state));
}

std::string_view deliver_uri(const ngx_http_request_t& r) noexcept {
  DetachedCall::State* call = detached_call_of(r);
  return call != nullptr ? call->uri(r) : std::string_view();
}

bool is_detached_call(const ngx_http_request_t& r) noexcept {
  return r.main != &r && CallLog::belongs_to(*r.connection);
}

ngx_int_t note_answer(ngx_http_request_t& r) {
  DetachedCall::State* call = detached_call_of(r);
  if (call == nullptr) return NGX_ERROR;
  call->note_head(r);
  r.header_sent = 1;
  return NGX_OK;
}

ngx_int_t swallow_answer(ngx_http_request_t& r, ngx_chain_t* in) {
  DetachedCall::State* call = detached_call_of(r);
  return call != nullptr ? call->swallow(in) : NGX_ERROR;
}

}  // namespace slo::ngx
