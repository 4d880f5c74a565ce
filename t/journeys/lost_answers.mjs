// SPDX-License-Identifier: BSD-2-Clause
// Redis does what nginx asks, and the connection breaks before nginx hears of it. It asks once more, and nobody can tell.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { House, eventually, free_port, sleep } from './parts/house.mjs'
import { start_loser } from './parts/cutter.mjs'
import { make_issuer } from './parts/issuer.mjs'
import { start_nginx } from './parts/nginx.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { start_redis } from './parts/redis.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

const in_time = { timeout: 90_000 }

async function settle(t, behave) {
  const house = new House(t)
  const app = await start_receiver(house, { behave })
  const host = '127.0.0.1'
  const port = await free_port(host)
  const redis = await start_redis(house)
  const loser = await start_loser(house, redis)
  const nginx = await start_nginx(house, {
    host, port, redis: loser, issuer: await make_issuer(`http://${host}:${port}`), workers: 1,
    clients: [back_client('app', app.url)], provider: 'delivery first=1s timeout=20s;' })  // leases of 30 s
  const nothing_pending = (how) =>
    eventually('nothing is pending', async () => (await nginx.deliveries('pending')).length === 0, how)
  return { app, loser, nginx, nothing_pending,
           log_in: (sid) => nginx.register({ client_id: 'app', sid, sub: 'ann' }),
           log_out: (sid) => nginx.ask('DELETE', `sessions/${sid}`) }
}

const new_session = /^\*2\r\n:1\r\n/m
const one_of_one = /^\*1\r\n:1\r\n/m
const yes = /^:1\r\n/m
const a_delivery = /^\*3\r\n\$\d+\r\n[^\r]*\x1f/m

async function counted(nginx, counter) {
  const [, count] = new RegExp(`slo_store_${counter}_total\\{provider="main"\\} (\\d+)`).exec(await nginx.metrics()) ?? [, '0']
  return Number(count)
}

test('a registration is as new as it was, and a delivery is settled once', in_time, async (t) => {
  const { app, loser, nginx, nothing_pending, log_in, log_out } = await settle(t)
  let is_lost = await loser.lose('register', new_session)
  const { status, json } = await log_in('s1')
  assert.ok(is_lost())
  assert.deepEqual([status, json.new_session, json.new_client], [201, true, true])
  assert.equal(await counted(nginx, 'new'), 1)

  is_lost = await loser.lose('ack', one_of_one)
  await log_out('s1')
  await eventually('the answer is lost', is_lost)
  await nothing_pending()
  assert.equal(await counted(nginx, 'ok'), 1)
  assert.equal(app.requests.length, 1)
  assert.doesNotMatch(nginx.log(), /settled by another worker/)
})

test('an attempt counts once, and what was claimed is sent long before its lease is over', in_time, async (t) => {
  const { app, loser, nginx, nothing_pending, log_in, log_out } = await settle(t, manners.failing)
  await log_in('s1')
  let is_lost = await loser.lose('nack', yes)
  await log_out('s1')
  await eventually('the answer is lost', is_lost)
  await eventually('an attempt is counted once', async () => (await counted(nginx, 'retry')) === app.requests.length)
  is_lost = await loser.lose('claim', a_delivery)
  app.behave = manners.obeying
  await eventually('a claim is lost', is_lost)
  const at = Date.now()
  await nothing_pending()
  assert.ok(Date.now() - at < 15_000, 'a lease is 30 s')
  assert.equal(await counted(nginx, 'ok'), 1)
  assert.equal(app.requests.length, await counted(nginx, 'retry') + 1)
})

test('a dead letter that is sent again or dropped is no 404', in_time, async (t) => {
  const { app, loser, nginx, nothing_pending, log_in, log_out } = await settle(t, manners.refusing_the_token)
  const dead = (count) => eventually('dead letters', async () => {
    const letters = await nginx.deliveries('dead')
    return letters.length === count && letters
  })
  for (const sid of ['s1', 's2']) await log_in(sid), await log_out(sid)
  const [first, second] = await dead(2)
  app.behave = manners.obeying
  let is_lost = await loser.lose('redrive', yes)
  assert.equal((await nginx.ask('POST', `deliveries/${first.id}/retry`, {})).status, 200)
  assert.ok(is_lost())
  await nothing_pending()
  assert.equal(app.requests.length, 3)
  is_lost = await loser.lose('drop', yes)
  assert.equal((await nginx.ask('DELETE', `deliveries/${second.id}`)).status, 200)
  assert.ok(is_lost())
  await dead(0)
})

test('deliveries are settled again after an outage of the store that was longer than a lease', { timeout: 90_000 }, async (t) => {
  const house = new House(t)
  const app = await start_receiver(house, { behave: manners.slow(300) })
  const { nginx, redis } = await set_stage(house, { clients: [back_client('app', app.url)], workers: 1, store: 'timeout=500ms',
                                                    provider: 'delivery wait=0 timeout=1s first=1s max=2s;' })
  const log_out = async (sid) => {
    await nginx.register({ client_id: 'app', sid, sub: 'ann' })
    await nginx.ask('DELETE', `sessions/${sid}`)
  }
  await log_out('s1')
  await eventually('it is called', () => app.requests.length === 1)
  redis.freeze()
  await sleep(13_000)  // a lease is timeout and ten seconds
  redis.thaw()
  await eventually('the store is back', nginx.every_worker_sees_the_store)
  await eventually('what was told is told once more, and settled', async () => (await nginx.deliveries('pending')).length === 0)
  await log_out('s2')
  await eventually('the next one is settled, too', async () => app.requests.length === 3 && (await nginx.deliveries('pending')).length === 0)
})
