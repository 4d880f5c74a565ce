// SPDX-License-Identifier: BSD-2-Clause
// A sentinel that names ever other masters: a few are called, a few lines are written, and the last one that it names is used.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { store_up } from './parts/crowd.mjs'
import { start_fake_sentinel, start_silent_server } from './parts/fake_sentinel.mjs'
import { House, eventually, sleep } from './parts/house.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { start_redis } from './parts/redis.mjs'
import { places, shown } from './parts/sentinels.mjs'
import { back_client, set_stage } from './parts/stage.mjs'
import { our_lines } from './parts/table.mjs'

const pause = 250

// Two servers, both masters, of which the first is the store, and others that are silent.
async function set_fake(t, silent) {
  const house = new House(t), [first, second] = await places(2), app = await start_receiver(house)
  const state = { knows: first }
  const sentinel = await start_fake_sentinel(house, () => state.knows)
  const stage = await set_stage(house, { clients: [back_client('app', app.url)], workers: 1, store: 'timeout=2s', redis_how: { at: first },
                                         redis_url: `redis-sentinel://${shown([sentinel.at])}/main` })
  const other = await start_redis(house, { name: 'second', at: second })
  const servers = []
  for (let i = 0; i < silent; ++i) servers.push(await start_silent_server(house))
  await eventually('the store is there', async () => await store_up(stage.nginx) === '1')
  await eventually('somebody listens', () => sentinel.listeners.size > 0)
  await sleep(2 * pause)
  return { ...stage, first, second, other, servers, sentinel, state }
}

test('a sentinel that names 20,000 masters a second costs a few calls and lines, and the last one is the store', { timeout: 60_000 }, async (t) => {
  const { nginx, second, other, servers, sentinel, state } = await set_fake(t, 20)
  const before = our_lines(nginx.log()).length, links = sentinel.listeners.size
  const masters = (first) => Array.from({ length: 200 }, (_, i) => servers[(first + i) % servers.length].at)
  const since = Date.now()
  for (let round = 0; Date.now() < since + 2000; ++round) sentinel.tell(...masters(round)), await sleep(10)
  const lasted = Date.now() - since
  state.knows = second
  sentinel.tell(second)
  await eventually('the last one is the store', async () => {
    await nginx.register({ client_id: 'app', sid: 'last', sub: 'ann' })
    return Number(await other.ask('dbsize')) > 2
  }, { within: 8 * pause, every: 20 })
  const calls = servers.flatMap((server) => server.calls).length
  assert.ok(calls >= 2 && calls <= links * (lasted / pause + 2), `${calls} calls in ${lasted} ms`)
  const lines = our_lines(nginx.log()).slice(before).map(({ said }) => said)
  const naming = lines.filter((said) => /its master is/.test(said)).length
  assert.ok(naming <= 10 && lines.length <= 40, `${lines.length} lines, ${naming} of a master`)
  assert.equal(await store_up(nginx), '1')
})

test('a master that moves is followed at once, and where it moves again meanwhile when a quarter of a second is over', { timeout: 60_000 }, async (t) => {
  const { servers, sentinel } = await set_fake(t, 4)
  const links = sentinel.listeners.size, calls_of = () => servers.map(({ calls }) => calls.length)
  const began = Date.now()
  sentinel.tell(servers[0].at, servers[1].at)
  await eventually('the second is called', () => servers[1].calls.length === links, { every: 2 })
  const took = servers[1].calls[0] - began
  sentinel.tell(servers[2].at)
  await sleep(50)
  sentinel.tell(servers[3].at)
  await eventually('the last one is called', () => servers[3].calls.length === links, { every: 2 })
  const after = servers[3].calls[0] - servers[1].calls[0]
  assert.deepEqual(calls_of(), [0, links, 0, links], 'of what came in between only the last one counts')
  assert.ok(took < pause && after >= pause - 50 && after < 4 * pause, `${took} ms, and ${after} ms`)
})
