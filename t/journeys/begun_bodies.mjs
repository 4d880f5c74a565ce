// SPDX-License-Identifier: BSD-2-Clause
// error_page and post_action lead to our locations in the middle of a body that another location, or another of ours,
// began to read: one answer, no part of the body taken for a request, and the worker lives.
import assert from 'node:assert/strict'
import { connect as connect_http2 } from 'node:http2'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { House, eventually, free_port } from './parts/house.mjs'
import { ask_http2 } from './parts/http2.mjs'
import { converse } from './parts/raw_http.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

// Answers at the first bytes, whatever still comes.
async function start_hasty(t) {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end('HTTP/1.1 401 x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'))
  })
  await new Promise((listens) => server.listen(0, '127.0.0.1', listens))
  t.after(() => server.close())
  return server.address().port
}

// Those that have to state a length wait for the end of a body without one.
const needs_length = ({ path }) => /fastcgi|uwsgi|scgi/.test(path)
// beginning: [what reads the body, and gives up; the statuses of that]; 413 of a body that is over its limit.
const beginnings = (hasty) => ({
  own: ['slo_end_session main; client_max_body_size 100;', [413]],
  api: ['slo_api write=on; client_max_body_size 100;', [413]],
  small: [`proxy_pass http://127.0.0.1:${hasty}; proxy_request_buffering off; proxy_http_version 1.1; client_max_body_size 100;`, [413, 401]],
  hasty: [`proxy_pass http://127.0.0.1:${hasty}; proxy_request_buffering off; proxy_http_version 1.1; proxy_intercept_errors on;`, [401, 502]],
  dead: ['proxy_pass http://127.0.0.1:1; proxy_request_buffering off; proxy_http_version 1.1;', [502]],
  fastcgi: ['fastcgi_pass 127.0.0.1:1; fastcgi_request_buffering off;', [502]],
  uwsgi: ['uwsgi_pass 127.0.0.1:1; uwsgi_request_buffering off;', [502]],
  scgi: ['scgi_pass 127.0.0.1:1; scgi_request_buffering off;', [502]],
  grpc: ['grpc_pass 127.0.0.1:1;', [502]],
  mirrored: ['mirror /mirror; slo_end_session main; client_max_body_size 100;', [413]],
})
// ending: [how it goes on, the statuses of that: none where the answer has been given]
const endings = {
  form: ['error_page 401 413 502 = @form;', [413, 200]],  // 200: it had come whole
  form_by_get: ['error_page 401 413 502 = /form;', [200]],
  status: ['error_page 401 413 502 = /status;', [200]],
  status_by_post: ['error_page 401 413 502 = @status;', [405]],
  keys: ['error_page 401 413 502 = /keys;', [200]],
  api: ['error_page 401 413 502 = /api/main/sessions;', [404]],
  after_form: ['post_action /form;'],
  after_status: ['post_action /status;'],
  after_api: ['post_action /api/main/sessions;'],
}
const ours = `
  location @form { slo_end_session main; }
  location = /form { slo_end_session main; }
  location = /status { slo_status; }
  location @status { slo_status; }
  location = /keys { slo_jwks main; }
  location /api/ { slo_api write=on; }
  location = /mirror { internal; return 204; }
  location = /next { return 200 next; }
  location = /inner { return 200 inner; }
`
const pairs = (hasty) => Object.entries(beginnings(hasty)).flatMap(([beginning, [reads, given_up]]) =>
  Object.entries(endings).map(([ending, [goes_on, statuses]]) => ({
    path: `/begun/${beginning}/${ending}`, reads, goes_on, statuses: statuses ?? given_up, limited: given_up.includes(413),
  })))
const allows = ({ statuses, limited }, is_whole) =>
  statuses.filter((status) => ending_is_certain(statuses) || status === 413 || (is_whole && !limited))
const ending_is_certain = (statuses) => !(statuses.includes(413) && statuses.includes(200))
const location_of = ({ path, reads, goes_on }) => `location ${path}/ { ${reads} ${goes_on} }`

const form = 'application/x-www-form-urlencoded'
const inner = 'GET /inner HTTP/1.1\r\nHost: x\r\n\r\n'
const next = 'GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
const body_of = (bytes) => inner + 'x'.repeat(bytes - inner.length)
const chunk = (text) => `${text.length.toString(16)}\r\n${text}\r\n`
const over_http1 = {
  'a small one in a chunk': ['Transfer-Encoding: chunked', chunk(body_of(150)) + '0\r\n\r\n'],
  'one of stated length': ['Content-Length: 560', body_of(560)],
  'many chunks': ['Transfer-Encoding: chunked', ...Array(20).fill(chunk(body_of(1000))), '0\r\n\r\n'],
  'chunks that do not end': ['Transfer-Encoding: chunked', chunk(body_of(300))],
  'half of one': ['Content-Length: 560', body_of(280)],
}
const over_http2 = {
  'a small one': [[body_of(150)]],
  'a small one that does not end': [[body_of(150)], { unended: true }],
  'one of stated length': [[body_of(560)], { length: 560 }],
  'half of one': [[body_of(280)], { length: 560, unended: true }],
  'many pieces': [Array(20).fill(body_of(1000))],
}

async function set_begun_stage(t) {
  const hasty = await start_hasty(t)
  const cases = pairs(hasty)
  const locations = ours + cases.map(location_of).join('\n')
  const port = await free_port()
  const stage = await set_stage(new House(t), {
    clients: [back_client('app', 'http://127.0.0.9:9')], workers: 1, locations,
    servers: `server { listen 127.0.0.1:${port} http2; ${locations} }`, http: 'client_body_timeout 3s; lingering_timeout 1s;',
  })
  await eventually('the worker is there', () => stage.nginx.workers().length === 1)
  return { ...stage, cases, http2_url: `http://127.0.0.1:${port}`, before: stage.nginx.workers() }
}

function assert_well({ nginx, house, before }, requests) {
  assert.deepEqual(nginx.workers(), before, 'the worker lives')
  assert.ok(!/\[(crit|alert|emerg)\]|exited on signal/.test(nginx.log()))
  const refused = nginx.log().match(/slo: refused a form that is too large/g)?.length ?? 0
  assert.ok(refused <= requests, `${refused} refusals of ${requests} requests`)
  assert.ok(!/inner|x{100}/.test(house.read('nginx/access.log')), 'no part of a body was a request')
}

test('a body that another location began to read, over HTTP/1.1', { timeout: 120_000 }, async (t) => {
  const stage = await set_begun_stage(t)
  for (const { path, ...how_it_ends } of stage.cases) {
    await Promise.all(Object.entries(over_http1).filter(([shape]) => !(needs_length({ path }) && /not end/.test(shape))).map(async ([shape, [header, ...pieces]]) => {
      const head = `POST ${path}/main/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: ${form}\r\n${header}\r\n\r\n`
      const ends = !/half|not end/.test(shape)
      const { answers: [first, ...others] } = await converse(stage.nginx.url, [head, ...pieces, ...(ends ? [next] : [])], { first: !ends })
      assert.ok(allows(how_it_ends, ends).includes(first?.status), `${path}, ${shape}: ${first?.status}`)
      assert.ok(others.every(({ body }) => body === 'next') && others.length <= 1, `${path}, ${shape}: ${JSON.stringify(others)}`)
    }))
  }
  assert_well(stage, stage.cases.length * Object.keys(over_http1).length)
})

test('a body that another location began to read, over HTTP/2', { timeout: 120_000 }, async (t) => {
  const stage = await set_begun_stage(t)
  const session = connect_http2(stage.http2_url)
  t.after(() => session.destroy())
  for (const { path, ...how_it_ends } of stage.cases) {
    await Promise.all(Object.entries(over_http2).filter(([shape]) => !(needs_length({ path }) && /not end/.test(shape))).map(async ([shape, [pieces, how]]) => {
      const { status } = await ask_http2(session, `${path}/main/sessions`, 'POST', form, pieces, how)
      assert.ok(allows(how_it_ends, !how?.unended).includes(status), `${path}, ${shape}: ${status}`)
    }))
    assert.deepEqual(await ask_http2(session, '/next', 'GET', undefined, []), { status: 200, body: 'next' }, path)
  }
  assert_well(stage, stage.cases.length * Object.keys(over_http2).length)
})

test('a body that another location has whole is still one', { timeout: 60_000 }, async (t) => {
  const port = await free_port()
  const locations = 'location = /dead { proxy_pass http://127.0.0.1:1; error_page 502 = @form; } location @form { slo_end_session main; }'
  const { nginx } = await set_stage(new House(t), {
    clients: [back_client('app', 'http://127.0.0.9:9')], locations, servers: `server { listen 127.0.0.1:${port} http2; ${locations} }`,
  })
  const session = connect_http2(`http://127.0.0.1:${port}`)
  t.after(() => session.destroy())
  const wrong = 'client_id=nobody'
  const head = `POST /dead HTTP/1.1\r\nHost: x\r\nContent-Type: ${form}\r\n`
  const by_length = await converse(nginx.url, [`${head}Content-Length: ${wrong.length}\r\n\r\n${wrong}`], { first: true })
  const in_chunks = await converse(nginx.url, [`${head}Transfer-Encoding: chunked\r\n\r\n${chunk(wrong)}0\r\n\r\n`], { first: true })
  const by_http2 = await ask_http2(session, '/dead', 'POST', form, [wrong])
  const answers = [...by_length.answers, ...in_chunks.answers, by_http2]
  assert.deepEqual(answers.map(({ status, body }) => [status, /client_id/.test(body)]), Array(3).fill(answers.map(({ status, body }) => [status, /client_id/.test(body)])[0]))
  assert.equal(by_http2.status, 400)
})
