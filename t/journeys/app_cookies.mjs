// SPDX-License-Identifier: BSD-2-Clause
// Applications' own cookies, tracked by two hosts of two workers: whose they are, and what becomes of them when that is over.
import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { createConnection } from 'node:net'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, eventually, free_port } from './parts/house.mjs'
import { set_guard } from './parts/guard_stage.mjs'
import { query } from './parts/stage.mjs'

const in_time = { timeout: 90_000 }

// /shop/ goes by a token or by cookies, /alone/ by cookies alone, and both show what the guard found.
const locations = `
  slo_cookie JSESSIONID part_* track;
  location /shop/ { slo_guard main token=$http_authorization sid=$arg_sid sub=$arg_sub; add_header X-Slo-Status $slo_status always;
    proxy_pass APP; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection; }
  location /alone/ { slo_guard main; add_header X-Slo-Status $slo_status always; proxy_pass APP; }`

async function set_shop(t, how = {}) {
  const stage = await set_guard(new House(t), { hosts: 2, locations, ...how })
  for (const { nginx } of stage.hosts) await eventually('every worker sees the store', nginx.every_worker_sees_the_store)
  const at = (host, path, parameters, cookie) => send(`${host.nginx.url}${path}?${query(parameters)}`, { headers: { ...(cookie && { cookie }) } })
  return { ...stage,
    // [status, what the guard found, what the application saw of the cookies, what the answer sets]
    shop: async (host, parameters, cookie, path = '/shop/') => {
      const before = stage.app.cookies.length
      const { status, headers } = await at(host, path, parameters, cookie)
      const set = [headers['set-cookie'] ?? []].flat()
      return [status, headers['x-slo-status'], stage.app.cookies[before]?.cookie, set.map((one) => one.split('; Max-Age')[0]).join()]
    } }
}

test('a cookie that one host has seen is known on the other, and refused there without a token once its session is over', in_time, async (t) => {
  const { hosts: [here, there], shop, back } = await set_shop(t)
  assert.deepEqual(await shop(here, { sid: 's1' }, 'JSESSIONID=one'), [200, 'ok', 'JSESSIONID=one', ''])
  for (let i = 0; i < 4; ++i) assert.deepEqual(await shop(there, {}, 'a=1; JSESSIONID=one', '/alone/'), [200, 'ok', 'a=1; JSESSIONID=one', ''])
  assert.deepEqual(await shop(there, {}, 'JSESSIONID=other', '/alone/'), [200, 'unbound', 'JSESSIONID=other', ''])
  assert.equal((await back({ sid: 's1' })).status, 200)
  for (let i = 0; i < 4; ++i) assert.deepEqual(await shop(here, {}, 'JSESSIONID=one', '/alone/'), [401, 'ended', undefined, 'JSESSIONID=; Path=/'])
  await eventually('on the other host as well', async () => (await shop(there, {}, 'JSESSIONID=one', '/alone/'))[0] === 401)
  assert.deepEqual(await shop(there, {}, 'JSESSIONID=other', '/alone/'), [200, 'unbound', 'JSESSIONID=other', ''])
  assert.deepEqual(await shop(there, { sid: 's2' }, 'JSESSIONID=one; a=1'), [200, 'ok', 'a=1', 'JSESSIONID=; Path=/'], 'a live token goes on without it')
})

test('it is expired everywhere as one host has seen it being set', in_time, async (t) => {
  const { hosts: [here, there], shop, back } = await set_shop(t)
  const [status] = await shop(here, { sid: 's1', set: 'JSESSIONID=one; Path=/shop; Domain=.shop.example; Secure; SameSite=None; Partitioned' })
  assert.equal(status, 200)
  await eventually('it is bound', async () => (await shop(there, {}, 'JSESSIONID=one', '/alone/'))[1] === 'ok')
  assert.equal((await back({ sid: 's1' })).status, 200)
  await eventually('refused', async () => (await shop(there, {}, 'JSESSIONID=one', '/alone/'))[0] === 401)
  for (const host of [here, there]) {
    for (let i = 0; i < 4; ++i)
      assert.deepEqual(await shop(host, { sid: 's1' }, 'JSESSIONID=one'), [401, 'ended', undefined, 'JSESSIONID=; Path=/shop; Domain=shop.example'])
  }
})

test('it is expired as it was set also by a worker that met it a moment before it was', in_time, async (t) => {
  const { hosts: [here, there], shop, back } = await set_shop(t, { workers: 1 })
  assert.deepEqual(await shop(there, {}, 'JSESSIONID=one', '/alone/'), [200, 'unbound', 'JSESSIONID=one', ''])
  const set = 'JSESSIONID=one; Path=/shop; Domain=.shop.example'
  assert.equal((await shop(here, { sid: 's1', set }))[0], 200)
  assert.equal((await back({ sid: 's1' })).status, 200)
  await eventually('refused', async () => (await shop(there, { sid: 's1' }))[0] === 401)
  assert.deepEqual(await shop(there, { sid: 's1' }, 'JSESSIONID=one'), [401, 'ended', undefined, 'JSESSIONID=; Path=/shop; Domain=shop.example'])
})

test('a kiosk: the application sees no cookie of the user before, whichever worker and host is asked', in_time, async (t) => {
  const { hosts, shop, app } = await set_shop(t)
  const mine = (user) => `JSESSIONID=of-${user}; part_0=half-of-${user}; part_1=rest-of-${user}`
  await Promise.all(Array.from({ length: 20 }, (_, user) => shop(hosts[user % 2], { sid: `s${user}`, sub: `u${user}` }, mine(user))))
  const asked = []
  for (let user = 1; user < 20; ++user) {
    for (const host of hosts) asked.push(shop(host, { sid: `s${user}`, sub: `u${user}`, late: user }, mine(user - 1)))
  }
  for (const [status, found] of await Promise.all(asked)) assert.deepEqual([status, found], [200, 'ok'])
  const late = app.cookies.filter(({ url }) => url.includes('late='))
  assert.equal(late.length, 38)
  assert.deepEqual(late.filter(({ cookie }) => cookie !== ''), [], 'cookies of another user')
})

test('the same new cookie under two sessions at once on two hosts has one owner', in_time, async (t) => {
  const { hosts, shop, app } = await set_shop(t)
  for (let n = 0; n < 40; ++n) {
    const cookie = `JSESSIONID=contested-${n}`
    await Promise.all(hosts.map((host, i) => shop(host, { sid: `s${n}-${i}`, n }, cookie)))
    const saw = app.cookies.filter(({ url, cookie: seen }) => url.includes(`n=${n}`) && url.includes(`s${n}-`) && seen === cookie)
    assert.equal(saw.length, 1, `${saw.length} sessions had the cookie`)
  }
})

test('while the store is away, what is known holds, and the rest is in doubt', in_time, async (t) => {
  for (const [provider, in_doubt] of [['', [200, 'degraded']], ['fail closed;', [503, 'degraded']]]) {
    const stage = await set_shop(t, { hosts: 1, workers: 1, provider: `max_stale 60s; ${provider}`, store: 'timeout=1s' })
    const { hosts: [here], shop, back } = stage
    for (const sid of ['s1', 's2', 's3']) assert.equal((await shop(here, { sid }, `JSESSIONID=${sid}`))[0], 200)
    assert.equal((await back({ sid: 's1' })).status, 200)
    await stage.redis.kill()
    await eventually('it is noticed', async () => (await shop(here, {}, 'JSESSIONID=new', '/alone/'))[1] === 'degraded')
    assert.deepEqual((await shop(here, {}, 'JSESSIONID=s1', '/alone/')).slice(0, 2), [401, 'ended'])
    assert.deepEqual((await shop(here, {}, 'JSESSIONID=s2', '/alone/')).slice(0, 2), [200, 'ok'])
    assert.deepEqual(await shop(here, { sid: 's2' }, 'JSESSIONID=s3'), [200, 'ok', '', 'JSESSIONID=; Path=/'])
    assert.deepEqual((await shop(here, {}, 'JSESSIONID=new', '/alone/')).slice(0, 2), in_doubt)
    assert.deepEqual((await shop(here, { sid: 's2' }, 'JSESSIONID=new')).slice(0, 2), in_doubt)
    assert.deepEqual((await shop(here, { sid: 's1' }, 'JSESSIONID=new')).slice(0, 2), [401, 'ended'])
    await stage.redis.start_again()
    await eventually('it is bound', async () => (await shop(here, { sid: 's2' }, 'JSESSIONID=new'))[1] === 'ok')
    assert.deepEqual((await shop(here, {}, 'JSESSIONID=new', '/alone/')).slice(0, 2), [200, 'ok'])
  }
})

test('workers that are killed while they bind leave nothing half done that does not mend itself', in_time, async (t) => {
  const { hosts: [here, there], shop, back, redis } = await set_shop(t)
  const all = Array.from({ length: 60 }, (_, n) => n)
  const visit = (host, n) => shop(host, { sid: `s${n}`, sub: `u${n}` }, `JSESSIONID=c${n}`).catch(() => [0])
  for (let round = 0; round < 3; ++round) {
    const visits = all.slice(round * 20, round * 20 + 20).map((n) => visit(here, n))
    await Promise.race(visits)
    for (const pid of here.nginx.workers()) process.kill(pid, 'SIGKILL')
    await Promise.all(visits)
    await eventually('it answers again', async () => (await send(`${here.nginx.url}/alone/`).catch(() => ({}))).status === 200)
  }
  for (const n of all) await eventually('it is bound', async () => (await visit(here, n))[1] === 'ok')
  for (const n of all) {
    assert.deepEqual((await shop(there, {}, `JSESSIONID=c${n}`, '/alone/')).slice(0, 2), [200, 'ok'])
    assert.equal((await here.nginx.session(`s${n}`)).status, 200, 'the application takes part in it')
  }
  for (const n of all) assert.equal((await back({ sid: `s${n}` })).status, 200)
  for (const n of all) await eventually('refused', async () => (await shop(there, {}, `JSESSIONID=c${n}`, '/alone/'))[0] === 401)
})

test('a WebSocket that is known by its cookie alone ends with its session', in_time, async (t) => {
  const { hosts: [here, there], shop, back } = await set_shop(t)
  for (const sid of ['s1', 's2']) assert.equal((await shop(here, { sid }, `JSESSIONID=${sid}`))[0], 200)
  const open = (sid) => new Promise((done) => {
    const client = createConnection({ host: new URL(there.nginx.url).hostname, port: Number(new URL(there.nginx.url).port) })
    const socket = { client, is_closed: false }
    client.on('error', () => {})
    client.on('close', () => { socket.is_closed = true })
    client.on('data', (bytes) => { if (String(bytes).includes('tick')) done(socket) })
    client.write(`GET /shop/clock HTTP/1.1\r\nHost: x\r\nCookie: JSESSIONID=${sid}\r\nUpgrade: clock\r\nConnection: Upgrade\r\n\r\n`)
  })
  const [mine, other] = [await open('s1'), await open('s2')]
  assert.equal((await back({ sid: 's1' })).status, 200)
  await eventually('it is closed', () => mine.is_closed)
  assert.equal(other.is_closed, false)
  other.client.destroy()
})

test('over HTTP/2, where cookies come in pieces', in_time, async (t) => {
  const port = await free_port()
  const stage = await set_shop(t, { hosts: 1, servers: `server { listen 127.0.0.1:${port} http2; ${locations} }` })
  const session = connect(`http://127.0.0.1:${port}`)
  const ask = (path, cookie) => new Promise((done, failed) => {
    const stream = session.request({ ':path': path, cookie })
    stream.on('response', (headers) => done([headers[':status'], headers['x-slo-status'], headers['set-cookie'] ?? []]))
    stream.on('error', failed)
    stream.resume()
  })
  const before = stage.app.cookies.length
  assert.deepEqual(await ask('/shop/?sid=s1', ['a=1', 'JSESSIONID=x', 'part_0=y', 'b=2']), [200, 'ok', []])
  const [, found, set] = await ask('/shop/?sid=s2', ['a=1', 'JSESSIONID=x', 'part_0=y', 'b=2'])
  assert.deepEqual([found, set.map((one) => one.split(';')[0])], ['ok', ['JSESSIONID=', 'part_0=']])
  assert.deepEqual(stage.app.cookies.slice(before).map(({ cookie }) => cookie), ['a=1; JSESSIONID=x; part_0=y; b=2', 'a=1; b=2'])
  session.close()
})

test('no log holds a cookie, and the store no value of one', in_time, async (t) => {
  const { hosts, shop, back, redis } = await set_shop(t)
  for (const host of hosts) await shop(host, { sid: 's1', set: 'part_0=secretly-set; Path=/' }, 'JSESSIONID=secretly-sent')
  assert.equal((await back({ sid: 's1' })).status, 200)
  for (const host of hosts) {
    await shop(host, { sid: 's2' }, 'JSESSIONID=secretly-sent')
    await shop(host, {}, 'JSESSIONID=secretly-sent', '/alone/')
    assert.doesNotMatch(host.nginx.log().replaceAll(/request: "[^"]*"/g, ''), /secretly/)
    assert.doesNotMatch(host.nginx.log(), /secretly-sent|\[(crit|alert|emerg)\]/)
  }
  const keys = (await redis.ask('KEYS', '*')).split('\n').filter(Boolean)
  for (const key of keys) assert.doesNotMatch(await redis.ask('DUMP', key), /secretly/)
})
