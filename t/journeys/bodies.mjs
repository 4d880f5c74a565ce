// SPDX-License-Identifier: BSD-2-Clause
// Whatever a request brings as its body: one answer, and then either the next request on the connection is answered or
// the connection ends. Never is a part of a body taken for a request.
import assert from 'node:assert/strict'
import { connect as connect_http2 } from 'node:http2'
import { test } from 'node:test'
import { House, free_port, patience } from './parts/house.mjs'
import { ask_http2 } from './parts/http2.mjs'
import { converse } from './parts/raw_http.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

const locations = `
  location /api/ { slo_api write=on; }
  location = /metrics { slo_status; }
  location = /next { return 200 next; }
  location = /inner { return 200 inner; }
  location /mirrored/ {
    mirror /mirror;
    error_page 413 @too_large;
    client_max_body_size 69000;
    rewrite ^ /logout break;
    slo_end_session main;
  }
  location = /mirror { internal; return 204; }
  location @too_large { slo_end_session main; }
`
const inner = 'GET /inner HTTP/1.1\r\nHost: x\r\n\r\n'
const next = 'GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
const body_of = (bytes) => inner + 'x'.repeat(bytes - inner.length)
const chunk = (text) => `${text.length.toString(16)}\r\n${text}\r\n`

const registration = '{"client_id":"app","sid":"s1","sub":"ann"}'
const padded_registration = registration.padEnd(60_000)

const form = 'Content-Type: application/x-www-form-urlencoded\r\n'
const json = 'Content-Type: application/json\r\n'
// door: [method and path, headers of its own, what it answers]
const doors = {
  'a form': ['POST /logout', form, [200, 303]],
  'no form': ['POST /logout', json, [415]],
  'a method that is not allowed': ['PUT /logout', form, [405]],
  'a GET': ['GET /logout', '', [200]],
  'a registration': ['POST /api/main/sessions', json, [400]],
  'an unknown provider': ['POST /api/nobody/sessions', json, [404]],
  'an unknown resource': ['GET /api/main/unheard-of', '', [404]],
  'a form that is mirrored': ['POST /mirrored/', form, [200]],
  'an end by API': ['DELETE /api/main/sessions/s9', json, [200]],
  'the metrics': ['GET /metrics', '', [200]],
  'metrics by POST': ['POST /metrics', form, [405]],
  'the keys': ['GET /slo/jwks', '', [200]],
  'keys by POST': ['POST /slo/jwks', form, [405]],
}
const drops_bodies = (door) => ['no form', 'a method that is not allowed', 'metrics by POST', 'the keys', 'keys by POST'].includes(door)

// shape: [protocol, headers, what is sent after the head, {ends: no further request can be answered,
// large: over our limit, silent: no more comes}]
const shapes = {
  'none': ['HTTP/1.1', 'Content-Length: 0\r\n', ''],
  'a small one': ['HTTP/1.1', 'Content-Length: 100\r\n', body_of(100)],
  'a middling one': ['HTTP/1.1', 'Content-Length: 60000\r\n', body_of(60_000)],
  'one that is too large': ['HTTP/1.1', 'Content-Length: 70000\r\n', body_of(70_000), { large: true }],
  'part of one that is too large': ['HTTP/1.1', 'Content-Length: 70000\r\n', body_of(20_000), { large: true, silent: true }],
  'one in chunks': ['HTTP/1.1', 'Transfer-Encoding: chunked\r\n', chunk(body_of(100)) + '0\r\n\r\n'],
  'many bytes in chunks': ['HTTP/1.1', 'Transfer-Encoding: chunked\r\n', chunk(body_of(30_000)).repeat(2) + '0\r\n\r\n'],
  'too many bytes in chunks': ['HTTP/1.1', 'Transfer-Encoding: chunked\r\n', chunk(body_of(35_000)).repeat(2) + '0\r\n\r\n',
    { large: true }],
  'chunks that do not end': ['HTTP/1.1', 'Transfer-Encoding: chunked\r\n', chunk(body_of(35_000)).repeat(2),
    { large: true, silent: true }],
  'a too large one, announced': ['HTTP/1.1', 'Content-Length: 70000\r\nExpect: 100-continue\r\n', '', { large: true, silent: true }],
  'a too large one, announced and sent': ['HTTP/1.1', 'Content-Length: 70000\r\nExpect: 100-continue\r\n', body_of(70_000), { large: true }],
  'a small one, announced and sent': ['HTTP/1.1', 'Content-Length: 100\r\nExpect: 100-continue\r\n', body_of(100)],
  'a small one over HTTP/1.0': ['HTTP/1.0', 'Content-Length: 100\r\n', body_of(100), { ends: true }],
  'a too large one over HTTP/1.0': ['HTTP/1.0', 'Content-Length: 70000\r\n', body_of(70_000), { ends: true, large: true }],
  'a too large one over HTTP/1.0, kept': ['HTTP/1.0', 'Content-Length: 70000\r\nConnection: keep-alive\r\n', body_of(70_000), { large: true }],
  'no chunks but said to be': ['HTTP/1.1', 'Transfer-Encoding: chunked\r\n', body_of(100), { bad: true }],
}

const allowed_statuses = (door, { large, bad }) => {
  const own = doors[door][2]
  if (drops_bodies(door)) return bad ? [400, ...own] : own
  if (bad) return [400]
  return large ? [413] : own
}

test('one answer for one request', { timeout: 120_000 }, async (t) => {
  const stage = await set_stage(new House(t), { clients: [back_client('app', 'http://127.0.0.9:9')], locations })
  for (const [door, [start, own]] of Object.entries(doors)) {
    await t.test(door, async () => {
      await Promise.all(Object.entries(shapes).map(async ([shape, [protocol, headers, body, how = {}]]) => {
        const what = `${door}, ${shape}`
        const head = `${start} ${protocol}\r\nHost: x\r\nAccept: text/html\r\n${own}${headers}\r\n`
        const pieces = [head, body, ...(how.silent ? [] : [next])]
        const seen = await converse(stage.nginx.url, pieces, { first: how.silent })
        const [first, ...others] = seen.answers
        assert.ok(first !== undefined, `${what}: is answered`)
        assert.ok(allowed_statuses(door, how).includes(first.status), `${what}: ${first.status}`)
        assert.ok(others.length <= 1 && others.every(({ body }) => body === 'next'), `${what}: ${JSON.stringify(others)}`)
        if (how.silent) assert.ok(seen.milliseconds < 1500 * patience, `${what}: does not wait for the rest: ${seen.milliseconds} ms`)
        const says_close = /^connection: close/im.test(first.head)
        if (how.large && headers.startsWith('Content') && !drops_bodies(door)) assert.ok(says_close, `${what}: the end is announced`)
        if (says_close || how.ends || how.bad) assert.deepEqual(others, [], `${what}: nothing is answered after a close`)
        else if (!how.silent) assert.equal(others.length, 1, `${what}: the connection goes on`)
      }))
    })
  }
  assert.ok(!/inner|x{100}/.test(stage.house.read('nginx/access.log')), 'no part of a body was a request')
  assert.ok(!/\[(crit|alert|emerg)\]/.test(stage.nginx.log()))
})

test('a body that is cut short changes nothing', { timeout: 60_000 }, async (t) => {
  const { nginx } = await set_stage(new House(t), { clients: [back_client('app', 'http://127.0.0.9:9')], locations })
  for (const headers of ['Content-Length: 60000\r\n', `Content-Length: ${registration.length + 1}\r\n`, 'Transfer-Encoding: chunked\r\n']) {
    const body = headers.startsWith('T') ? chunk(registration) : registration
    const head = `POST /api/main/sessions HTTP/1.1\r\nHost: x\r\n${json}${headers}\r\n`
    const { answers, closed } = await converse(nginx.url, [head, body], { half_close: true })
    assert.deepEqual({ closed, created: answers.some(({ status }) => status === 201) }, { closed: true, created: false })
  }
  assert.equal((await nginx.session('s1')).status, 404)
})

test('a body without a stated length is not received beyond our limit, nor put into a file', { timeout: 60_000 }, async (t) => {
  const open_ended = 'client_max_body_size 0; client_body_buffer_size 4k;'
  const { nginx } = await set_stage(new House(t), { clients: [back_client('app', 'http://127.0.0.9:9')], locations, http: open_ended })
  const head = `POST /logout HTTP/1.1\r\nHost: x\r\n${form}Transfer-Encoding: chunked\r\n\r\n`
  const { answers } = await converse(nginx.url, [head, ...Array(40).fill(chunk('x'.repeat(500_000)))], { first: true })
  assert.deepEqual(answers.map(({ status }) => status), [413])
  const registers = head.replace('/logout', '/api/main/sessions').replace(form, json)
  const chunks = [...padded_registration].map((byte, i) => (i % 1000 ? '' : chunk(padded_registration.slice(i, i + 1000))))
  const whole = await converse(nginx.url, [registers, ...chunks, '0\r\n\r\n'], { first: true })
  assert.deepEqual(whole.answers.map(({ status }) => status), [201])
  assert.ok(!/temporary file/.test(nginx.log()))
})

test('without the store, too', { timeout: 60_000 }, async (t) => {
  const { nginx, redis } = await set_stage(new House(t), { clients: [], locations })
  await redis.stop()
  for (const start of ['POST /logout', 'POST /api/main/sessions', 'GET /api/main/sessions/s1', 'GET /metrics']) {
    const head = `${start} HTTP/1.1\r\nHost: x\r\nCookie: _session=c\r\n${start.includes('api') ? json : form}Content-Length: 70000\r\n\r\n`
    const { answers } = await converse(nginx.url, [head, body_of(70_000), next])
    assert.deepEqual(answers.map(({ status }) => status), [413], start)
    const small = await converse(nginx.url, [head.replace('70000', '100'), body_of(100), next])
    assert.deepEqual(small.answers.map(({ body }) => body).slice(1), ['next'], start)
  }
})

test('over HTTP/2', { timeout: 60_000 }, async (t) => {
  const port = await free_port()
  const more = `server { listen 127.0.0.1:${port} http2; location = /logout { slo_end_session main; } ${locations} }`
  const { nginx } = await set_stage(new House(t), {
    clients: [back_client('app', 'http://127.0.0.9:9')], locations, http: 'client_max_body_size 0; client_body_buffer_size 128k;', servers: more,
  })
  const session = connect_http2(`http://127.0.0.1:${port}`)
  t.after(() => session.destroy())
  const form_type = 'application/x-www-form-urlencoded'
  const large = Array(7).fill('x'.repeat(10_000))
  const cases = [
    ['POST', '/logout', form_type, ['state=1'], {}, 200],
    ['POST', '/api/main/sessions', 'application/json', [padded_registration], {}, 201],
    ['POST', '/logout', form_type, large, {}, 413],
    ['POST', '/logout', form_type, large, { length: 70_000 }, 413],
    ['POST', '/logout', form_type, large, { unended: true }, 413],
    ['POST', '/logout', form_type, Array(100).fill('x'.repeat(16_000)), {}, 413],
    ['POST', '/logout', 'text/plain', large, { unended: true }, 415],
    ['PUT', '/logout', form_type, large, { length: 80_000, unended: true }, 405],
    ['POST', '/api/main/sessions', 'application/json', large, {}, 413],
    ['GET', '/metrics', undefined, large, {}, 413],
    ['POST', '/metrics', form_type, large, { unended: true }, 405],
  ]
  for (const [method, path, type, pieces, how, status] of cases) {
    const what = `${method} ${path} ${pieces.join('').length} ${JSON.stringify(how)}`
    assert.equal((await ask_http2(session, path, method, type, pieces, how)).status, status, what)
    assert.deepEqual(await ask_http2(session, '/next', 'GET', undefined, []), { status: 200, body: 'next' }, what)
  }
  assert.ok(!/\[(crit|alert|emerg)\]|temporary file/.test(nginx.log()))
})
