// SPDX-License-Identifier: BSD-2-Clause
// Three servers, three sentinels, and masters that go in every way, while users log out all the time: who reads "signed out" is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, eventually, sleep } from './parts/house.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { ask, master_by, places, replicas_in_step, sentinels_know, shown, start_replica, start_sentinel } from './parts/sentinels.mjs'
import { back_client, set_stage } from './parts/stage.mjs'
import { our_lines, start_table } from './parts/table.mjs'

const lanes = 4
const guard = `location /app/ { slo_guard main sid=$arg_sid; add_header X-Slo-Status $slo_status always; empty_gif; }`

const store_up = async (nginx) => /^slo_store_up (\d)$/m.exec(await nginx.metrics())[1]
const claims_in = (body) => JSON.parse(Buffer.from(new URLSearchParams(body).get('logout_token').split('.')[1], 'base64url'))

// Users who log in and out, again and again: what each was answered, and when.
class Crowd {
  logins = new Map()  // sid -> when it was answered 201
  outs = new Map()  // sid -> {at, is_known}, answered 200
  refused = 0
  wrong = []
  #goes = true
  #lanes = []

  constructor(nginx, name) {
    const live = async (lane) => {
      for (let n = 0; this.#goes; ++n) await this.#in_and_out(nginx, `${name}-${lane}-${n}`), await sleep(5)
    }
    this.#lanes = Array.from({ length: lanes }, (_, lane) => live(lane))
  }

  async #in_and_out(nginx, sid) {
    const { status } = await nginx.register({ client_id: 'app', sid, sub: sid })
    if (status === 503) return ++this.refused, sleep(20)
    if (status !== 201) return this.wrong.push(`register ${sid}: ${status}`)
    this.logins.set(sid, Date.now())
    const out = await nginx.ask('DELETE', `sessions/${sid}`)
    if (out.status === 503) return ++this.refused
    if (out.status !== 200) return this.wrong.push(`log out ${sid}: ${out.status}`)
    this.outs.set(sid, { at: Date.now(), is_known: out.json.registered !== false })
  }

  async leave() {
    this.#goes = false
    await Promise.all(this.#lanes)
  }
}

// How long after `since` nobody had logged out, at the longest.
function longest_gap(crowd, since) {
  const times = [since, ...[...crowd.outs.values()].map(({ at }) => at).filter((at) => at >= since).sort((a, b) => a - b)]
  return Math.max(...times.slice(1).map((at, i) => at - times[i]))
}

// What was acknowledged, and the new master does not know: asynchronous replication had not sent it.
async function losses(stage, crowd) {
  const sids = [...crowd.outs]
  const revived = []
  for (const [sid] of sids) {
    const { status, json } = await stage.nginx.session(sid)
    if (status === 200 && json.state === 'live') revived.push(sid)
  }
  const told = () => new Set(stage.app.requests.map(({ body }) => claims_in(body).sid))
  await eventually('nothing is pending', async () => (await stage.nginx.deliveries('pending')).length === 0, { within: 30_000 })
  const known = sids.filter(([, { is_known }]) => is_known)
  return { logins: sids.length - known.length, logouts: revived.length, untold: known.filter(([sid]) => !told().has(sid)).length }
}

async function guards_know(stage, crowd, { except = 0 }) {
  const sids = [...crowd.outs.keys()].slice(-200)
  let passed = 0
  for (const sid of sids) if ((await send(`${stage.nginx.url}/app/?sid=${sid}`)).status !== 401) ++passed
  assert.ok(passed <= except, `${passed} sessions that are over passed a guard`)
  assert.equal((await send(`${stage.nginx.url}/app/?sid=nobody-${Date.now()}`)).status, 200)
}

const ways = {
  'the master is killed (-9)': async ({ server }) => {
    await server.kill()
    return async () => { await server.start_again() }
  },
  'the master is frozen for 5 s': async ({ server }) => {
    server.freeze()
    const over = sleep(5000).then(() => server.thaw())
    return () => over
  },
  // It refuses as long as it has not seen a replica that is fit.
  'SENTINEL FAILOVER': async ({ sentinel, server, servers }) => {
    await eventually('it fails over', async () => {
      await ask(sentinel.at, 'sentinel', 'failover', 'main')
      return await master_by(sentinel, servers) !== server
    }, { within: 30_000, every: 1000 })
    return async () => {}
  },
}

// nginx first, the sentinels last; nginx is told of a sentinel that does not exist, and of one of the three.
async function set_sentinels(t, table) {
  const house = new House(t)
  const [at, second, third, s1, s2, s3, nobody] = await places(7)
  const app = await start_receiver(house)
  const stage = await set_stage(house, {
    clients: [back_client('app', app.url)], store: 'timeout=1s', locations: guard, provider: 'client_id gateway;',
    redis_how: { at, more: ['--repl-diskless-sync-delay', '0'] }, redis_url: `redis-sentinel://${shown([nobody, s1])}/main`,
  })
  await eventually('the store counts as away', async () => await store_up(stage.nginx) === '0')
  assert.equal((await stage.nginx.register({ client_id: 'app', sid: 'early', sub: 'early' })).status, 503)
  const servers = [{ ...stage.redis, at }]
  servers.push({ ...await start_replica(house, 'second', second, at), at: second })
  servers.push({ ...await start_replica(house, 'third', third, at), at: third })
  const sentinels = []
  const began = Date.now()
  for (const [i, place] of [s1, s2, s3].entries()) sentinels.push(await start_sentinel(house, `sentinel-${i + 1}`, place, { watches: at }))
  await eventually('the store is there', async () => await store_up(stage.nginx) === '1')
  table.row('the sentinels start last', '', '', `${Date.now() - began} ms`, '', '', '', '')
  for (const sentinel of sentinels) await sentinels_know(sentinel, { others: 2, replicas: 2 })
  await eventually('every worker sees it', stage.nginx.every_worker_sees_the_store)
  return { ...stage, app, servers, sentinels }
}

async function fail_over(t, stage, table, name, strike, sentinel = stage.sentinels[0]) {
  await t.test(name, { timeout: 120_000 }, async () => {
    const server = await eventually('there is a master', () => master_by(sentinel, stage.servers))
    await replicas_in_step(server, 2)
    const crowd = new Crowd(stage.nginx, name.replace(/\W+/g, '-'))
    await sleep(700)
    const since = Date.now()
    const mend = await strike({ server, sentinel, servers: stage.servers })
    const next = await eventually('another one is the master', async () => {
      const master = await master_by(sentinel, stage.servers)
      return master !== server && master
    }, { within: 30_000 })
    await eventually('logouts work', () => [...crowd.outs.values()].some(({ at }) => at > Date.now() - 100))
    await mend()
    await sleep(500)
    await crowd.leave()
    assert.deepEqual(crowd.wrong, [])
    const lost = await losses(stage, crowd)
    table.row(name, crowd.outs.size, crowd.refused, `${longest_gap(crowd, since)} ms`, crowd.wrong.length, lost.logins, lost.logouts, lost.untold)
    assert.equal(lost.untold, 0, 'who is logged out is told')
    await guards_know(stage, crowd, { except: lost.logouts })
    // Sentinel takes ten seconds for this.
    await eventually('the old one lives', async () => ask(server.at, 'replicaof', next.at.host, String(next.at.port)).catch(() => false))
  })
}

test('a master is found, and followed wherever it goes', { timeout: 300_000 }, async (t) => {
  const table = start_table(t, ['what happens', 'logouts', 'refused (503)', 'works again', 'wrong answers', 'logins lost', 'logouts lost', 'untold'])
  const stage = await set_sentinels(t, table)
  for (const [name, strike] of Object.entries(ways)) await fail_over(t, stage, table, name, strike)
  await stage.sentinels[0].kill()  // the only one that nginx was told of
  await fail_over(t, stage, table, 'by sentinels that were learnt', ways['SENTINEL FAILOVER'], stage.sentinels[1])
  const lines = our_lines(stage.nginx.log()).filter(({ said }) => /its master is/.test(said))
  console.log(`  ${lines.length} lines name a master`)
})
