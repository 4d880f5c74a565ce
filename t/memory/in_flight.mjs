// SPDX-License-Identifier: BSD-2-Clause
// nginx quits, reloads or stops, clients leave, Redis falls silent or dies, while deliveries and exchanges are in flight: what
// a checker of memory wants to see (t/memory/asan, t/memory/valgrind). Without one it says that nothing crashes.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import { test } from 'node:test'
import { send } from '../journeys/parts/browser_jar.mjs'
import { House, eventually, free_port, patience, sleep } from '../journeys/parts/house.mjs'
import { manners, start_receiver } from '../journeys/parts/receivers.mjs'
import { back_client, set_stage } from '../journeys/parts/stage.mjs'

const timeout = 30_000 * patience
const hosts = Array.from({ length: 48 }, (_, i) => `127.0.6.${i + 1}`)
const sids = ['s1', 's2', 's3', 's4', 's5', 's6']

// Sessions at 48 slow applications, so many that they come in bundles, of which eight are told at a time; some sign with RSA, some with P-256.
async function prepare(house, { slow = 80 * patience } = {}) {
  const apps = await start_receiver(house, { host: hosts[0], also: hosts.slice(1), behave: manners.slow(slow) })
  const clients = hosts.map((host, i) => back_client(`app-${i}`, `http://${host}:${apps.port}`,
                                                     { id_token_signed_response_alg: i % 2 ? 'ES256' : 'RS256' }))
  const port = await free_port()
  const stage = await set_stage(house, { clients, store: `timeout=${patience}s`, locations: `listen 127.0.0.1:${port} http2;`,
                                         provider: `delivery wait=${patience}s timeout=${3 * patience}s concurrency=8;` })
  for (const sid of sids) {
    await Promise.all(clients.map(async ({ client_id }) =>
      assert.equal((await stage.nginx.register({ client_id, sid, sub: 'ann', session_cookie: `cookie-of-${sid}` })).status, 201)))
  }
  const path = async (sid) => `/logout?id_token_hint=${await stage.hint({ aud: 'app-0', sub: 'ann', sid })}`
  return { ...stage, apps, path, http2_url: `http://127.0.0.1:${port}` }
}

const settled = (promises) => Promise.allSettled(promises)
const log_out = async ({ nginx, path }, sid) => send(`${nginx.url}${await path(sid)}`, { timeout, headers: { cookie: `_session=cookie-of-${sid}` } })

// Exchanges of every kind: a logout that looks its session up, one by cookie, a registration, what the management API asks.
const ask_everything = (stage) => settled([
  log_out(stage, 's4'), send(stage.nginx.logout, { timeout, headers: { cookie: '_session=cookie-of-s5' } }),
  stage.nginx.register({ client_id: 'app-0', sid: 'late', sub: 'ann' }), stage.nginx.session('s3'), stage.nginx.deliveries('pending'),
])

// Two fan-outs under way, then Redis hangs while answers come in and requests wait for it.
async function get_going(stage) {
  const waiting = [log_out(stage, 's1'), log_out(stage, 's2')]
  await eventually('some are told', () => stage.apps.requests.length >= 8)
  stage.redis.freeze()
  waiting.push(ask_everything(stage))
  await sleep(100 * patience)
  return settled(waiting)
}

const workers_of = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')

async function ends_well({ nginx }) {
  assert.equal(await nginx.child.gone, 0)
  const bad = /\[(alert|emerg)\](?!.* setrlimit)|unexpected|exited on signal/  // valgrind keeps some descriptors for itself
  assert.deepEqual(nginx.log().split('\n').filter((line) => bad.test(line)), [])
}

test('quit with deliveries and exchanges in flight', { timeout }, async (t) => {
  const stage = await prepare(new House(t))
  const answers = await get_going(stage)
  stage.nginx.child.kill('SIGQUIT')
  await sleep(200 * patience)
  stage.redis.thaw()
  await ends_well(stage)
  await answers
})

test('quit while Redis stays silent', { timeout }, async (t) => {
  const stage = await prepare(new House(t))
  const answers = await get_going(stage)
  stage.nginx.child.kill('SIGQUIT')
  await ends_well(stage)
  stage.redis.thaw()
  await answers
})

test('stop with deliveries and exchanges in flight', { timeout }, async (t) => {
  const stage = await prepare(new House(t))
  const { child } = stage.nginx
  const answers = await get_going(stage)
  // The master would say the same to them, but kill whoever is not gone after a second, as slow as it may be.
  const before = workers_of(child.pid)
  for (const pid of before) process.kill(Number(pid), 'SIGTERM')
  await eventually('the workers are gone', () => !workers_of(child.pid).some((pid) => before.includes(pid)))
  child.kill('SIGQUIT')
  stage.redis.thaw()
  await ends_well(stage)
  await answers
})

test('reload, twice, with deliveries and exchanges in flight', { timeout }, async (t) => {
  const stage = await prepare(new House(t))
  const { nginx, redis } = stage
  const before = workers_of(nginx.child.pid)
  const answers = await get_going(stage)
  nginx.child.kill('SIGHUP')
  await eventually('new workers are there', () => workers_of(nginx.child.pid).some((pid) => !before.includes(pid)))
  nginx.child.kill('SIGHUP')
  await sleep(200 * patience)
  redis.thaw()
  await answers
  await eventually('the old ones are gone', () => workers_of(nginx.child.pid).length === 2 &&
    !workers_of(nginx.child.pid).some((pid) => before.includes(pid)))
  await eventually('the new ones see the store', async () => (await log_out(stage, 's6')).status === 200)
  nginx.child.kill('SIGQUIT')
  await ends_well(stage)
})

// Asks and goes away as soon as `moment` has come: a connection that is reset, or one that is closed in the middle of a body.
async function leave_http1(stage, moment) {
  const gone = async (path, { method = 'GET', headers, body } = {}) => {
    const request = http.request(`${stage.nginx.url}${path}`, { method, headers, agent: false })
    request.on('error', () => {})
    if (body) request.write(body)
    else request.end()
    await moment()
    request.destroy()
  }
  await Promise.all([gone(await stage.path('s1')), gone('/logout', { headers: { cookie: '_session=cookie-of-s2' } }),
    gone('/logout', { method: 'POST', body: 'id_token_hint=',
                      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '400' } })])
}

// The same over HTTP/2: one stream is cancelled, then its connection is dropped with others still open.
async function leave_http2(stage, moment) {
  const connection = http2.connect(stage.http2_url)
  connection.on('error', () => {})
  const questions = [{ ':path': await stage.path('s3') }, { ':path': await stage.path('s4') },
                     { ':path': '/logout', cookie: '_session=cookie-of-s5' }]
  const streams = questions.map((question) => {
    const stream = connection.request(question)
    stream.on('error', () => {})
    stream.end()
    return stream
  })
  await moment()
  streams[0].close(http2.constants.NGHTTP2_CANCEL)
  await sleep(50 * patience)
  connection.destroy()
}

for (const [version, leave] of [['HTTP/1.1', leave_http1], ['HTTP/2', leave_http2]]) {
  test(`clients leave while they wait (${version})`, { timeout }, async (t) => {
    const stage = await prepare(new House(t))
    const { nginx, redis, apps } = stage
    redis.freeze()
    await leave(stage, () => sleep(200 * patience))  // for Redis
    redis.thaw()
    await leave(stage, () => eventually('some are told', () => apps.requests.length >= 4))  // for the receivers
    await eventually('all is settled', async () => (await nginx.deliveries('pending')).length === 0)
    assert.equal((await log_out(stage, 's6')).status, 200)
    nginx.child.kill('SIGQUIT')
    await ends_well(stage)
  })
}

test('Redis dies with exchanges in flight, and comes back', { timeout }, async (t) => {
  const stage = await prepare(new House(t))
  const { nginx, redis } = stage
  const answers = await get_going(stage)
  await redis.kill()
  await answers
  await redis.start_again()
  await eventually('every worker sees the store', nginx.every_worker_sees_the_store)
  assert.equal((await log_out(stage, 's6')).status, 200)
  nginx.child.kill('SIGQUIT')
  await ends_well(stage)
})

test('Redis answers what nobody waits for any more', { timeout }, async (t) => {
  const stage = await prepare(new House(t))
  const { nginx, redis } = stage
  const answers = await get_going(stage)
  await answers  // all have run into the time limit
  redis.thaw()
  await eventually('every worker sees the store', nginx.every_worker_sees_the_store)
  assert.equal((await log_out(stage, 's6')).status, 200)
  nginx.child.kill('SIGQUIT')
  await ends_well(stage)
})
