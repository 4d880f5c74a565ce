// SPDX-License-Identifier: BSD-2-Clause
// The store by its name: every address is tried, of IPv4 and IPv6, and the name is asked for again; sentinels' names as well.
import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { House, eventually, free_port } from './parts/house.mjs'
import { start_name_server } from './parts/name_server.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { master_by, places, start_sentinel } from './parts/sentinels.mjs'
import { back_client, set_stage } from './parts/stage.mjs'
import { our_lines } from './parts/table.mjs'

const in_time = { timeout: 60_000 }
const store_up = async (nginx) => /^slo_store_up (\d)$/m.exec(await nginx.metrics())[1]
const is_up = (nginx) => eventually('the store is there', async () => await store_up(nginx) === '1')
const is_down = (nginx) => eventually('the store is away', async () => await store_up(nginx) === '0')

async function log_in_and_out({ nginx, app }, sid) {
  assert.equal((await nginx.register({ client_id: 'app', sid, sub: 'ann' })).status, 201)
  assert.equal((await nginx.ask('DELETE', `sessions/${sid}`)).status, 200)
  await eventually('the client is told', () => app.requests.length > 0)
}

// A Redis at `host` alone; the name of the store leads to `known`.
async function set_store(t, host, known, { ipv6 = 'on', name = 'store.slo.invalid', store = 'timeout=1s', port, ...how } = {}) {
  const house = new House(t)
  const names = await start_name_server(house)
  names.know(...known)
  port ??= await free_port(host)
  const app = await start_receiver(house)
  const stage = await set_stage(house, {
    clients: [back_client('app', app.url)], workers: 1, store, redis_how: { at: { host, port } },
    redis_url: `redis://${name}:${port}`, http: `resolver 127.0.0.1:${names.port} valid=1s ipv6=${ipv6};`, ...how })
  return { ...stage, app, names, port }
}

const errors_of = (nginx) => our_lines(nginx.log()).filter(({ level }) => ['error', 'crit', 'alert', 'emerg'].includes(level)).map(({ said }) => said)

const has_ipv6 = await new Promise((done) => {
  const server = net.createServer().once('error', () => done(false)).listen(0, '::1', () => server.close(() => done(true)))
})
const needing = (known) => known.includes('::1') && !has_ipv6 ? { ...in_time, skip: 'no IPv6 here' } : in_time

const shapes = {
  'a dead address and a live one': ['127.0.0.51', ['127.0.0.99', '127.0.0.51']],
  'a dead one of IPv6, a live one of IPv4': ['127.0.0.51', ['::1', '127.0.0.51']],
  'a dead one of IPv4, a live one of IPv6': ['::1', ['127.0.0.99', '::1']],
  'IPv6 alone': ['::1', ['::1']],
  'many dead ones': ['127.0.0.51', [...Array.from({ length: 12 }, (_, i) => `127.0.0.${100 + i}`), '127.0.0.51']],
}
for (const [name, [host, known]] of Object.entries(shapes)) {
  test(`all addresses are tried: ${name}`, needing(known), async (t) => {
    const stage = await set_store(t, host, known)
    await is_up(stage.nginx)
    await log_in_and_out(stage, 's1')
    await stage.redis.kill()
    await is_down(stage.nginx)
    await stage.redis.start_again()
    await is_up(stage.nginx)
    await log_in_and_out(stage, 's2')
    assert.doesNotMatch(stage.nginx.log(), /\[(alert|crit|emerg)\]/)
  })
}

test('an address that takes connections and is silent holds up for the timeout, and the next one serves', in_time, async (t) => {
  const port = await free_port('127.0.0.52')
  const silent = net.createServer((socket) => socket.on('error', () => {})).listen(port, '127.0.0.52')
  t.after(() => silent.close())
  const stage = await set_store(t, '127.0.0.51', ['127.0.0.52', '127.0.0.51'], { port })
  await is_up(stage.nginx)
  await log_in_and_out(stage, 's1')
})

test('a server that moves to an address of the other family is followed', needing(['::1']), async (t) => {
  const stage = await set_store(t, '::1', ['127.0.0.99'])
  await is_down(stage.nginx)
  await eventually('it says why', () => errors_of(stage.nginx).some((said) => /cannot be reached: Connection refused/.test(said)))
  stage.names.know('::1')
  await is_up(stage.nginx)
  await log_in_and_out(stage, 's1')
})

test('a name that is gone for a while costs nothing while its last address serves', in_time, async (t) => {
  const stage = await set_store(t, '127.0.0.51', ['127.0.0.51'])
  await is_up(stage.nginx)
  stage.names.know()
  await new Promise((done) => setTimeout(done, 2500))
  await log_in_and_out(stage, 's1')
  await stage.redis.kill()
  await is_down(stage.nginx)
  await stage.redis.start_again()
  await is_up(stage.nginx)
  await log_in_and_out(stage, 's2')
})

// The sentinel tells names, and has one itself. It asks the system, and nginx the name server, for the same name.
async function set_hostnames(t, known, { tell = 'localhost' } = {}) {
  const house = new House(t)
  const names = await start_name_server(house)
  names.know(...known)
  const [at, place] = await places(2)
  const app = await start_receiver(house)
  const sentinel = await start_sentinel(house, 'sentinel', place, { watches: at, quorum: 1, called: tell,
    before: 'sentinel resolve-hostnames yes\nsentinel announce-hostnames yes' })
  const stage = await set_stage(house, {
    clients: [back_client('app', app.url)], workers: 1, store: 'timeout=1s', redis_how: { at },
    redis_url: `redis-sentinel://sentinel.slo.invalid:${place.port}/main`, http: `resolver 127.0.0.1:${names.port} valid=1s ipv6=off;` })
  await eventually('it knows the master', () => master_by(sentinel, [{ at, called: tell }]))
  return { ...stage, app, names }
}

test('sentinels that announce host names: each name is asked for again until it leads to the server', in_time, async (t) => {
  const stage = await set_hostnames(t, [])
  await is_down(stage.nginx)
  assert.match(stage.nginx.log(), /\[warn\] [^\n]*host not found in "sentinel\.slo\.invalid:\d+": this sentinel counts as down until its name is known/)
  await eventually('it says why', () => errors_of(stage.nginx).some((said) => /no sentinel answers; sentinel\.slo\.invalid:\d+: its name cannot be resolved/.test(said)))
  stage.names.know('127.0.0.1')
  await is_up(stage.nginx)
  assert.match(stage.nginx.log(), /its master is localhost:\d+/)
  await log_in_and_out(stage, 's1')
  await stage.redis.kill()
  stage.names.know('127.0.0.99', '127.0.0.1')
  await is_down(stage.nginx)
  await stage.redis.start_again()
  await is_up(stage.nginx)
  await log_in_and_out(stage, 's2')
})
