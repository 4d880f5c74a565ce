// SPDX-License-Identifier: BSD-2-Clause
// An OP's token responses pass by: who logs in is known before the client has its tokens, and each response stays as it was.
import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import { connect as connect_http2 } from 'node:http2'
import { createConnection } from 'node:net'
import { test } from 'node:test'
import { deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import { CompactEncrypt } from 'jose'
import { House, eventually, free_port, sleep } from './parts/house.mjs'
import { ask_http2 } from './parts/http2.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

const json = { 'content-type': 'application/json', 'cache-control': 'no-store' }
const response = (id_token, more = {}) => JSON.stringify({ access_token: 'an-access-token', token_type: 'Bearer', expires_in: 300, id_token, ...more })
const hours_ago = (hours) => Math.floor(Date.now() / 1000) - 3600 * hours
const padded = (size) => ({ padding: 'x'.repeat(size) })

const whole = (body, headers = {}, status = 200) => (answer) => {
  answer.writeHead(status, { ...json, 'content-length': Buffer.byteLength(body), ...headers }).end(body)
}
const in_pieces = (body, count, headers = {}) => async (answer) => {
  answer.writeHead(200, { ...json, ...headers })
  const size = Math.ceil(body.length / count)
  for (let at = 0; at < body.length; at += size) {
    answer.write(body.slice(at, at + size))
    await sleep(2)
  }
  answer.end()
}

// name → what the OP answers, by `token(claims)`; and what is learnt: a sid, '' (nothing, and nothing is said of it), or a word of the log.
const shapes = (token, encrypted) => ({
  'as it is usually': [async () => whole(response(await token())), 'own'],
  'chunked': [async () => in_pieces(response(await token()), 3), 'own'],
  'byte by byte': [async () => in_pieces(response(await token()), 400), 'own'],
  'gzip': [async () => whole(gzipSync(response(await token())), { 'content-encoding': 'gzip' }), 'own'],
  'gzip, chunked': [async () => in_pieces(gzipSync(response(await token())), 5, { 'content-encoding': 'gzip' }), 'own'],
  'packed by nothing': [async () => whole(response(await token()), { 'content-encoding': 'identity' }), 'own'],
  'deflate': [async () => whole(deflateSync(response(await token())), { 'content-encoding': 'deflate' }), 'own'],
  'br': [async () => whole('not that it were', { 'content-encoding': 'br' }), 'response_malformed'],
  'gzip cut short': [async () => whole(gzipSync(response(await token())).subarray(0, 200), { 'content-encoding': 'gzip' }), 'response_malformed'],
  'a bomb': [async () => whole(gzipSync(response(await token(), padded(30_000_000))), { 'content-encoding': 'gzip' }), 'response_malformed'],
  '200 kB': [async () => whole(response(await token(), padded(200_000))), 'own'],
  '3 MB': [async () => whole(response(await token(), padded(3_000_000))), 'response_too_large'],
  '3 MB, chunked': [async () => in_pieces(response(await token(), padded(3_000_000)), 50), 'response_too_large'],
  'a token in a token': [async () => whole(response(await encrypted(await token()))), 'token_undecryptable'],
  'another type': [async () => whole(response(await token()), { 'content-type': 'text/plain' }), 'own'],
  'several audiences': [async () => whole(response(await token({ aud: ['app', 'api'], azp: 'app' }))), 'own'],
  'signed by ES256': [async () => whole(response(await token({ aud: 'ec' }, { alg: 'ES256' }))), 'own'],
  'without sid': [async () => whole(response(await token({ sid: undefined }))), 'session_unidentified'],
  'without id_token': [async () => whole(response(undefined)), ''],
  'of a client that is none of ours': [async () => whole(response(await token({ aud: 'stranger' }))), 'stranger'],
  'of another issuer': [async () => whole(response(await token({ iss: 'https://elsewhere.example' }))), 'token_issuer_foreign'],
  'expired': [async () => whole(response(await token({ iat: hours_ago(2), exp: hours_ago(1) }))), 'token_expired'],
  'with another signature': [async () => whole(response(`${(await token()).slice(0, -9)}AAAAAAAAA`)), 'token_signature_invalid'],
  'no JSON': [async () => whole('<html>', { 'content-type': 'text/plain' }), 'response_malformed'],
  'a page': [async () => whole('<html>', { 'content-type': 'text/html' }), ''],
  'empty': [async () => whole(''), 'response_malformed'],
  'an error': [async () => whole('{"error":"invalid_grant"}', {}, 400), ''],
  'an error of the OP': [async () => whole('oh', {}, 500), ''],
  'a redirect': [async () => whole('', { location: '/elsewhere' }, 302), ''],
})

const header_of = ({ 'content-length': length, 'content-type': type, 'content-encoding': coding, 'transfer-encoding': transfer, etag }) =>
  ({ length, type, coding, transfer, etag })

// What comes over the wire, nothing unpacked.
const fetch_raw = (url, { method = 'POST', headers = {}, form = '' } = {}) => new Promise((done, failed) => {
  const request = http.request(url, { method, headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': form.length, ...headers }, agent: false }, async (answer) => {
    const pieces = []
    for await (const piece of answer) pieces.push(piece)
    done({ status: answer.statusCode, ...header_of(answer.headers), body: Buffer.concat(pieces) })
  })
  request.on('error', failed)
  request.end(form)
})

async function set_op(house, { store = 'timeout=1s', ...how } = {}) {
  const app = await start_receiver(house)
  const op = { answers: {} }
  const server = http.createServer((request, answer) => {
    // What is left unread of a body breaks the connection under its answer.
    request.resume().on('end', () => op.answers[decodeURIComponent(request.url.slice(1))](answer, request))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  house.when_over(() => { server.close(); server.closeAllConnections() })
  const http2_port = await free_port('127.0.0.1')
  const to_op = `proxy_pass http://127.0.0.1:${server.address().port}/;`
  const locations = `location /token/ { slo_learn main; ${to_op} } location /plain/ { ${to_op} }
    location /after_it/ { slo_learn main; post_action /after; ${to_op} } location = /after { proxy_pass http://127.0.0.1:${server.address().port}/after; }
    location = /active { stub_status; }
    location /streamed/ { slo_learn main; proxy_request_buffering off; proxy_http_version 1.1; ${to_op} }
    location /in_a_file/ { slo_learn main; client_body_in_file_only clean; ${to_op} }
    location /unbuffered/ { slo_learn main; proxy_buffering off; ${to_op} }
    location /zipped/ { slo_learn main; gzip on; gzip_min_length 1; gzip_types application/json; ${to_op} }`
  const stage = await set_stage(house, {
    clients: [back_client('app', app.url), back_client('ec', app.url, { id_token_signed_response_alg: 'ES256' })], workers: 1, store, locations, ...how,
    servers: `server { listen 127.0.0.1:${http2_port} http2; ${locations} }` })
  return Object.assign(op, stage, { app, http2_url: `http://127.0.0.1:${http2_port}`,
    token: (claims, how) => stage.issuer.id_token({ aud: 'app', sub: 'ann', ...claims }, how) })
}

test('every shape passes byte for byte, and teaches what its ID Token says or leaves a line', { timeout: 120_000 }, async (t) => {
  const op = await set_op(new House(t))
  const encrypted = (token) => new CompactEncrypt(Buffer.from(token)).setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A256GCM' })
    .encrypt(createPublicKey(op.issuer.keys.RS256.privateKey))
  let sid
  const table = shapes((claims, how) => op.token({ sid, ...claims }, how), encrypted)
  let number = 0
  for (const [name, [make, learnt]] of Object.entries(table)) {
    for (const way of ['token', 'unbuffered']) {
      sid = `s${++number}`
      op.answers[name] = await make()
      const before = op.nginx.log().length
      const seen = await fetch_raw(`${op.nginx.url}/${way}/${encodeURIComponent(name)}`)
      const lines = op.nginx.log().slice(before).match(/slo: (?!store).*/g) ?? []
      const known = (await op.nginx.session(sid)).status === 200
      const plain = await fetch_raw(`${op.nginx.url}/plain/${encodeURIComponent(name)}`)
      assert.deepEqual(seen, plain, `${name}, ${way}`)
      assert.equal(known, learnt === 'own', `${name}, ${way}`)
      if (learnt === 'own' || learnt === '') assert.deepEqual(lines, [], `${name}, ${way}`)
      else if (learnt === 'stranger') assert.match(lines.join('\n'), /^slo: a login at a client that is not among "clients" is not learnt: client "stranger", provider "main"[^\n]*$/)
      else assert.match(lines.join('\n'), new RegExp(`^slo: an answer of the OP teaches nothing: ${learnt}[^\\n]*$`), `${name}, ${way}`)
    }
  }
  t.diagnostic(`${number} responses`)
  assert.doesNotMatch(op.nginx.log(), /\[(crit|alert|emerg)\]/)
})

test('an answer that the OP cuts short is cut short for the client, not swallowed', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t))
  const body = response(await op.token({ sid: 's1' }))
  const cut = {
    with_length: (answer) => { answer.writeHead(200, { ...json, 'content-length': body.length }); answer.write(body.slice(0, 300)); },
    chunked: (answer) => { answer.writeHead(200, json); answer.write(body.slice(0, 300)) },
    head_alone: (answer) => { answer.writeHead(200, { ...json, 'content-length': body.length }); answer.flushHeaders() },
  }
  for (const [name, begin] of Object.entries(cut)) {
    op.answers[name] = async (answer) => { begin(answer); await sleep(50); answer.socket.destroy() }
    const seen = []
    for (const way of ['token', 'unbuffered', 'plain']) {
      const client = createConnection(Number(new URL(op.nginx.url).port), '127.0.0.1')
      client.write(`POST /${way}/${name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      let bytes = ''
      client.on('data', (more) => { bytes += more })
      await once(client, 'close')
      seen.push(bytes.replace(/^Date: .*\r\n/m, ''))
    }
    assert.match(seen[2], /^HTTP\/1.1 200/, name)
    assert.deepEqual(seen, [seen[2], seen[2], seen[2]], name)
  }
  assert.equal((await op.nginx.session('s1')).status, 404)
  assert.match(op.nginx.log(), /teaches nothing: response_malformed: it broke off/)
})

test('the client has nothing before its session is known, at most the store\'s timeout long', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t))
  const log_in = async (sid, name = 'token') => {
    op.answers.login = whole(response(await op.token({ sid })))
    const began = Date.now()
    const { status, body } = await fetch_raw(`${op.nginx.url}/${name}/login`)
    assert.deepEqual([status, JSON.parse(body).token_type], [200, 'Bearer'])
    return Date.now() - began
  }
  for (let n = 0; n < 50; ++n) {
    await log_in(`s${n}`)
    assert.equal((await op.nginx.session(`s${n}`)).status, 200, 'known as soon as the client has it')
  }
  op.redis.freeze()
  const hung = await log_in('h1')
  op.redis.thaw()
  assert.ok(hung >= 900 && hung < 1600, `${hung} ms`)
  await eventually('the store is back', async () => (await op.nginx.session('s1')).status === 200)
  await op.redis.ask('CONFIG', 'SET', 'maxmemory', '1')
  assert.ok(await log_in('f1') < 500)
  assert.match(op.nginx.log(), /a registration|maxmemory|refused|full/)
})

test('a send_timeout below the store\'s lets the answer go in time', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t), { store: 'timeout=4s', http: 'send_timeout 1s;' })
  op.answers.login = whole(response(await op.token({ sid: 's1' })))
  op.redis.freeze()
  const began = Date.now()
  const { status, body } = await fetch_raw(`${op.nginx.url}/token/login`)
  assert.deepEqual([status, JSON.parse(body).token_type], [200, 'Bearer'])
  assert.ok(Date.now() - began < 1000)
  op.redis.thaw()
  await eventually('it is known all the same', async () => (await op.nginx.session('s1')).status === 200)
})

test('a post_action takes over from an answer whose client left while it was held', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t), { store: 'timeout=3s' })
  for (let n = 0; n < 5; ++n) {
    op.answers[`p${n}`] = whole(response(await op.token({ sid: `p${n}` })))
    op.answers.after = (answer) => { setTimeout(() => whole('after')(answer), 1500) }
    op.redis.freeze()
    const client = createConnection(Number(new URL(op.nginx.url).port), '127.0.0.1')
    client.write(`POST /after_it/p${n} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`)
    await sleep(300)
    client.resetAndDestroy()
    await sleep(100)
    op.redis.thaw()
    await eventually('it is known', async () => (await op.nginx.session(`p${n}`)).status === 200)
  }
  await sleep(1700)
  assert.doesNotMatch(op.nginx.log(), /\[(crit|alert|emerg)\]/)
  assert.equal(Number(/Active connections: (\d+)/.exec((await fetch_raw(`${op.nginx.url}/active`, { method: 'GET' })).body)[1]), 1, 'none stays')
})

test('a client that goes away while its answer is held is registered all the same', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t), { store: 'timeout=5s' })
  const sids = Array.from({ length: 20 }, (_, n) => `a${n}`), answered = []
  for (const sid of sids) {
    const answer = whole(response(await op.token({ sid })))
    op.answers[sid] = (to) => { answer(to); answered.push(sid) }
  }
  op.redis.freeze()
  const clients = sids.map((sid) => {
    const client = createConnection(Number(new URL(op.nginx.url).port), '127.0.0.1')
    client.on('error', () => {})
    client.write(`POST /token/${sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`)
    return client
  })
  await eventually('all answers are held', () => answered.length === sids.length)
  await sleep(100)
  for (const client of clients) client.resetAndDestroy()
  op.redis.thaw()
  for (const sid of sids) await eventually(sid, async () => (await op.nginx.session(sid)).status === 200)
  assert.doesNotMatch(op.nginx.log(), /\[(crit|alert|emerg)\]/)
})

test('two at once for one session, HTTP/2 and our own gzip: each is learnt', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t))
  op.answers.app = whole(response(await op.token({ sid: 'both' })))
  op.answers.ec = whole(response(await op.token({ sid: 'both', aud: 'ec' }, { alg: 'ES256' })))
  await Promise.all(['app', 'ec'].map((name) => fetch_raw(`${op.nginx.url}/token/${name}`)))
  const { json: session } = await op.nginx.session('both')
  assert.deepEqual(session.participants.map(({ client_id }) => client_id).sort(), ['app', 'ec'])

  op.answers.h2 = whole(response(await op.token({ sid: 'h2' })))
  const http2 = connect_http2(op.http2_url)
  const { status, body } = await ask_http2(http2, '/token/h2', 'POST', 'application/x-www-form-urlencoded', ['a=b'])
  http2.close()
  assert.deepEqual([status, JSON.parse(body).token_type], [200, 'Bearer'])
  assert.equal((await op.nginx.session('h2')).status, 200)

  op.answers.zip = whole(response(await op.token({ sid: 'zip' })))
  const zipped = await fetch_raw(`${op.nginx.url}/zipped/zip`, { headers: { 'accept-encoding': 'gzip' } })
  assert.equal(zipped.coding, 'gzip')
  assert.equal(JSON.parse(gunzipSync(zipped.body)).token_type, 'Bearer')
  assert.equal((await op.nginx.session('zip')).status, 200)
})

test('who was learnt is told of the logout, once: tokens that are renewed after it wake none, another login does', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t))
  const login = 'grant_type=authorization_code&code=c', renewal = 'grant_type=refresh_token&refresh_token=r'
  const ask = async (form, way = 'token') => {
    op.answers.tokens = whole(response(await op.token({ sid: 's1' })))
    assert.equal((await fetch_raw(`${op.nginx.url}/${way}/tokens`, { form })).status, 200)
  }
  await ask(login)
  await ask(renewal)
  assert.deepEqual((await op.nginx.session('s1')).json.participants.map(({ client_id }) => client_id), ['app'])
  await op.nginx.ask('DELETE', 'sessions/s1')
  await eventually('it is told', () => op.app.requests.length === 1)
  for (const way of ['token', 'unbuffered', 'streamed', 'in_a_file']) {
    for (const form of [renewal, `${renewal}&client_assertion=${'a'.repeat(20_000)}`, `client_assertion=${'a'.repeat(20_000)}&${renewal}`])
      await ask(form, way)
  }
  await sleep(2500)
  assert.equal(op.app.requests.length, 1)
  await ask(login)
  await eventually('who logs in again is told again', () => op.app.requests.length === 2)
  assert.doesNotMatch(op.nginx.log(), /teaches nothing/)
})
