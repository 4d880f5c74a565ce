// SPDX-License-Identifier: BSD-2-Clause
// What becomes of logouts that a receiver refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { House, eventually } from './parts/house.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

const in_time = { timeout: 60_000 }
const manner_of = (manner_by_path) => (request, answer, count) =>
  (manner_by_path[request.url.split('/')[1]] ?? manners.obeying)(request, answer, count)

// Clients of these names at one receiver, which behaves to each as `manner` says.
async function settle(t, names, { manner = {}, ...how } = {}) {
  const house = new House(t)
  const apps = await start_receiver(house, { behave: manner_of(manner) })
  const clients = names.map((name) => back_client(name, `${apps.url}/${name}`))
  return { ...await set_stage(house, { clients, workers: 1, ...how }), apps, manner }
}
const dead = async ({ nginx }, count) => eventually(`${count} dead letters`, async () => {
  const letters = await nginx.deliveries('dead')
  return letters.length === count && letters
})

test('dead letters that make room for newer ones leave a line and are counted', in_time, async (t) => {
  const stage = await settle(t, ['first', 'second'], { manner: { first: manners.refusing_the_token, second: manners.refusing_the_token } })
  for (const client_id of ['first', 'second']) await stage.nginx.register({ client_id, sid: 's1', sub: 'ann' })
  await stage.nginx.ask('DELETE', 'sessions/s1/clients/first')
  await dead(stage, 1)
  const key = await stage.redis.ask('KEYS', '*:dl')
  await stage.redis.ask('EVAL', `local t = redis.call('TIME')[1]
    for i = 1, 1000 do redis.call('ZADD', KEYS[1], (t - 60) * 1000 + i, 'x' .. i); redis.call('HSET', KEYS[2], 'x' .. i, 'x') end`,
    '2', key, key.replace(/dl$/, 'dr'))
  await stage.nginx.ask('DELETE', 'sessions/s1')
  await eventually('they are counted', async () => /slo_store_forgotten_total\{provider="main"\} 2\n/.test(await stage.nginx.metrics()))
  await eventually('a line tells of them', () =>
    /\[error\].* slo: forgot dead letters: the oldest made room for newer ones/.test(stage.nginx.log()))
})
