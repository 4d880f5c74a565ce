// SPDX-License-Identifier: BSD-2-Clause
// In front of an application: whose session has ended at the OP does not pass, on whichever worker and host.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, eventually, sleep } from './parts/house.mjs'
import { set_guard } from './parts/guard_stage.mjs'

const in_time = { timeout: 60_000 }

test('a session that the OP ends is refused from its answer on, and no other one is', in_time, async (t) => {
  const stage = await set_guard(new House(t), { hosts: 2 })
  for (const host of stage.hosts) assert.equal((await host.visit({ sid: 's1' })).status, 200)
  const answer = await stage.back({ sid: 's1', sub: 'ann' })
  assert.deepEqual([answer.status, answer.body, answer.headers['cache-control']], [200, '', 'no-store'])
  for (let i = 0; i < 20; ++i) assert.equal((await stage.visit({ sid: 's1' })).status, 401, 'at once, on every worker')
  const there = stage.hosts[1]
  await eventually('on the other host as well', async () => (await there.visit({ sid: 's1' })).status === 401)
  const seen = stage.app.seen.length
  for (const host of stage.hosts) {
    const refused = await host.visit({ sid: 's1', sub: 'ann' })
    assert.deepEqual([refused.status, refused.headers['x-slo-status'], refused.headers['cache-control']], [401, 'ended', 'no-store'])
    const other = await host.visit({ sid: 's2', sub: 'ann' })
    assert.deepEqual([other.status, other.headers['x-slo-status']], [200, 'ok'])
    assert.equal((await host.visit({})).headers['x-slo-status'], 'none')
  }
  assert.ok(!stage.app.seen.slice(seen).some((url) => url.includes('s1')), 'the application does not see it any more')
})

test('a logout of all sessions of a user ends those that began before, and lets a later login live', in_time, async (t) => {
  const stage = await set_guard(new House(t))
  const now = stage.issuer.now()
  assert.equal((await stage.back({ sub: 'ann', iat: now })).status, 200)
  const statuses = async (since) => (await stage.visit({ sid: 's3', sub: 'ann', since })).status
  assert.equal(await statuses(now - 100), 401)
  assert.equal(await statuses(now), 401, 'in that very second')
  assert.equal(await statuses(now + 1), 200)
  assert.equal(await statuses(''), 401, 'nobody says when it began')
  assert.equal((await stage.visit({ sid: 's3', sub: 'bob', since: now - 100 })).status, 200)
})

test('a token tells of its session', in_time, async (t) => {
  const stage = await set_guard(new House(t))
  const token = (claims) => stage.issuer.id_token({ aud: 'gateway', sub: 'ann', ...claims })
  const mine = await token({ sid: 's1' }), other = await token({ sid: 's2' })
  const visit = async (authorization) => {
    const { status, headers } = await stage.visit({}, { authorization })
    return [status, headers['x-slo-status']]
  }
  for (const one of [mine, other, `Bearer ${mine}`]) assert.deepEqual(await visit(one), [200, 'ok'])
  assert.equal((await stage.back({ sid: 's1' })).status, 200)
  for (let i = 0; i < 5; ++i) for (const one of [mine, `Bearer ${mine}`]) assert.deepEqual(await visit(one), [401, 'ended'])
  assert.deepEqual(await visit(other), [200, 'ok'])
  const old = await token({ auth_time: stage.issuer.now() - 500, sid: 's4' })
  assert.deepEqual(await visit(old), [200, 'ok'])
  assert.equal((await stage.back({ sub: 'ann', iat: stage.issuer.now() - 100 })).status, 200)
  assert.deepEqual(await visit(old), [401, 'ended'], 'by auth_time')
  assert.deepEqual(await visit(other), [200, 'ok'], 'by iat, for want of an auth_time')
  for (const odd of ['', 'x', 'Bearer ', 'a.b.c', await stage.issuer.id_token({ iss: 'https://else.example', sid: 's1' })]) {
    assert.deepEqual(await visit(odd), [200, 'none'], odd.slice(0, 10))
  }
})

test('the iframe of an OP ends a session, without a cookie, and may be framed by the OP alone', in_time, async (t) => {
  const stage = await set_guard(new House(t), { http: 'add_header X-Frame-Options DENY always;' })
  const answer = await stage.front({ iss: stage.issuer.issuer, sid: 's1' })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.match(answer.headers['content-security-policy'], new RegExp(`frame-ancestors ${stage.issuer.issuer}`))
  assert.equal((await stage.visit({ sid: 's1' })).status, 401)
  assert.equal((await stage.front({ iss: 'https://else.example', sid: 's2' })).status, 400)
  assert.equal((await stage.front({ sid: 's2' })).status, 400)
  assert.equal((await stage.visit({ sid: 's2' })).status, 200)
})

test('a session that nginx ends as the OP is refused in front of applications as well', in_time, async (t) => {
  const stage = await set_guard(new House(t), { hosts: 2, clients: [{ client_id: 'app', redirect_uris: ['https://app.example/'],
    frontchannel_logout_uri: 'https://app.example/front' }] })
  await stage.nginx.register({ client_id: 'app', sid: 's1', sub: 'ann', client_sid: 'own-1' })
  for (const host of stage.hosts) assert.equal((await host.visit({ sid: 's1' })).status, 200)
  assert.equal((await stage.nginx.ask('DELETE', 'sessions/s1')).status, 200)
  for (const host of stage.hosts) {
    for (const sid of ['s1', 'own-1']) await eventually('refused', async () => (await host.visit({ sid })).status === 401)
  }
})

test('whom the API logs out everywhere is refused wherever he was, and may log in again', in_time, async (t) => {
  const stage = await set_guard(new House(t), { hosts: 2 })
  const now = stage.issuer.now()
  assert.equal((await stage.nginx.ask('DELETE', 'users/ann/sessions')).status, 200)
  for (const host of stage.hosts) {
    const status = async (parameters) => (await host.visit(parameters)).status
    await eventually('refused', async () => await status({ sub: 'ann', since: now - 100 }) === 401)
    assert.equal(await status({ sid: 's1', sub: 'ann', since: now - 100 }), 401)
    assert.equal(await status({ sid: 's1', sub: 'ann', since: now + 100 }), 200)
    assert.equal(await status({ sub: 'bob', since: now - 100 }), 200)
  }
})

test('logging out a user with many sessions ends no login that came after its first page', in_time, async (t) => {
  const client = { client_id: 'app', redirect_uris: ['https://app.example/'], frontchannel_logout_uri: 'https://app.example/front' }
  const stage = await set_guard(new House(t), { clients: [client] })
  await Promise.all(Array.from({ length: 60 }, (_, i) => stage.nginx.register({ client_id: 'app', sid: `s${i}`, sub: 'ann' })))
  const first = await stage.nginx.ask('DELETE', 'users/ann/sessions')
  assert.deepEqual([first.status, first.json.ended.length], [202, 50])
  await sleep(2100)
  await stage.nginx.register({ client_id: 'app', sid: 'late', sub: 'ann' })
  const login = stage.issuer.now() - 1, visit = async (since) => (await stage.visit({ sub: 'ann', since })).status
  assert.deepEqual([await visit(login - 100), await visit(login)], [401, 200])
  const second = await stage.nginx.ask('DELETE', `users/ann/sessions?cursor=${first.json.next}`)
  assert.deepEqual([second.status, second.json.ended.length], [200, 10])
  await sleep(200)
  assert.deepEqual([await visit(login - 100), await visit(login)], [401, 200])
  assert.equal((await stage.nginx.ask('GET', 'sessions/late')).json.state, 'live', 'registered between two pages')
  assert.equal((await stage.nginx.ask('DELETE', 'users/ann/sessions')).status, 202)
  assert.equal(await visit(login), 401, 'who begins anew ends that login as well')
})

test('what is known stays refused while the store is away, and the rest passes or not as was configured', in_time, async (t) => {
  for (const [provider, unknown] of [['max_stale 2s;', [200, 'degraded']], ['max_stale 2s; fail closed;', [503, 'degraded']]]) {
    const stage = await set_guard(new House(t), { provider, store: 'timeout=1s' })
    assert.equal((await stage.back({ sid: 's1' })).status, 200)
    const visit = async (sid) => {
      const { status, headers } = await stage.visit({ sid })
      return [status, headers['x-slo-status']]
    }
    assert.deepEqual(await visit('s2'), [200, 'ok'])
    await stage.redis.kill()
    const refused = await stage.back({ sid: 's3' })
    assert.equal(refused.status, 400)
    assert.equal(refused.json?.error ?? JSON.parse(refused.body).error, 'temporarily_unavailable')
    await sleep(3000)
    assert.deepEqual(await visit('s1'), [401, 'ended'])
    assert.deepEqual(await visit('s2'), unknown)
    await stage.redis.start_again()
    await eventually('all is well again', async () => (await visit('s2'))[1] === 'ok', 10_000)
    assert.deepEqual(await visit('s1'), [401, 'ended'])
  }
})

// Opens it, waits for its first tick, and says how long after `Date.now()` it closes.
async function open_connection(stage, path, headers = []) {
  const client = createConnection(Number(new URL(stage.nginx.url).port), '127.0.0.1')
  client.on('error', () => {})
  client.write([`GET ${path} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n'))
  await new Promise((done) => client.on('data', (bytes) => { if (String(bytes).includes('tick')) done() }))
  const open = { client, closed_at: undefined }
  client.on('close', () => { open.closed_at = Date.now() })
  return open
}

test('a WebSocket, an event stream and an answer that goes on end with their session, and no others do', in_time, async (t) => {
  const stage = await set_guard(new House(t))
  const upgrade = ['Upgrade: clock', 'Connection: Upgrade']
  const ways = [['/app/clock', upgrade], ['/app/ticks', []]]
  const mine = [], others = []
  for (const [path, headers] of ways) {
    for (let i = 0; i < 4; ++i) {
      mine.push(await open_connection(stage, `${path}?sid=s1`, headers))
      others.push(await open_connection(stage, `${path}?sid=s${i + 2}`, headers))
    }
  }
  const began = Date.now()
  assert.equal((await stage.back({ sid: 's1' })).status, 200)
  await eventually('all of them are closed', () => mine.every(({ closed_at }) => closed_at), 5000)
  for (const { closed_at } of mine) assert.ok(closed_at - began < 500, `${closed_at - began} ms`)
  await sleep(300)
  assert.ok(others.every(({ closed_at }) => closed_at === undefined))
  for (const { client } of others) client.destroy()
  assert.match(await stage.nginx.metrics(), /slo_guard_closed_total 8/)
  assert.doesNotMatch(stage.nginx.log(), /\[(crit|alert|emerg)\]/)
})

test('a stream that begins only after its session has ended does not begin', in_time, async (t) => {
  const stage = await set_guard(new House(t))
  for (const path of ['/app/late', '/app/late_unbuffered']) {
    const client = createConnection(Number(new URL(stage.nginx.url).port), '127.0.0.1')
    let bytes = '', is_closed = false
    client.on('error', () => {})
    client.on('data', (more) => { bytes += more })
    client.on('close', () => { is_closed = true })
    client.write(`GET ${path}?sid=${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await eventually('the application has the request', () => stage.app.seen.some((url) => url.startsWith(path)))
    assert.equal((await stage.back({ sid: path })).status, 200)
    await eventually('it is over', () => is_closed, 5000)
    assert.doesNotMatch(bytes, /tick/)
    assert.equal((await stage.visit({ sid: 's2' })).status, 200)
  }
  assert.doesNotMatch(stage.nginx.log(), /\[(crit|alert|emerg)\]/)
})

test('a dry run says what it would have refused, and lets it pass', in_time, async (t) => {
  const stage = await set_guard(new House(t), { locations: 'location /dry/ { slo_guard main sid=$arg_sid dry_run; empty_gif; }' })
  assert.equal((await stage.back({ sid: 's1' })).status, 200)
  assert.equal((await send(`${stage.nginx.url}/dry/?sid=s1`)).status, 200)
  assert.match(stage.nginx.log(), /\[notice\].* slo: slo_guard dry_run: a request would have been refused, ended, provider "main"/)
  assert.match(await stage.nginx.metrics(), /slo_guard_would_refuse_total\{provider="main"\} 1/)
})

test('marks outlive a reload, and a worker that dies', in_time, async (t) => {
  const stage = await set_guard(new House(t))
  assert.equal((await stage.back({ sid: 's1' })).status, 200)
  const workers = stage.nginx.workers()
  stage.nginx.child.kill('SIGHUP')
  await eventually('new workers', () => stage.nginx.workers().every((pid) => !workers.includes(pid)))
  for (let i = 0; i < 10; ++i) assert.equal((await stage.visit({ sid: 's1' })).status, 401)
  for (const pid of stage.nginx.workers()) process.kill(pid, 'SIGKILL')
  await eventually('it answers again', async () => (await stage.visit({ sid: 's1' }).catch(() => ({}))).status === 401)
  assert.equal((await stage.back({ sid: 's2' })).status, 200)
  for (let i = 0; i < 10; ++i) assert.equal((await stage.visit({ sid: 's2' })).status, 401)
})

test('a host that starts reads what has ended once', in_time, async (t) => {
  const stage = await set_guard(new House(t))
  for (let i = 0; i < 20; ++i) assert.equal((await stage.back({ sid: `s-${i}` })).status, 200)
  stage.nginx.child.kill('SIGTERM')
  await stage.nginx.child.gone
  const heard = stage.house.write('monitor.txt', '')
  const monitor = spawn('sh', ['-c', `exec redis-cli -s ${stage.redis.socket} monitor >${heard}`], { stdio: 'ignore' })
  t.after(() => monitor.kill())
  await eventually('the monitor listens', () => stage.house.read('monitor.txt').includes('OK'))
  await stage.nginx.start_again()
  await eventually('the guard knows all', async () => (await stage.visit({ sid: 'nobody' })).headers['x-slo-status'] === 'ok')
  await sleep(1500)  // the feeder has compared its store with what others saw, and asked again
  const questions = stage.house.read('monitor.txt').split('\n').filter((line) => line.includes('"XREAD"'))
  assert.equal(questions.filter((line) => !line.includes('"BLOCK"')).length, 1, questions.map((line) => line.slice(0, 80)).join('\n'))
  assert.ok(questions.length > 1, 'then it waits for more')
  for (let i = 0; i < 20; ++i) assert.equal((await stage.visit({ sid: `s-${i}` })).status, 401)
})

test('a provider that a reload brings is not trusted before its own streams have been read', in_time, async (t) => {
  const stage = await set_guard(new House(t), { workers: 1 })
  const conf = stage.house.path('nginx-one/nginx.conf')
  const text = stage.house.read('nginx-one/nginx.conf')
  const second = `slo_provider second { issuer https://second.example; client_id gateway; jwks off; fail closed;
    signing_key ${stage.house.path('nginx-one')}/op-rsa.pem; client x { post_logout_redirect_uris https://x.example/; } }`
  writeFileSync(conf, text.replace('slo_provider main', `${second}\n  slo_provider main`)
    .replace('location = /slo/back', 'location /second/ { slo_guard second sid=$arg_sid; add_header X-Slo-Status $slo_status always; empty_gif; }\n location = /slo/back'))
  stage.redis.freeze()
  const workers = stage.nginx.workers()
  stage.nginx.child.kill('SIGHUP')
  await eventually('new workers alone', () => stage.nginx.workers().every((pid) => !workers.includes(pid)))
  const ask = async (path) => {
    const { status, headers } = await send(`${stage.nginx.url}${path}`)
    return [status, headers['x-slo-status']]
  }
  await eventually('it is there', async () => (await ask('/second/?sid=s1'))[0] === 503)
  assert.deepEqual(await ask('/second/?sid=s1'), [503, 'syncing'])
  assert.deepEqual(await ask('/app/?sid=s1'), [200, 'ok'])
  stage.redis.thaw()
  await eventually('it is read', async () => (await ask('/second/?sid=s1'))[1] === 'ok')
})
