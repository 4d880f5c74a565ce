// SPDX-License-Identifier: BSD-2-Clause
// Redirects and pages of an authorization endpoint pass as they were, whole, cut short, stalled, over HTTP/2 or to nobody.
import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import { connect as connect_http2 } from 'node:http2'
import { createConnection } from 'node:net'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { CompactEncrypt } from 'jose'
import { send } from './parts/browser_jar.mjs'
import { House, eventually, free_port, sleep } from './parts/house.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

const there = 'https://app.example/cb'
const form_post = (inputs) => `<html><body><form method="post" action="${there}">${
  Object.entries(inputs).map(([name, value]) => `<input type="hidden" name="${name}" value="${value}"/>`).join('')}</form></body></html>`
const head_of = (location) => ({ location, 'set-cookie': '_session=new; Path=/', 'cache-control': 'no-store' })

async function set_op(house, { store = 'timeout=1s', ...how } = {}) {
  const app = await start_receiver(house)
  const op = { answers: {} }
  const server = http.createServer((request, answer) => {
    request.resume()
    op.answers[decodeURIComponent(request.url.slice(1))](answer, request)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  house.when_over(() => { server.close(); server.closeAllConnections() })
  const http2_port = await free_port('127.0.0.1')
  const to_op = `proxy_pass http://127.0.0.1:${server.address().port}/;`
  const locations = `location /auth/ { slo_learn main; ${to_op} } location /plain/ { ${to_op} }
    location /unbuffered/ { slo_learn main; proxy_buffering off; ${to_op} }
    location = /active { stub_status; }`
  const stage = await set_stage(house, { clients: [back_client('app', app.url)], workers: 1, store, locations, ...how,
    servers: `server { listen 127.0.0.1:${http2_port} http2; ${locations} }` })
  return Object.assign(op, stage, { app, http2_url: `http://127.0.0.1:${http2_port}`,
    token: (claims, how) => stage.issuer.id_token({ aud: 'app', sub: 'ann', ...claims }, how) })
}

// Where pieces end is nobody's promise.
const without_chunks = (bytes) => /^Transfer-Encoding: chunked/m.test(bytes) ? bytes.replace(/\r\n[0-9a-f]+\r\n/g, '').replace(/\r\n$/, '') : bytes

// Everything that comes over one connection, less what differs by the second.
async function raw(op, path) {
  const client = createConnection(Number(new URL(op.nginx.url).port), '127.0.0.1')
  client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nCookie: _session=old\r\nConnection: close\r\n\r\n`)
  let bytes = ''
  client.on('data', (more) => { bytes += more })
  client.on('error', () => {})
  await once(client, 'close')
  return bytes.replace(/^Date: .*\r\n/m, '')
}

test('whatever its shape, an answer comes through byte for byte, and is learnt from', { timeout: 120_000 }, async (t) => {
  const op = await set_op(new House(t), {})
  const body = 'moved '.repeat(300)
  let sid = 0
  const shapes = {
    'without a body': (claims) => async (answer) => { answer.writeHead(302, { ...head_of(`${there}#id_token=${await op.token(claims)}`), 'content-length': 0 }).end() },
    'with a body': (claims) => async (answer) => { answer.writeHead(303, { ...head_of(`${there}#code=c&id_token=${await op.token(claims)}`), 'content-length': body.length }).end(body) },
    'chunked': (claims) => async (answer) => {
      answer.writeHead(302, head_of(`${there}?code=c&id_token=${await op.token(claims)}`))
      for (let at = 0; at < body.length; at += 600) { answer.write(body.slice(at, at + 600)); await sleep(20) }
      answer.end()
    },
    'with a large body': (claims) => async (answer) => { answer.writeHead(302, head_of(`${there}#id_token=${await op.token(claims)}`)).end('x'.repeat(600_000)) },
    'a page': (claims) => async (answer) => { answer.writeHead(200, { 'content-type': 'text/html' }).end(form_post({ id_token: await op.token(claims), code: 'c' })) },
    'a page in gzip': (claims) => async (answer) => {
      answer.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' }).end(gzipSync(form_post({ id_token: await op.token(claims) })))
    },
  }
  for (const [name, make] of Object.entries(shapes)) {
    for (const way of ['auth', 'unbuffered']) {
      const claims = { sid: `s${++sid}`, iat: op.issuer.now() + 30, exp: op.issuer.now() + 600 }  // a clock that is ahead
      op.answers.now = make(claims)
      const seen = await raw(op, `/${way}/now`)
      const known = (await op.nginx.ask('GET', 'sessions?sub=ann')).json.sessions.flatMap(({ participants }) => participants.map((one) => one.sid))
      assert.ok(known.includes(claims.sid), `${name}, ${way}: ${known}`)
      const { participants } = (await op.nginx.ask('GET', 'sessions?sub=ann')).json.sessions[0]
      assert.ok(participants)
      assert.equal(without_chunks(seen), without_chunks(await raw(op, '/plain/now')), `${name}, ${way}`)
    }
  }
  assert.doesNotMatch(op.nginx.log(), /\[(crit|alert|emerg)\]|teaches nothing/)
})

test('a redirect whose body is larger than may be kept waits for the store all the same', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t), { store: 'timeout=5s' })
  const body = 'a large body. '.repeat(200_000)
  let sid = 0
  op.answers.now = async (answer) => answer.writeHead(302, head_of(`${there}#id_token=${await op.token({ sid: `l${++sid}` })}`)).end(body)
  for (const way of ['auth', 'unbuffered']) {
    op.redis.freeze()
    const client = createConnection(Number(new URL(op.nginx.url).port), '127.0.0.1')
    client.write(`GET /${way}/now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    let bytes = ''
    client.on('data', (more) => { bytes += more })
    const closed = once(client, 'close')
    await sleep(700)
    assert.equal(bytes, '', `${way}: nothing before it is stored`)
    op.redis.thaw()
    await closed
    assert.match(bytes, /^HTTP\/1.1 302/)
    assert.ok(without_chunks(bytes).includes(body), `${way}: whole`)
    const [{ participants }] = (await op.nginx.ask('GET', 'sessions?sub=ann')).json.sessions
    assert.equal(participants[0].sid, `l${sid}`)
  }
  assert.doesNotMatch(op.nginx.log(), /\[(crit|alert|emerg)\]/)
})

test('a redirect that is cut short, or stalls behind its head, comes as far as it would have come', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t))
  const begin = (answer, piece) => {
    answer.writeHead(302, { ...head_of(`${there}?code=c`), 'content-length': 1000 })
    if (piece) answer.write(piece)
    else answer.flushHeaders()
  }
  for (const piece of ['', 'a piece']) {
    op.answers.cut = async (answer) => { begin(answer, piece); await sleep(50); answer.socket.destroy() }
    const plain = await raw(op, '/plain/cut')
    assert.match(plain, /^HTTP\/1.1 302/)
    for (const way of ['auth', 'unbuffered']) assert.equal(await raw(op, `/${way}/cut`), plain, `${way}: "${piece}"`)

    op.answers.stalls = async (answer) => { begin(answer, piece); await sleep(3000); answer.end('x'.repeat(1000 - piece.length)) }
    for (const way of ['auth', 'unbuffered']) {
      const began = Date.now()
      const client = createConnection(Number(new URL(op.nginx.url).port), '127.0.0.1')
      client.write(`GET /${way}/stalls HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      let bytes = String(await new Promise((done) => client.once('data', done)))
      const head_after = Date.now() - began
      client.on('data', (more) => { bytes += more })
      await once(client, 'close')
      assert.match(bytes, /^HTTP\/1.1 302/)
      assert.ok(bytes.endsWith(`\r\n\r\n${piece}${'x'.repeat(1000 - piece.length)}`), `${way}: "${piece}"`)
      // nginx itself gathers a buffered answer's head and first bytes.
      if (way === 'unbuffered') assert.ok(head_after < 2500, `${way}: "${piece}": its head after ${head_after} ms`)
    }
  }
  assert.doesNotMatch(op.nginx.log(), /\[(crit|alert|emerg)\]/)
})

test('a page that is long in coming is not held for longer than the store may take', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t))
  op.answers.slow = async (answer) => {
    answer.writeHead(200, { 'content-type': 'text/html' })
    answer.write('<html>first')
    await sleep(4000)
    answer.end('last</html>')
  }
  for (const way of ['auth', 'unbuffered']) {
    const client = createConnection(Number(new URL(op.nginx.url).port), '127.0.0.1')
    const began = Date.now()
    client.write(`GET /${way}/slow HTTP/1.0\r\nHost: x\r\n\r\n`)
    let bytes = '', first_after
    client.on('data', (more) => {
      bytes += more
      if (bytes.includes('first')) first_after ??= Date.now() - began
    })
    await once(client, 'close')
    assert.match(bytes, /<html>firstlast<\/html>$/)
    if (way === 'unbuffered') assert.ok(first_after < 3500, `${first_after} ms`)  // nginx itself gathers what it buffers
  }
})

test('over HTTP/2 a redirect waits for the store, at most its timeout', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t))
  let sid = 0
  op.answers.code = async (answer) => { answer.writeHead(302, head_of(`${there}#id_token=${await op.token({ sid: `h${++sid}` })}`)).end('moved') }
  const http2 = connect_http2(op.http2_url)
  const ask = () => new Promise((done, failed) => {
    const began = Date.now()
    const stream = http2.request({ ':path': '/auth/code' })
    let status, body = ''
    stream.on('response', (head) => { status = head[':status'] })
    stream.on('data', (more) => { body += more })
    stream.on('end', () => done({ status, body, took: Date.now() - began }))
    stream.on('error', failed)
  })
  const first = await ask()
  assert.deepEqual([first.status, first.body], [302, 'moved'])
  const [{ participants }] = (await op.nginx.ask('GET', 'sessions?sub=ann')).json.sessions
  assert.equal(participants[0].sid, 'h1')
  op.redis.freeze()
  const hung = await ask()
  op.redis.thaw()
  assert.deepEqual([hung.status, hung.body], [302, 'moved'])
  assert.ok(hung.took > 900 && hung.took < 2500, `${hung.took} ms`)
  http2.close()
  assert.doesNotMatch(op.nginx.log(), /\[(crit|alert|emerg)\]/)
})

test('who goes away while a redirect is held harms nobody, and is learnt', { timeout: 60_000 }, async (t) => {
  const op = await set_op(new House(t), { store: 'timeout=5s' })
  op.redis.freeze()
  const clients = []
  for (let n = 0; n < 20; ++n) {
    op.answers[`a${n}`] = async (answer) => { answer.writeHead(302, head_of(`${there}#id_token=${await op.token({ sid: `a${n}` })}`)).end('moved') }
    const client = createConnection(Number(new URL(op.nginx.url).port), '127.0.0.1')
    client.on('error', () => {})
    client.write(`GET /auth/a${n} HTTP/1.1\r\nHost: x\r\nCookie: _session=c${n}\r\n\r\n`)
    clients.push(client)
  }
  await sleep(500)
  for (const client of clients) client.resetAndDestroy()
  await sleep(100)
  op.redis.thaw()
  await eventually('all are known', async () => (await op.nginx.ask('GET', 'sessions?sub=ann&limit=100')).json.sessions.flatMap(({ participants }) => participants).length > 0)
  await eventually('no connection stays', async () => /Active connections: 1 /.test((await send(`${op.nginx.url}/active`)).body))
  assert.doesNotMatch(op.nginx.log(), /\[(crit|alert|emerg)\]/)
})

test('an encrypted ID Token of a hybrid response is learnt with the key that opens it', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const op = await set_op(house, { provider: `decryption_key ${house.path('nginx')}/op-rsa.pem;` })
  const encrypted = async (claims) => new CompactEncrypt(Buffer.from(await op.token(claims))).setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A256GCM' })
    .encrypt(createPublicKey(op.issuer.keys.RS256.privateKey))
  op.answers.hybrid = async (answer) => { answer.writeHead(302, head_of(`${there}#code=c&id_token=${await encrypted({ sid: 'e1' })}`)).end() }
  op.answers.form = async (answer) => { answer.writeHead(200, { 'content-type': 'text/html' }).end(form_post({ id_token: await encrypted({ sid: 'e1' }) })) }
  for (const name of ['hybrid', 'form']) assert.ok([200, 302].includes((await send(`${op.nginx.url}/auth/${name}`)).status))
  const [{ participants }] = (await op.nginx.ask('GET', 'sessions?sub=ann')).json.sessions
  assert.deepEqual(participants.map(({ client_id, sid }) => [client_id, sid]), [['app', 'e1']])
  assert.doesNotMatch(op.nginx.log(), /teaches nothing/)
})
