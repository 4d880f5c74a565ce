// SPDX-License-Identifier: BSD-2-Clause
// Receivers that answer do not wait for those that do not, nor for a neighbour on their host that fails.
import assert from 'node:assert/strict'
import http from 'node:http'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, eventually, patience, sleep } from './parts/house.mjs'
import { address, live_beside, share, ways_to_be_bad } from './parts/neighbourhood.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

// A second is a hundred times what it takes, and a fifth of what one that hangs would cost.
for (const way of Object.keys(ways_to_be_bad)) {
  test(`receivers that answer do not wait for those that ${way}`, { timeout: 120_000 }, async (t) => {
    const { waited, untried } = await live_beside(new House(t), { bad: 100, way, logouts: 150, provider: 'concurrency=64' })
    t.diagnostic(`median ${share(waited, 0.5).toFixed(1)} ms, p99 ${share(waited, 0.99).toFixed(1)} ms`)
    assert.equal(waited.length, 150)
    assert.ok(waited.at(-1) < 1000 * patience, `one was told after ${waited.at(-1)} ms`)
    assert.equal(untried, 0, 'dead letters that nobody tried')
  })
}

test('an application that fails is probed, its neighbours on the host are told', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const gateway = await start_receiver(house, { behave: (request, answer) =>
    answer.writeHead(request.url.startsWith('/broken/') ? 500 : 200).end() })
  const clients = ['broken', 'well'].map((name) => back_client(name, `${gateway.url}/${name}`))
  const { nginx } = await set_stage(house, { clients, workers: 1, provider: 'delivery wait=0 first=3s max=3s;' })
  const to = (name) => gateway.requests.filter(({ url }) => url.startsWith(`/${name}/`)).length
  const log_out = async (sid, client_ids) => {
    for (const client_id of client_ids) await nginx.register({ client_id, sid, sub: 'ann' })
    await nginx.ask('DELETE', `sessions/${sid}`)
  }
  for (let n = 1; n <= 3; ++n) {
    await log_out(`s${n}`, ['broken'])
    await eventually(`call ${n}`, () => to('broken') >= n)
  }
  await eventually('its breaker opens', () => nginx.log().includes('a receiver does not take deliveries: 500'))
  const begin = Date.now(), before = to('broken')
  for (let n = 0; n < 20; ++n) await log_out(`t${n}`, ['broken', 'well'])
  await eventually('the neighbour is told', () => to('well') === 20)
  assert.ok(Date.now() - begin < 1500 * patience, `the neighbour was told after ${Date.now() - begin} ms`)
  // What is put off comes back 1.5 to 4.5 s after the circuit may be probed, and is claimed within a second or two.
  await eventually('it is probed', () => to('broken') > before, { within: 12_000 })
  await sleep(2000)
  const probes = to('broken') - before, most = Math.ceil((Date.now() - begin) / 3000)
  assert.ok(probes <= most, `${probes} probes, more than ${most}`)
  assert.deepEqual(await nginx.deliveries('dead'), [])
})

const circuits_open = async (nginx) => Number((await nginx.metrics()).match(/^slo_circuits_open\{provider="main"\} (\d+)$/m)[1])

// Each worker finds out for itself; one connection is one worker's.
test('circuits are counted for each worker that has opened them, while it lives', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const app = await start_receiver(house, { behave: (request, answer) => answer.writeHead(503).end() })
  const { nginx } = await set_stage(house, { clients: [back_client('app', app.url)], workers: 2,
                                             provider: 'delivery wait=0 first=10m max=20m;' })
  const shut_by = () => [...nginx.log().matchAll(/ (\d+)#\d+: (?:\*\d+ )?slo: a receiver does not take deliveries: 503/g)].map(([, pid]) => Number(pid))
  const counts = (count) => eventually(`${count} are counted, whoever is asked`, async () =>
    (await Promise.all(Array.from({ length: 20 }, () => circuits_open(nginx)))).every((counted) => counted === count))
  let logouts = 0
  const let_one_worker_shut = async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    const before = shut_by().length
    for (let n = 0; n < 3; ++n) {
      const sid = `s${++logouts}`, calls = app.requests.length
      await nginx.register({ client_id: 'app', sid, sub: 'ann' }, agent)
      await nginx.ask('DELETE', `sessions/${sid}`, undefined, agent)
      await eventually('it is called', () => app.requests.length > calls)
    }
    await eventually('it is shut', () => shut_by().length > before)
    agent.destroy()
    return shut_by().at(-1)
  }
  await counts(0)
  const dead = await let_one_worker_shut()
  await counts(1)
  process.kill(dead, 'SIGKILL')
  await eventually('another worker has its place', () => nginx.workers().length === 2 && !nginx.workers().includes(dead))
  await counts(0)
  await let_one_worker_shut()
  await counts(1)
  const old = nginx.workers()
  process.kill(nginx.child.pid, 'SIGHUP')
  await eventually('the old workers are gone', () => nginx.workers().length === 2 && !nginx.workers().some((pid) => old.includes(pid)))
  await counts(0)
  await let_one_worker_shut()
  await counts(1)
})

test('a circuit that nobody has anything to probe with is forgotten', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const app = await start_receiver(house, { behave: (request, answer) => answer.writeHead(503).end() })
  const { nginx, redis } = await set_stage(house, { clients: [back_client('app', app.url)], workers: 2,
                                                    provider: 'delivery wait=0 first=1s max=1s;' })
  for (let n = 0; n < 8; ++n) {
    await nginx.register({ client_id: 'app', sid: `s${n}`, sub: 'ann' })
    await nginx.ask('DELETE', `sessions/s${n}`)
  }
  await eventually('it is shut', async () => await circuits_open(nginx) > 0)
  await redis.ask('EVAL', `for _, kind in ipairs({'q', 'd', 'a'}) do
    for _, key in ipairs(redis.call('KEYS', '*:' .. kind)) do redis.call('DEL', key) end end`, '0')
  await eventually('none is counted', async () => await circuits_open(nginx) === 0, { within: 15_000 })
  assert.doesNotMatch(nginx.log(), /a receiver answers again/)
})

// One at a time they would take 48 x 2 s.
test('many deliveries that one receiver let grow too old are all tried, and given up, soon', { timeout: 90_000 }, async (t) => {
  const house = new House(t)
  const app = await start_receiver(house, { behave: manners.hanging })
  const { nginx } = await set_stage(house, { clients: [back_client('app', app.url)], workers: 1,
                                             provider: 'delivery wait=0 timeout=2s first=1s max=1s max_age=4s;' })
  for (let n = 0; n < 48; ++n) {
    await nginx.register({ client_id: 'app', sid: `s${n}`, sub: 'ann' })
    await nginx.ask('DELETE', `sessions/s${n}`)
  }
  await eventually('all are given up', async () => (await nginx.deliveries('dead')).length === 48, { within: 45_000 })
  assert.deepEqual((await nginx.deliveries('dead')).filter(({ attempts }) => attempts === 0), [], 'dead letters that nobody tried')
})

test('a receiver that answers again is told all that waited for it', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const app = await start_receiver(house, { behave: (request, answer) => answer.writeHead(503).end() })
  const { nginx } = await set_stage(house, { clients: [back_client('app', app.url)], workers: 1,
                                             provider: 'delivery wait=0 first=1s max=2s;' })
  assert.equal(await circuits_open(nginx), 0)
  for (let n = 0; n < 12; ++n) {
    await nginx.register({ client_id: 'app', sid: `s${n}`, sub: 'ann' })
    await nginx.ask('DELETE', `sessions/s${n}`)
  }
  await eventually('it is shut', () => nginx.log().includes('a receiver does not take deliveries: 503'))
  assert.equal(await circuits_open(nginx), 1)
  app.behave = (request, answer) => answer.writeHead(200).end()
  await eventually('nothing is owed', async () => (await nginx.deliveries('pending')).length === 0, { within: 30_000 })
  assert.match(nginx.log(), /a receiver answers again/)
  assert.equal(await circuits_open(nginx), 0)
  assert.deepEqual(await nginx.deliveries('dead'), [])
})

// The queue is longer than what is held of it; how patient one is with failures is nothing to a receiver that works.
test('a receiver that is slow is told all without a break', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const app = await start_receiver(house, { behave: manners.slow(40) })
  const { nginx } = await set_stage(house, { clients: [back_client('app', app.url, { id_token_signed_response_alg: 'ES256' })],
                                             workers: 1, provider: 'delivery wait=0 per_host=8 first=10m max=20m;' })
  const sids = Array.from({ length: 900 }, (_, n) => `s${n}`)
  for (const sid of sids) await nginx.register({ client_id: 'app', sid, sub: 'ann' })
  for (let i = 0; i < sids.length; i += 50) await Promise.all(sids.slice(i, i + 50).map((sid) => nginx.ask('DELETE', `sessions/${sid}`)))
  await eventually('all are told', () => app.requests.length === sids.length, { within: 20_000 })
  assert.match(nginx.log(), /waited too long for its receiver/, 'more than are held')
})

// RS256: threads sign, so that very many calls have begun and hold no connection yet.
test('clients find connections while more receivers hang than there are', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const port = await ways_to_be_bad.hang(house)
  const clients = Array.from({ length: 400 }, (_, i) => back_client(`hung-${i}`, `http://${address(3, i)}:${port}`))
  const { nginx } = await set_stage(house, { clients, workers: 1, connections: 256, provider: 'delivery wait=0 timeout=3s;' })
  for (let i = 0; i < clients.length; i += 20) {
    for (const { client_id } of clients.slice(i, i + 20)) await nginx.register({ client_id, sid: `s${i}`, sub: 'ann' })
  }
  for (let i = 0; i < clients.length; i += 20) await nginx.ask('DELETE', `sessions/s${i}`)
  for (const end = Date.now() + 2500; Date.now() < end;) {
    const answers = await Promise.all(Array.from({ length: 16 }, () => send(`${nginx.url}/slo/jwks`)))
    assert.ok(answers.every(({ status }) => status === 200))
    await sleep(20)
  }
  assert.doesNotMatch(nginx.log(), /worker_connections are not enough|cannot deliver/)
})

test('what a 400 says is waited for for a second', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const app = await start_receiver(house, { behave: (request, answer) => {
    answer.writeHead(400, { 'content-type': 'application/json', 'content-length': 100_000 })
    answer.write('{"error":"invalid_request","pad":"')
    const drops = setInterval(() => answer.write('d'), 200)
    answer.on('close', () => clearInterval(drops))
  } })
  const { nginx } = await set_stage(house, { clients: [back_client('app', app.url)], workers: 1, provider: 'delivery wait=0 timeout=30s;' })
  await nginx.register({ client_id: 'app', sid: 's1', sub: 'ann' })
  const begin = Date.now()
  await nginx.ask('DELETE', 'sessions/s1')
  await eventually('it is given up', async () => (await nginx.deliveries('dead')).length === 1)
  const took = Date.now() - begin
  assert.ok(took > 800 && took < 1000 + 2000 * patience, `given up after ${took} ms`)
})
