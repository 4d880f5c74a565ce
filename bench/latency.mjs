// SPDX-License-Identifier: BSD-2-Clause
// What a fan-out to a thousand RS256 receivers does to others: latencies of a plain request every 2 ms on the same worker,
// while it runs and while nothing does.
import { readFileSync } from 'node:fs'
import { eventually, sleep } from '../t/journeys/parts/house.mjs'
import { set_up } from './fanout.mjs'
import { number, quantile, remark, table, verdict } from './parts/numbers.mjs'
import { log_in, logouts } from './parts/sessions.mjs'
import { turns_of } from './parts/turns.mjs'
import { drive, drive_open, get, write_requests } from './parts/tools.mjs'

const every_us = 2000
let series_so_far = 0

const latencies_in = (path) => readFileSync(path, 'utf8').trim().split('\n').map((line) => line.split(' ').map(Number))
  .map(([sent, took]) => ({ sent, ms: took / 1e6 }))

async function idle(stage, plain) {
  const out = stage.house.path('idle')
  await drive_open(stage.nginx.to, every_us, 1000, plain, out)
  return latencies_in(out).map(({ ms }) => ms)
}

// Only requests that were sent while deliveries went out count: from the user's request to the last one told.
async function during(stage, plain, alg) {
  const { house, nginx, clients, keys, receivers } = stage
  const series = `q${series_so_far++}`
  await log_in(house, nginx, { series, clients: clients[alg], count: 1 })
  const file = logouts(house, nginx, { series, clients: clients[alg], key: keys[alg], count: 1 })
  await receivers.reset()
  const out = house.path(`during-${series}`)
  const calm = await idle(stage, plain)
  const beside = drive_open(nginx.to, every_us, alg === 'RS256' ? 2500 : 1500, plain, out)
  await sleep(200)
  const { turns, result: { began_ns, told_ns } } = await turns_of(house, nginx.worker, async () => {
    const said = await drive(nginx.to, 1, file)
    const report = await eventually('all are told', async () => {
      const heard = await receivers.report()
      return heard.told_ns.length >= 1000 && heard
    }, { within: 30_000, every: 100 })
    return { ...said, ...report }
  })
  await beside
  const busy = latencies_in(out).filter(({ sent }) => sent >= began_ns && sent <= told_ns.at(-1)).map(({ ms }) => ms)
  return { calm, busy, turns, window: (told_ns.at(-1) - began_ns) / 1e6 }
}

// The half of the rounds before which the machine was calmest: others' work on it shows in the idle latencies as well.
const calmest = (rounds) => [...rounds].sort((a, b) => quantile(a.calm, 0.99) - quantile(b.calm, 0.99)).slice(0, Math.ceil(rounds.length / 2))

export async function bench(house, { quick }) {
  const stage = await set_up(house, { most: 1000, base: (i, receivers) => `http://${receivers.door(i)}` })
  const plain = write_requests(house.path('plain'), [get('/plain', stage.nginx.to)])
  const rounds = { ES256: [], RS256: [] }
  await during(stage, plain, 'ES256')
  for (let i = 0; i < (quick ? 4 : 12); ++i) for (const alg of ['ES256', 'RS256']) rounds[alg].push(await during(stage, plain, alg))
  const rows = [], turns = []
  const row = (name, values, window) => rows.push([name, String(values.length), number(window, 0),
    ...[0.5, 0.99, 0.999, 1].map((q) => number(quantile(values, q), 3))])
  let more = NaN
  for (const alg of ['ES256', 'RS256']) {
    const kept = calmest(rounds[alg])
    const calm = kept.flatMap((round) => round.calm), busy = kept.flatMap((round) => round.busy)
    row(`idle, before ${alg}`, calm, NaN)
    row(`1000 × ${alg}`, busy, quantile(kept.map((round) => round.window), 0.5))
    turns.push([alg, rounds[alg].flatMap((round) => round.turns), quantile(rounds[alg].map((round) => quantile(round.turns, 1)), 0.5)])
    more = quantile(busy, 0.99) - quantile(calm, 0.99)
  }
  table('Latency of plain requests on the same worker, ms (one every 2 ms)', ['while', 'requests', 'fan-out took', 'p50', 'p99', 'p99.9', 'max'], rows)
  table('Turns of the event loop during a fan-out: ms of processor time from one epoll_wait to the next', ['while', 'turns', 'p50', 'p99', 'p99.9', 'max', 'longest, median of the rounds'],
        turns.map(([alg, values, longest]) => [`1000 × ${alg}`, String(values.length), ...[0.5, 0.99, 0.999, 1].map((q) => number(quantile(values, q), 3)), number(longest, 3)]))
  table('Latency: targets', ['what', 'target', 'measured', 'met'], [
    ['p99 during 1000 × RS256 more than idle, ms', ...verdict(more, 2, { at_most: true })],
    ...turns.map(([alg, , longest]) => [`longest turn of the event loop during 1000 × ${alg}, median of the rounds, ms`, ...verdict(longest, 1, { at_most: true })])])
  remark('In a virtual machine the hypervisor takes a processor away for milliseconds now and then, and no counter of a process shows it: ' +
         'hence the median of the rounds, not the worst of all. Latencies are counted from the moment the request leaves the driver. Worker, its threads and Redis share one core, driver and receivers the ' +
         'other. Of the rounds, the half counts before which idle latencies were lowest.')
}
