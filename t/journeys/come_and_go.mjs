// SPDX-License-Identifier: BSD-2-Clause
// Clients that leave a session and come back within a moment, and after its end: each time that one joined it is told once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { House, eventually } from './parts/house.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

// Owed by joining, received as tokens: of each client.
async function open(t, count) {
  const house = new House(t)
  const apps = await start_receiver(house)
  const names = Array.from({ length: count }, (_, i) => `app-${i}`)
  const { nginx } = await set_stage(house, { clients: names.map((name) => back_client(name, `${apps.url}/${name}`)), workers: 1 })
  const owed = Object.fromEntries(names.map((name) => [name, 0]))
  const join = async (sid, name, status) => {
    assert.equal((await nginx.register({ client_id: name, sid, sub: 'ann' })).status, status, `${name} joins ${sid}`)
    if (status !== 200) owed[name]++
  }
  const leave = async (sid, name) => assert.equal((await nginx.ask('DELETE', `sessions/${sid}/clients/${name}`)).status, 200)
  const end = async (sid) => assert.equal((await nginx.ask('DELETE', `sessions/${sid}`)).status, 200)
  const received = () => Object.fromEntries(names.map((name) =>
    [name, apps.requests.filter(({ url }) => url === `/${name}/back`).length]))
  const all_told = async () => {
    await eventually('nothing is pending', async () => (await nginx.deliveries('pending')).length === 0)
    assert.deepEqual(received(), owed)
  }
  return { nginx, names, join, leave, end, all_told }
}

for (const count of [3, 40]) {
  test(`who comes and goes in a session of ${count} clients is told of each time`, { timeout: 90_000 }, async (t) => {
    const { nginx, names, join, leave, end, all_told } = await open(t, count)
    for (const cycles of [1, 3, 10]) {
      const sid = `s${cycles}`
      for (const name of names.slice(1)) await join(sid, name, 201)
      for (let i = 0; i < cycles; i++) {
        await leave(sid, 'app-1')
        await join(sid, 'app-1', 201)
        if (i % 3 === 0) await join(sid, 'app-2', 200)
      }
      await join(sid, 'app-0', 201)
      await end(sid)
      await all_told()
    }
    for (const name of ['app-1', 'app-1', 'app-2']) {
      await join('s10', name, 409)
      await all_told()
    }
    assert.deepEqual(await nginx.deliveries('dead'), [])
  })
}

test('who left, and comes back as the session ends, is told of both', { timeout: 60_000 }, async (t) => {
  const { join, leave, end, all_told } = await open(t, 3)
  for (let i = 0; i < 5; i++) {
    const sid = `s${i}`
    await join(sid, 'app-0', 201)
    await join(sid, 'app-1', 201)
    await leave(sid, 'app-0')
    await end(sid)
    await join(sid, 'app-0', 409)
    await all_told()
  }
})
