// SPDX-License-Identifier: BSD-2-Clause
// Replicas confirm logouts (wait=): one that is frozen holds nobody up for long; of what they confirmed nothing is lost with the master.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { House, eventually, sleep } from './parts/house.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { start_relay } from './parts/relay.mjs'
import { ask, places, replicas_in_step, start_replica } from './parts/sentinels.mjs'
import { back_client, set_stage } from './parts/stage.mjs'
import { our_lines, start_table } from './parts/table.mjs'

const crowd = 200
const time = 200  // ms, of wait=

const unconfirmed = async (nginx) => Number(/^slo_store_unconfirmed_total (\d+)$/m.exec(await nginx.metrics())[1])
const lines_of = (nginx, pattern) => our_lines(nginx.log()).filter(({ said }) => pattern.test(said))
const warned = (nginx) => lines_of(nginx, /logouts are not confirmed/)
const relieved = (nginx) => lines_of(nginx, /logouts are confirmed by 1 replicas again/)

// nginx knows the master by the address of a relay, which leads to whoever is the master.
async function set_servers(t, { store, lag = 0, replica = true, more = [] }) {
  const house = new House(t)
  const [first, second] = await places(2)
  let master = first
  const front = await start_relay(house, { to: () => master })
  const app = await start_receiver(house)
  const stage = await set_stage(house, {
    clients: [back_client('app', app.url)], store, redis_url: `redis://127.0.0.1:${front.port}`,
    redis_how: { at: first, more: ['--repl-diskless-sync-delay', '0', ...more] },
  })
  const server = { ...stage.redis, at: first }
  const slow = lag ? await start_relay(house, { to: () => first, lag }) : first
  const other = replica && { ...await start_replica(house, 'replica', second, slow), at: second }
  if (replica) await replicas_in_step(server, 1)
  await eventually('every worker sees it', stage.nginx.every_worker_sees_the_store)
  const promote = async () => { await ask(second, 'replicaof', 'no', 'one'); master = second }
  return { ...stage, app, server, replica: other, promote }
}

async function sign_in({ nginx }, names) {
  for (const sid of names) assert.equal((await nginx.register({ client_id: 'app', sid, sub: sid })).status, 201)
}

// How long it took to be told so.
async function log_out({ nginx }, sid) {
  const began = Date.now()
  assert.equal((await nginx.ask('DELETE', `sessions/${sid}`)).status, 200)
  return Date.now() - began
}

const names = (name, count) => Array.from({ length: count }, (_, i) => `${name}-${i}`)

test('a frozen replica holds nobody longer than the time of wait=', { timeout: 120_000 }, async (t) => {
  const table = start_table(t, ['logouts', 'at once', 'longest', 'not confirmed'])
  const stage = await set_servers(t, { store: `timeout=2s wait=1,${time}ms` })
  const { nginx, replica } = stage
  const row = async (name, sids) => {
    const before = await unconfirmed(nginx)
    const took = Math.max(...await Promise.all(sids.map((sid) => log_out(stage, sid))))
    const not = await unconfirmed(nginx) - before
    table.row(name, sids.length, `${took} ms`, not)
    return { took, not }
  }
  const [healthy, one, many, again] = [names('healthy', crowd), ['one'], names('many', crowd), names('again', crowd)]
  await sign_in(stage, [...healthy, ...one, ...many, ...again])

  assert.equal((await row('replica in step', healthy)).not, 0)
  assert.deepEqual(warned(nginx), [])

  replica.freeze()
  const alone = await row('replica frozen', one)
  assert.ok(alone.took >= time && alone.took < 3 * time, `${alone.took} ms`)
  assert.equal(alone.not, 1)
  const all = await row('replica frozen', many)
  assert.ok(all.took < 6 * time, `${all.took} ms: they share one WAIT`)
  assert.equal(all.not, crowd)
  assert.deepEqual(warned(nginx).map(({ level }) => level), ['warn'])
  assert.match(warned(nginx)[0].said, /: logouts are not confirmed: within 200 ms 0 of 1 replicas had them; should the master be lost, so are they$/)

  replica.thaw()
  await sleep(1200)
  assert.equal((await row('replica back', again)).not, 0)
  assert.deepEqual(relieved(nginx).map(({ level }) => level), ['notice'])
  assert.equal(warned(nginx).length, 1)
  await eventually('all are told', () => stage.app.requests.length === 3 * crowd + 1)
})

test('a user who may not WAIT, and a server that has been told to forget its scripts', { timeout: 60_000 }, async (t) => {
  const acl = 'slo on >word-of-the-store ~slo* &slo* +@read +@write +@connection +@pubsub -@dangerous +eval +evalsha +script|load +info +role +time -wait'
  const house = new House(t)
  const file = house.write('store.password', 'word-of-the-store\n')
  const stage = await set_servers(t, { store: `timeout=2s wait=1,1s user=slo password_file=${file}`, more: ['--user', ...acl.split(' ')] })
  const { nginx, server } = stage
  await sign_in(stage, ['first', 'second', 'third', 'fourth'])
  await log_out(stage, 'first')
  const refused = () => lines_of(nginx, /WAIT was answered NOPERM; its user needs "\+wait"/)
  assert.deepEqual(refused().map(({ level }) => level), ['error'])
  assert.equal(await unconfirmed(nginx), 1)

  await ask(server.at, 'acl', 'setuser', 'slo', '+wait')
  await log_out(stage, 'second')
  assert.equal(await unconfirmed(nginx), 1)
  await ask(server.at, 'script', 'flush')
  await log_out(stage, 'third')
  await sleep(1100)  // a connection that has worked for a second is called again at once
  await ask(server.at, 'client', 'kill', 'type', 'normal', 'skipme', 'yes')
  await log_out(stage, 'fourth')
  assert.equal(await unconfirmed(nginx), 1)
  assert.ok(refused().length <= 2, 'once for each worker')
})

// As many are under way as there are lanes; the master goes while they are, and what it had not sent is gone.
async function lose_the_master(t, table, { store, round }) {
  const stage = await set_servers(t, { store, lag: 40 })
  const { nginx, server, promote } = stage
  const sids = names(`round${round}`, 600), lanes = 20
  await sign_in(stage, sids)
  await sleep(500)
  const answered = []
  let killed_at = Infinity, refused = 0
  const lane = async (from) => {
    for (let i = from; i < sids.length && killed_at === Infinity; i += lanes) {
      const { status } = await nginx.ask('DELETE', `sessions/${sids[i]}`)
      if (status === 200) answered.push({ sid: sids[i], at: Date.now() })
      else ++refused
    }
  }
  const all = Promise.all(Array.from({ length: lanes }, (_, i) => lane(i)))
  await eventually('many were answered', () => answered.length > 150, { every: 5 })
  const not = store.includes('wait=') ? await unconfirmed(nginx) : 0  // without, all are out before it is read
  await server.kill()
  killed_at = Date.now()
  await promote()
  await all
  await eventually('every worker sees the new one', nginx.every_worker_sees_the_store)
  const is_alive = (list) => Promise.all(list.map(({ sid }) => eventually('the store answers', async () => {
    const answer = await nginx.session(sid)
    return answer.status !== 503 && (answer.status === 404 ? 'unknown' : answer.json.state)
  }))).then((states) => states.filter((state) => state !== 'ended').length)
  const before = answered.filter(({ at }) => at < killed_at), later = answered.filter(({ at }) => at >= killed_at)
  const lost = await is_alive(before), lost_later = await is_alive(later)
  table.row(store.includes('wait=') ? 'wait=1,1s' : 'without', round, before.length, not, lost, later.length, await unconfirmed(nginx) - not, lost_later, refused)
  return { lost, lost_later, not }
}

test('of logouts that a replica has confirmed none is lost with the master (kill -9)', { timeout: 240_000 }, async (t) => {
  const table = start_table(t, ['', 'round', 'answered', 'not confirmed', 'lost', 'answered later', 'not confirmed', 'lost', 'refused (503)'])
  let lost_without = 0
  for (const round of [1, 2, 3]) {
    await t.test(`round ${round}`, async (t) => {
      lost_without += (await lose_the_master(t, table, { store: 'timeout=3s', round })).lost
      assert.deepEqual(await lose_the_master(t, table, { store: 'timeout=3s wait=1,1s', round }), { lost: 0, lost_later: 0, not: 0 })
    })
  }
  assert.ok(lost_without > 0, 'the replica is so late that what nobody waits for is lost')
})
