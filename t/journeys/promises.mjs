// SPDX-License-Identifier: BSD-2-Clause
// Promises of the manual that no other test holds, under the worst that can be made of them.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, eventually, free_port, patience } from './parts/house.mjs'
import { start_nginx } from './parts/nginx.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { back_client, query, set_stage } from './parts/stage.mjs'

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path temp_${kind};`).join(' ')

// What a worker of an nginx that uses nothing of ours has open, and how many threads it has.
async function worker_of(house, name, load_module) {
  const [dir, port] = [house.path(name), await free_port()]
  house.write(`${name}.conf`, `${load_module} daemon off; pid ${dir}.pid; ${process.getuid() === 0 ? 'user root;' : ''}
    error_log ${dir}.log info; events { worker_connections 64; }
    http { ${temporary} access_log off; server { listen 127.0.0.1:${port}; location / { return 200 "untouched"; } } }`)
  const child = await house.start(name, ['nginx', '-p', house.dir, '-c', `${dir}.conf`, '-e', `${dir}.log`], { host: '127.0.0.1', port })
  const before = await send(`http://127.0.0.1:${port}/`)
  const [worker] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')
  const open = readdirSync(`/proc/${worker}/fd`).map((fd) => readlinkSync(`/proc/${worker}/fd/${fd}`).replace(/:\[\d+\]$/, '').replaceAll(name, 'x')).sort()
  return { open, threads: readdirSync(`/proc/${worker}/task`).length, body: before.body, headers: Object.keys(before.headers) }
}

test('loaded but unused, a worker has nothing open that it had not without the module', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const without = await worker_of(house, 'without', '')
  assert.deepEqual(await worker_of(house, 'with', `load_module ${process.env.SLO_MODULE};`), without)
  assert.equal(without.body, 'untouched')
})

const counter = (text, name) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1])

test('counters outlive reloads', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const app = await start_receiver(house)
  const { nginx } = await set_stage(house, { clients: [back_client('app', app.url)] })
  for (let i = 0; i < 7; ++i) assert.equal((await nginx.register({ client_id: 'app', sid: `s${i}`, sub: 'ann' })).status, 201)
  for (let i = 0; i < 3; ++i) {
    const before = nginx.workers()
    nginx.child.kill('SIGHUP')
    await eventually('new workers', () => nginx.workers().length === before.length && !nginx.workers().some((pid) => before.includes(pid)))
  }
  assert.equal(counter(await nginx.metrics(), 'slo_registrations_total'), 7)
})

const logged = 'location = /login { slo_session main client=app sid=$arg_sid sub=ann; return 200 "welcome"; }'

test('while Redis is frozen logins are answered as ever, logouts claim nothing, and what Redis took happens once', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const app = await start_receiver(house)
  const { nginx, redis, hint, logout_url } = await set_stage(house, { clients: [back_client('app', app.url)], locations: logged, store: 'timeout=700ms', workers: 1 })
  assert.equal((await nginx.register({ client_id: 'app', sid: 's1', sub: 'ann' })).status, 201)
  const ask = async () => send(logout_url({ id_token_hint: await hint({ aud: 'app', sub: 'ann', sid: 's1' }) }))
  redis.freeze()
  const begin = Date.now()
  const welcome = await send(`${nginx.url}/login?sid=s2`)
  assert.ok(Date.now() - begin < 500 * patience, `the login waited ${Date.now() - begin} ms`)
  assert.deepEqual([welcome.status, welcome.body], [200, 'welcome'])
  const refused = await ask()
  assert.deepEqual([refused.status, refused.headers['retry-after'] !== undefined], [503, true])
  assert.match(refused.body, /may still be signed in/)
  assert.match(await nginx.metrics(), /^slo_store_up 0$/m)
  assert.equal(app.requests.length, 0)
  redis.thaw()
  await eventually('the store is back', async () => /^slo_store_up 1$/m.test(await nginx.metrics()))
  assert.equal((await ask()).status, 200)
  await eventually('the application is told', () => app.requests.length > 0)
  await eventually('nothing is owed', async () => (await nginx.deliveries('pending')).length === 0)
  assert.equal(app.requests.length, 1)
})

test('five hosts share a store: sessions begin at one and end at another, each application is told once', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const app = await start_receiver(house)
  const how = { clients: [back_client('app', app.url)], workers: 1 }
  const { nginx, redis, issuer, hint } = await set_stage(house, how)
  const hosts = [nginx]
  for (let i = 1; i < 5; ++i) {
    const host = `127.0.9.${i}`
    hosts.push(await start_nginx(house, { ...how, name: `host-${i}`, host, port: await free_port(host), redis, issuer }))
  }
  await Promise.all(Array.from({ length: 40 }, async (_, i) => {
    assert.equal((await hosts[i % 5].register({ client_id: 'app', sid: `s${i}`, sub: 'ann' })).status, 201)
    const id_token_hint = await hint({ aud: 'app', sub: 'ann', sid: `s${i}` })
    assert.equal((await send(`${hosts[(i + 1 + (i >> 3)) % 5].logout}?${query({ id_token_hint })}`)).status, 200)
  }))
  await eventually('nothing is owed', async () => (await nginx.deliveries('pending')).length === 0)
  assert.equal(app.requests.length, 40)
})

test('a user waits his second among receivers that hang', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const addresses = Array.from({ length: 30 }, (_, i) => `127.0.8.${i + 1}`)
  const open = new Map(), most = { all: 0, host: 0 }, called = []
  const hanging = (request, answer) => {
    called.push(performance.now())
    const host = request.socket.localAddress
    open.set(host, (open.get(host) ?? 0) + 1)
    answer.on('close', () => open.set(host, open.get(host) - 1))
    most.host = Math.max(most.host, open.get(host))
    most.all = Math.max(most.all, [...open.values()].reduce((sum, n) => sum + n))
  }
  const crowd = await start_receiver(house, { host: addresses[0], also: addresses.slice(1), behave: hanging })
  const quick = await start_receiver(house, { behave: manners.obeying })
  const clients = addresses.map((host, i) => back_client(`hung-${i}`, `http://${host}:${crowd.port}`))
  const { nginx, hint, logout_url } = await set_stage(house, { clients: [...clients, back_client('quick', quick.url)], workers: 1,
                                                               provider: 'delivery wait=1s timeout=6s concurrency=4 per_host=2;' })
  await Promise.all(Array.from({ length: 6 }, async (_, i) => {
    for (const { client_id } of clients) await nginx.register({ client_id, sid: `crowd-${i}`, sub: 'all' })
  }))
  for (const client_id of ['quick', 'hung-0']) await nginx.register({ client_id, sid: 'mine', sub: 'ann' })
  await Promise.all(Array.from({ length: 6 }, (_, i) => nginx.ask('DELETE', `sessions/crowd-${i}`)))
  await eventually('all of them are called', () => most.all >= addresses.length)

  const begin = Date.now()
  const answer = await send(logout_url({ id_token_hint: await hint({ aud: 'quick', sub: 'ann', sid: 'mine' }) }))
  const took = Date.now() - begin
  assert.equal(answer.status, 200)
  assert.ok(took < 1000 + 1000 * patience, `the page came after ${took} ms`)
  assert.equal(most.host, 1, 'who has never answered is called once at a time')
  // Four begin, 50 ms later four more: no 40 ms hold more than two such groups, however they are delayed.
  const within = called.map((at, i) => called.slice(i).filter((later) => later < at + 40).length)
  assert.ok(Math.max(...within.slice(0, addresses.length)) <= 8 * patience, `${Math.max(...within)} calls began within 40 ms`)
})

// How receivers may go on for ever: silent, drop by drop in the head or in the body, or all at once.
const endless = {
  hanging: () => {},
  dripping_head: ({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const drops = setInterval(() => socket.write('X-Drop: d\r\n'), 100)
    socket.on('close', () => clearInterval(drops)).on('error', () => {})
  },
  dripping_body: (request, answer) => {
    answer.writeHead(200, { 'content-length': 1_000_000 })
    const drops = setInterval(() => answer.write('d'), 100)
    answer.on('close', () => clearInterval(drops))
  },
  talking: manners.talking_without_end,
}

test('an attempt lasts no longer than its timeout, whatever the receiver does', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const lasted = []
  const timed = (behave) => (request, answer, count) => {
    const begin = Date.now()
    request.socket.once('close', () => lasted.push(Date.now() - begin))
    behave(request, answer, count)
  }
  const clients = []
  for (const [name, behave] of Object.entries(endless)) {
    clients.push(back_client(name, (await start_receiver(house, { behave: timed(behave) })).url))
  }
  const { nginx } = await set_stage(house, { clients, provider: 'delivery timeout=1s attempts=2 first=1s max=1s;' })
  for (const { client_id } of clients) await nginx.register({ client_id, sid: 's1', sub: 'ann' })
  await nginx.ask('DELETE', 'sessions/s1')
  await eventually('nothing is owed', async () => (await nginx.deliveries('pending')).length === 0)
  assert.ok(lasted.length >= clients.length, `${lasted.length} attempts`)
  assert.ok(Math.max(...lasted) < 1000 + 1000 * patience, `attempts lasted ${lasted} ms`)
})
