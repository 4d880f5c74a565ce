// SPDX-License-Identifier: BSD-2-Clause
// The OP's own session ends with ours: its logout is asked with the browser's cookies, and its answer believed only where it says so.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { connect as connect_http2 } from 'node:http2'
import { createConnection } from 'node:net'
import { test } from 'node:test'
import { House, eventually, free_port, sleep } from './parts/house.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { back_client, query, set_stage } from './parts/stage.mjs'

// An OP that keeps its sessions by cookie; `behave` says how its logout answers.
async function start_small_op(house) {
  const op = { sessions: new Set(), seen: [], behave: 'ends' }
  const server = http.createServer(async (request, answer) => {
    let body = ''
    for await (const piece of request) body += piece
    const cookie = /_session=([^;]*)/.exec(request.headers.cookie ?? '')?.[1]
    op.seen.push({ method: request.method, url: request.url, body, headers: request.headers })
    if (op.behave === 'hangs') return
    if (op.behave === 'slow') await sleep(600)
    if (op.behave === 'asks') return answer.writeHead(200, { 'set-cookie': `_session=${cookie}; Path=/` }).end('<form>Really?</form>')
    if (op.behave === 'fails') return answer.writeHead(500, { 'set-cookie': '_session=; Max-Age=0' }).end('oh')
    if (op.behave === 'rolls') return answer.writeHead(200, { 'set-cookie': `_session=${Math.random()}; Path=/` }).end('<form>Really?</form>')
    if (op.behave === 'cut') return request.socket.destroy()
    if (op.behave === 'once' && !op.sessions.has(cookie)) return answer.writeHead(302, { location: '/bye' }).end()
    op.sessions.delete(cookie)
    answer.writeHead(302, { location: '/bye', 'set-cookie': ['_session=; Path=/; Max-Age=0', 'op_lang=de; Path=/'] }).end('x'.repeat(100_000))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  house.when_over(() => { server.close(); server.closeAllConnections() })
  const connections = () => new Promise((done) => server.getConnections((error, count) => done(count)))
  return Object.assign(op, { connections, to: `http://127.0.0.1:${server.address().port}` })
}

async function set_up(house, { directive = 'upstream_logout /_op_logout timeout=700ms;', more = '', provider = '', behave = manners.obeying, ...how } = {}) {
  const op = await start_small_op(house), app = await start_receiver(house, { behave })
  const http2_port = await free_port('127.0.0.1')
  const stage = await set_stage(house, {
    clients: [back_client('app', app.url), back_client('other', app.url)], provider: `${directive} ${provider}`,
    locations: `location = /_op_logout { internal; proxy_pass ${op.to}/session/end; } ${more}`,
    servers: `server { listen 127.0.0.1:${http2_port} http2; location = /logout { slo_end_session main; }
      location = /_op_logout { internal; proxy_pass ${op.to}/session/end; } }`, ...how })
  let number = 0
  const sign_in = async (client_id = 'app') => {
    const sid = `s${++number}`, cookie = `cookie-of-${sid}`
    op.sessions.add(cookie)
    assert.equal((await stage.nginx.register({ client_id, sid, sub: 'ann', session_cookie: cookie })).status, 201)
    return { sid, cookie, hint: await stage.hint({ aud: client_id, sub: 'ann', sid }) }
  }
  return { ...stage, op, app, http2_url: `http://127.0.0.1:${http2_port}`, sign_in }
}

const ask = (url, { method = 'GET', headers = {}, form, agent = false } = {}) => new Promise((done, failed) => {
  const more = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(form) }
  const began = performance.now()
  http.request(url, { method, headers: { ...more, ...headers }, agent }, async (answer) => {
    let body = ''
    for await (const piece of answer) body += piece
    done({ status: answer.statusCode, location: answer.headers.location, cookies: answer.headers['set-cookie'] ?? [], body, took: performance.now() - began })
  }).on('error', failed).end(form)
})

const log_out = (stage, { hint, cookie }, more = {}, how = {}) => ask(
  `${stage.nginx.logout}?${query({ id_token_hint: hint, post_logout_redirect_uri: `${stage.app.url}/bye`, ...more })}`,
  { ...how, headers: { cookie: `_session=${cookie}; other=1`, ...how.headers } })

const metric = async (stage, name) => Number(new RegExp(`^slo_${name}(?:_total)? (\\d+)`, 'm').exec((await stage.nginx.metrics()))?.[1])

test("a logout ends the OP's own session, and its cookies reach the browser", { timeout: 60_000 }, async (t) => {
  const stage = await set_up(new House(t))
  const [user, neighbour] = [await stage.sign_in(), await stage.sign_in()]
  const answer = await log_out(stage, user, { state: 'x' })
  assert.equal(answer.status, 303)
  assert.equal(answer.location, `${stage.app.url}/bye?state=x`)
  assert.ok(answer.cookies.includes('op_lang=de; Path=/') && answer.cookies.includes('_session=; Path=/; Max-Age=0'), answer.cookies.join('\n'))
  assert.deepEqual([...stage.op.sessions], [neighbour.cookie])
  const [{ method, url, body, headers }] = stage.op.seen
  assert.deepEqual({ method, url, body, cookie: headers.cookie, length: headers['content-length'] },
                   { method: 'GET', url: '/session/end', body: '', cookie: `_session=${user.cookie}; other=1`, length: undefined })
  assert.equal(stage.op.seen.length, 1)
  assert.equal(await metric(stage, 'upstream_logouts_done'), 1)
  assert.doesNotMatch(stage.nginx.log(), /\[(warn|error|crit|alert|emerg)\].* slo: /)
})

test('a POST carries the hint and the client that stood up, and nothing of what the browser posted', { timeout: 60_000 }, async (t) => {
  const stage = await set_up(new House(t), { directive: 'upstream_logout /_op_logout method=POST;' })
  const user = await stage.sign_in()
  const form = query({ id_token_hint: user.hint, post_logout_redirect_uri: `${stage.app.url}/bye`, state: 'z'.repeat(3000) })
  const answer = await ask(stage.nginx.logout, { method: 'POST', form, headers: { cookie: `_session=${user.cookie}`, 'if-none-match': '"x"', range: 'bytes=0-1' } })
  assert.equal(answer.status, 303)
  const [{ method, body, headers }] = stage.op.seen
  assert.deepEqual({ method, body, type: headers['content-type'], match: headers['if-none-match'], range: headers.range },
                   { method: 'POST', body: query({ id_token_hint: user.hint, client_id: 'app' }), type: 'application/x-www-form-urlencoded', match: undefined, range: undefined })
  assert.equal(stage.op.sessions.size, 0)
})

test('a GET has no body, whatever the browser posted', { timeout: 60_000 }, async (t) => {
  const stage = await set_up(new House(t))
  const user = await stage.sign_in()
  const answer = await ask(stage.nginx.logout, { method: 'POST', form: query({ id_token_hint: user.hint, state: 'z'.repeat(4000) }), headers: { cookie: `_session=${user.cookie}` } })
  assert.equal(answer.status, 200)
  const [{ method, body, headers }] = stage.op.seen
  assert.deepEqual([method, body, headers['content-type'], headers['content-length']], ['GET', '', undefined, undefined])
})

for (const [name, behave, said] of [
  ['an OP that only asks the user is told to him and the log, and claimed to nobody', 'asks', 'answered 200 without expiring a session cookie'],
  ['an OP that only asks, and rolls its cookie, is told to the user and the log', 'rolls', 'answered 200 without expiring a session cookie'],
  ['an OP that fails is told to the user and the log, and claimed to nobody', 'fails', 'answered 500'],
  ['an OP that breaks off is told to the user and the log, and claimed to nobody', 'cut', 'answered 502'],
  ['an OP that hangs is told to the user and the log, and claimed to nobody', 'hangs', 'answered 504'],
]) {
  test(name, { timeout: 60_000 }, async (t) => {
    const stage = await set_up(new House(t))
    stage.op.behave = behave
    const user = await stage.sign_in()
    const answer = await log_out(stage, user)
    assert.equal(answer.status, 200)
    assert.match(answer.body, /Your sign-in itself<\/span><span class="state bad" id="a0">could not be told/)
    assert.match(answer.body, /Not every application could be told/)
    assert.match(answer.body, /Continue/)
    assert.ok(answer.took < 700 + 1500, `${answer.took} ms`)
    assert.equal((await stage.nginx.session(user.sid)).json.state, 'ended')
    const lines = stage.nginx.log().match(/\[warn\].*slo: .*/g)
    assert.equal(lines.length, 1)
    assert.match(lines[0], new RegExp(`slo: upstream_logout "/_op_logout" ${said}: the OP's own session may live, provider "main"`))
    assert.ok(!lines[0].includes(user.hint) && !lines[0].includes(user.cookie))
    assert.equal(await metric(stage, 'upstream_logouts_failed'), 1)
    await eventually('the application was told', async () => stage.app.requests.length === 1)
    // The second click asks again.
    stage.op.behave = 'ends'
    assert.equal((await log_out(stage, user)).status, 303)
    assert.equal(stage.op.sessions.size, 0)
  })
}

test('what the OP says too late is cut off, and the connection serves the next request at once', { timeout: 60_000 }, async (t) => {
  const stage = await set_up(new House(t), { directive: 'upstream_logout /_op_logout timeout=200ms;', workers: 1, more: 'location = /active { stub_status; }' })
  stage.op.behave = 'hangs'
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  for (let i = 0; i < 5; ++i) {
    const answer = await log_out(stage, await stage.sign_in(), {}, { agent })
    assert.equal(answer.status, 200)
    const next = await ask(`${stage.nginx.url}/slo/jwks`, { agent })
    assert.equal(next.status, 200)
    assert.ok(next.took < 150, `${next.took} ms`)
  }
  assert.match((await ask(`${stage.nginx.url}/active`, { agent })).body, /^Active connections: 1 /)
  assert.equal(await stage.op.connections(), 0)
  assert.doesNotMatch(stage.nginx.log(), /\[(crit|alert|emerg)\]/)
})

for (const [name, how] of [['a user who leaves has ended it all the same', {}], ['… and while applications are being told', { behave: manners.slow(400) }]]) {
  test(name, { timeout: 60_000 }, async (t) => {
    const stage = await set_up(new House(t), { directive: 'upstream_logout /_op_logout timeout=5s;', workers: 1, ...how })
    stage.op.behave = 'slow'
    const session = connect_http2(stage.http2_url)
    t.after(() => session.destroy())
    for (let i = 0; i < 6; ++i) {
      const user = await stage.sign_in(), path = `/logout?${query({ id_token_hint: user.hint })}`
      const { port } = new URL(stage.nginx.url)
      const socket = createConnection(port, '127.0.0.1').on('error', () => {})
      const stream = i % 2 ? session.request({ ':path': path, cookie: `_session=${user.cookie}` }).on('error', () => {}) : undefined
      if (!stream) socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nCookie: _session=${user.cookie}\r\n\r\n`)
      await eventually('the OP is asked', async () => stage.op.seen.length === i + 1, { every: 5 })
      if (stream) stream.close(8)
      socket.resetAndDestroy()
      await eventually('the OP has ended it', async () => !stage.op.sessions.has(user.cookie))
      await eventually('it is counted', async () => await metric(stage, 'upstream_logouts_done') === i + 1)
    }
    assert.doesNotMatch(stage.nginx.log(), /\[(crit|alert|emerg)\]/)
    assert.equal((await ask(`${stage.nginx.url}/logout`)).status, 200)
  })
}

test('who asks twice is not told that it had not worked', { timeout: 60_000 }, async (t) => {
  const stage = await set_up(new House(t))
  stage.op.behave = 'once'
  const user = await stage.sign_in(), other = await stage.sign_in()
  assert.equal((await log_out(stage, user)).status, 303)
  assert.equal((await log_out(stage, user)).status, 303)
  assert.equal((await log_out(stage, { ...user, cookie: '' })).status, 303)
  assert.deepEqual((await Promise.all([log_out(stage, other), log_out(stage, other)])).map(({ status }) => status), [303, 303])
  assert.equal(await metric(stage, 'upstream_logouts_failed'), 0)
})

test('without the cookie nobody can ask, and nothing is claimed', { timeout: 60_000 }, async (t) => {
  const stage = await set_up(new House(t)), user = await stage.sign_in()
  const answer = await ask(`${stage.nginx.logout}?${query({ id_token_hint: user.hint })}`)
  assert.match(answer.body, /Your sign-in itself/)
  assert.deepEqual(stage.op.seen, [])
})

test('over HTTP/2 as well', { timeout: 60_000 }, async (t) => {
  const stage = await set_up(new House(t))
  const user = await stage.sign_in()
  const session = connect_http2(stage.http2_url)
  t.after(() => session.destroy())
  const stream = session.request({ ':path': `/logout?${query({ id_token_hint: user.hint })}`, cookie: `_session=${user.cookie}` })
  const [headers] = await once(stream, 'response')
  stream.resume()
  await once(stream, 'end')
  assert.equal(headers[':status'], 200)
  assert.equal(stage.op.sessions.size, 0)
  assert.equal(stage.op.seen.length, 1)
})

test('it is asked only once something has ended, and not where one client alone leaves', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const stage = await set_up(house, { provider: 'scope client;' })
  const user = await stage.sign_in()
  assert.equal((await ask(stage.nginx.logout, { headers: { cookie: `_session=${user.cookie}` } })).status, 200)  // the question
  assert.equal((await log_out(stage, { hint: 'a.b.c', cookie: user.cookie })).status, 400)
  assert.equal((await log_out(stage, user)).status, 303)
  assert.deepEqual(stage.op.seen, [])
  assert.deepEqual([...stage.op.sessions], [user.cookie])
})

test('a location that is not there, or ends sessions itself, is an answer as any other', { timeout: 60_000 }, async (t) => {
  for (const [how, said] of [['/nowhere', 404], ['/logout', 508], ['/logout method=POST', 508]]) {
    const stage = await set_up(new House(t), { directive: `upstream_logout ${how};` })
    const answer = await log_out(stage, await stage.sign_in())
    assert.equal(answer.status, 200, how)
    assert.match(stage.nginx.log(), new RegExp(`upstream_logout "${how.split(' ')[0]}" answered ${said}`))
    assert.doesNotMatch(stage.nginx.log(), /\[(crit|alert|emerg)\]/)
  }
})

test('where the OP notifies, its logout comes first, and we tell only whom it does not', { timeout: 60_000 }, async (t) => {
  const stage = await set_up(new House(t), { directive: 'upstream_logout /_op_logout timeout=700ms notified_by=op;' })
  const told = () => stage.app.requests.length
  for (const [behave, status, count] of [['ends', 303, 0], ['fails', 200, 1], ['hangs', 200, 1], ['cut', 200, 1], ['asks', 200, 1]]) {
    await t.test(`the OP ${behave}`, async () => {
      stage.app.requests.length = 0
      stage.op.behave = behave
      const user = await stage.sign_in()
      const answer = await log_out(stage, user)
      assert.equal(answer.status, status, answer.body)
      assert.equal((await stage.nginx.ask('GET', `sessions/${user.sid}`)).json.state, 'ended')
      await eventually('nothing is owed', async () => (await stage.nginx.ask('GET', 'deliveries?state=pending')).json.deliveries.length === 0)
      assert.equal(told(), count)
      stage.op.behave = 'once'
      const again = await log_out(stage, user)
      assert.equal(again.status, 303, again.body)
      await sleep(100)
      assert.equal(told(), count, 'asked again, nobody is told again')
    })
  }
  await t.test('who has no cookie of the OP is told by us', async () => {
    stage.app.requests.length = 0
    const { hint } = await stage.sign_in()
    await ask(`${stage.nginx.logout}?${query({ id_token_hint: hint })}`)
    await eventually('it is told', () => told() === 1)
  })
  await t.test('several clients: nobody is owed anything', async () => {
    stage.app.requests.length = 0
    stage.op.behave = 'ends'
    const { sid, cookie, hint } = await stage.sign_in()
    await stage.nginx.register({ client_id: 'other', sid, sub: 'ann' })
    assert.equal((await log_out(stage, { hint, cookie })).status, 303)
    await sleep(100)
    assert.equal(told(), 0)
  })
})
