// SPDX-License-Identifier: BSD-2-Clause
// Reads bodies, or throws them away; the only place that does.
#include "ngx_module/http/body.h"

#include <utility>

#include "ngx_module/nginx/entry.h"

namespace slo::ngx {
namespace {

using R = ngx_http_request_t;

// The bytes that follow are not the next request: it would be read from the middle of this one's body.
void close_after_answer(R& r) {
  if (&r != r.main) return;  // the body is the main request's, and its matter
  r.keepalive = 0;
  r.lingering_close = 1;
}

// Whose the body is when a location of ours is asked: error_page, post_action and subrequests lead here in
// the middle of it, or when another location has had it.
enum class BodyState {
  unread,  // ours to read, or to throw away
  whole,   // all is there, be it nothing
  lost,    // a part of it went to who began to read it, or was thrown away
};

// Over HTTP/2 a body that is thrown away is read as if there were none.
bool is_stated(const R& r) { return r.headers_in.content_length_n > 0 || r.headers_in.chunked; }

bool is_all_received(const R& r) {
  const auto& body = *r.request_body;
  if (r.main->reading_body) return false;
  return body.rest < 0 ? !is_stated(r) : body.rest == 0 && body.last_saved;
}

off_t stored_bytes(const ngx_http_request_body_t& body) {
  off_t bytes = 0;
  for (const auto* link = body.bufs; link != nullptr; link = link->next) bytes += ngx_buf_size(link->buf);
  return bytes;
}

// What was streamed to somebody is received, but no more there; nginx may not even know how much it was.
bool is_all_stored(const R& r) {
  const off_t bytes = r.headers_in.content_length_n;
  return bytes < 0 ? !r.headers_in.chunked : stored_bytes(*r.request_body) >= bytes;
}

bool was_thrown_away_unread(const R& r) {
  const auto* stated = r.headers_in.content_length;
  return stated != nullptr && r.headers_in.content_length_n == 0 &&
         view(stated->value).find_first_not_of('0') != std::string_view::npos;
}

BodyState state_of_body(const R& r) {
  if (r.main->discard_body) return BodyState::lost;
  if (r.request_body == nullptr) {
    if (&r != r.main) return BodyState::whole;
    return was_thrown_away_unread(r) ? BodyState::lost : BodyState::unread;
  }
  // Some modules give a subrequest a body of its own.
  if (&r != r.main && r.request_body != r.main->request_body) return BodyState::whole;
  return is_all_received(r) && is_all_stored(r) ? BodyState::whole : BodyState::lost;
}

void read_nothing(R*) noexcept {}

// Nobody reads on. Who began must not be called again: its location is not this request's any more, and
// without these two bits HTTP/2 would do that for every frame (or finalize the request a second time).
void stop_reading(R& r) {
  r.reading_body = 1;
  r.request_body_no_buffering = 0;
  r.request_body->post_handler = read_nothing;
  r.read_event_handler = ngx_http_block_reading;
  if (r.connection->read->timer_set) ngx_del_timer(r.connection->read);
  close_after_answer(r);
}

// nginx goes on by itself where it throws it away.
void leave_lost_body(R& r) {
  if (&r != r.main) return;  // the main request's handler may be in the middle of it
  if (r.request_body != nullptr && !r.discard_body && !is_all_received(r)) return stop_reading(r);
  close_after_answer(r);
}

ngx_int_t discard(R& r) {
  if (state_of_body(r) == BodyState::lost) return leave_lost_body(r), NGX_OK;
  if (&r == r.main && r.headers_in.expect != nullptr && !r.expect_tested &&
      (r.headers_in.content_length_n > 0 || r.headers_in.chunked)) {
    r.expect_tested = 1;    // nobody is asked to send what nobody reads,
    close_after_answer(r);  // and whether it comes all the same, nobody knows
  }
  return ngx_http_discard_request_body(&r);
}

// A part of the body that nginx put into a file; the whole body is known to be within largest_body.
Outcome<void> append_from_file(ngx_buf_t& buffer, std::string& body) {
  const std::size_t start = body.size();
  const auto length = static_cast<std::size_t>(buffer.file_last - buffer.file_pos);
  body.resize(start + length);
  const ssize_t got =
      ngx_read_file(buffer.file, reinterpret_cast<u_char*>(body.data() + start), length, buffer.file_pos);
  if (got != static_cast<ssize_t>(length))
    return refuse(Fault::internal, "a request body could not be read from its file");
  return {};
}

// Copies what nginx holds of the body. Buffers of a streamed one are given back to it, others are shared with
// whoever read the body before us.
Outcome<void> take_buffers(R& r, std::string& body) {
  if (r.request_body == nullptr) return {};
  for (auto* link = r.request_body->bufs; link != nullptr; link = link->next) {
    if (body.size() + static_cast<std::size_t>(ngx_buf_size(link->buf)) > largest_body)
      return refuse(Fault::form_too_large);
    if (ngx_buf_in_memory(link->buf)) {
      body.append(reinterpret_cast<const char*>(link->buf->pos),
                  static_cast<std::size_t>(link->buf->last - link->buf->pos));
      if (r.request_body_no_buffering) link->buf->pos = link->buf->last;
    } else if (link->buf->in_file) {
      if (auto read = append_from_file(*link->buf, body); !read) return read;
    }
  }
  if (r.request_body_no_buffering) r.request_body->bufs = nullptr;
  return {};
}

// True where all is there, false where more will come.
Outcome<bool> take(R& r, ngx_int_t& status) {
  auto& body = ctx_of<RequestCtx>(r).incoming.bytes;
  for (;;) {
    if (auto taken = take_buffers(r, body); !taken) return refuse(taken.error());
    if (!r.reading_body) return true;
    const ngx_int_t rc = ngx_http_read_unbuffered_request_body(&r);
    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) return status = rc, false;
    if (r.reading_body && r.request_body->bufs == nullptr) return false;
  }
}

void hand_on(R& r, Outcome<std::string> body) {
  const bool passed = guarded(r.connection->log, false, [&] {
    const WithBody next = std::exchange(ctx_of<RequestCtx>(r).incoming.next, nullptr);
    next(r, std::move(body));
    return true;
  });
  if (!passed) ngx_http_finalize_request(&r, NGX_HTTP_INTERNAL_SERVER_ERROR);
}

// Who needs no body answers as if there had been none.
void hand_on_lost(R& r) {
  leave_lost_body(r);
  if (r.method == NGX_HTTP_GET || r.method == NGX_HTTP_HEAD) return hand_on(r, std::string());
  hand_on(r, refuse(Fault::form_too_large, "another location began to read it"));
}

// With an error_page or a post_action it may live on as another location's: what still comes is not for us.
void give_up(R& r, ngx_int_t status) {
  ctx_of<RequestCtx>(r).incoming.next = nullptr;
  stop_reading(r);
  ngx_http_finalize_request(&r, status);
}

// nginx remembers whom to call longer than the request is ours.
bool is_awaited(R& r) {
  const auto* ctx = static_cast<const RequestCtx*>(ngx_http_get_module_ctx((&r), ngx_http_slo_module));
  return ctx != nullptr && ctx->incoming.next != nullptr;
}

void go_on_reading(R* request) noexcept;

void read_on(R* request) noexcept {
  R& r = *request;
  if (!is_awaited(r)) return;
  if (r.request_body != nullptr && r.request_body->rest < 0 && is_stated(r)) return hand_on_lost(r);
  ngx_int_t status = NGX_OK;
  const auto all =
      guarded(r.connection->log, Outcome<bool>(refuse(Fault::internal)), [&] { return take(r, status); });
  if (status != NGX_OK) return give_up(r, status);
  if (!all) {
    if (r.reading_body) stop_reading(r);
    return hand_on(r, refuse(all.error()));
  }
  if (*all) return hand_on(r, std::move(ctx_of<RequestCtx>(r).incoming.bytes));
  r.read_event_handler = go_on_reading;
}

void go_on_reading(R* request) noexcept {
  if (!request->connection->read->timedout) return read_on(request);
  request->connection->timedout = 1;
  give_up(*request, NGX_HTTP_REQUEST_TIME_OUT);
}

}  // namespace

ngx_int_t read_body(R& r, WithBody next) {
  ctx_of<RequestCtx>(r).incoming = {.bytes = {}, .next = next};
  const BodyState state = state_of_body(r);
  if (state == BodyState::lost) {
    r.main->count++;
    hand_on_lost(r);
    return NGX_DONE;
  }
  if (r.headers_in.content_length_n > static_cast<off_t>(largest_body)) {
    if (const ngx_int_t rc = discard(r); rc != NGX_OK) return rc;
    close_after_answer(r);
    r.main->count++;
    hand_on(r, refuse(Fault::form_too_large));
    return NGX_DONE;
  }
  // Of unknown length: nginx would put it into a file, up to client_max_body_size, before we saw the first
  // byte.
  r.request_body_no_buffering = state == BodyState::unread && r.headers_in.chunked;
  r.request_body_in_single_buf = 1;
  const ngx_int_t rc = ngx_http_read_client_request_body(&r, read_on);
  if (rc < NGX_HTTP_SPECIAL_RESPONSE) return NGX_DONE;
  ctx_of<RequestCtx>(r).incoming.next = nullptr;
  return rc;
}

ngx_int_t drop_body(R& r, WithoutBody next) {
  if (const ngx_int_t rc = discard(r); rc != NGX_OK) return rc;
  r.main->count++;
  const bool passed = guarded(r.connection->log, false, [&] { return next(r), true; });
  if (!passed) ngx_http_finalize_request(&r, NGX_HTTP_INTERNAL_SERVER_ERROR);
  return NGX_DONE;
}

ngx_int_t drop_body(R& r, ngx_int_t status) {
  const ngx_int_t rc = discard(r);
  return rc == NGX_OK ? status : rc;
}

}  // namespace slo::ngx
