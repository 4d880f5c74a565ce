// SPDX-License-Identifier: BSD-2-Clause
// What a fan-out to a thousand RS256 receivers does to others: latencies of a plain request every 2 ms on the same worker,
// while it runs and while nothing does.
import { readFileSync } from 'node:fs'
import { eventually, sleep } from '../t/journeys/parts/house.mjs'
import { set_up } from './fanout.mjs'
import { number, quantile, remark, table, verdict } from './parts/numbers.mjs'
import { log_in, logouts } from './parts/sessions.mjs'
import { drive, drive_open, get, write_requests } from './parts/tools.mjs'

const every_us = 2000

const latencies_in = (path) => readFileSync(path, 'utf8').trim().split('\n').map((line) => line.split(' ').map(Number))
  .map(([sent, took]) => ({ sent, ms: took / 1e6 }))

async function idle(stage, plain, for_ms) {
  const out = stage.house.path('idle')
  await drive_open(stage.nginx.to, every_us, for_ms, plain, out)
  return latencies_in(out).map(({ ms }) => ms)
}

// Only requests that were sent while deliveries went out count: from the user's request to the last one told.
async function during(stage, plain, alg, times) {
  const { house, nginx, clients, keys, receivers } = stage
  const found = [], windows = []
  for (let i = 0; i < times; ++i) {
    const series = `q${alg}${stage.rounds = (stage.rounds ?? 0) + 1}`
    await log_in(house, nginx, { series, clients: clients[alg], count: 1 })
    const file = logouts(house, nginx, { series, clients: clients[alg], key: keys[alg], count: 1 })
    await receivers.reset()
    const out = house.path(`during-${series}`)
    const beside = drive_open(nginx.to, every_us, alg === 'RS256' ? 2500 : 1200, plain, out)
    await sleep(200)
    const { began_ns } = await drive(nginx.to, 1, file)
    const { told_ns } = await eventually('all are told', async () => {
      const report = await receivers.report()
      return report.told_ns.length >= 1000 && report
    }, { within: 30_000, every: 100 })
    await beside
    windows.push((told_ns.at(-1) - began_ns) / 1e6)
    found.push(...latencies_in(out).filter(({ sent }) => sent >= began_ns && sent <= told_ns.at(-1)).map(({ ms }) => ms))
  }
  return { found, window: quantile(windows, 0.5) }
}

export async function bench(house, { quick }) {
  const stage = await set_up(house, { most: 1000, base: (i, receivers) => `http://${receivers.door(i)}` })
  const plain = write_requests(house.path('plain'), [get('/plain', stage.nginx.to)])
  const times = quick ? 2 : 8
  await during(stage, plain, 'ES256', 1)
  const rows = [], results = {}
  const row = (name, values, window) => rows.push([name, String(values.length), number(window, 0), number(quantile(values, 0.5), 3),
    number(quantile(values, 0.99), 3), number(quantile(values, 0.999), 3), number(Math.max(...values), 3)])
  results.idle = await idle(stage, plain, quick ? 2000 : 5000)
  for (const alg of ['ES256', 'RS256']) results[alg] = await during(stage, plain, alg, times)
  results.idle.push(...await idle(stage, plain, quick ? 2000 : 5000))
  row('idle', results.idle, NaN)
  for (const alg of ['ES256', 'RS256']) row(`1000 × ${alg}`, results[alg].found, results[alg].window)
  table('Latency of plain requests on the same worker, ms (one every 2 ms)', ['while', 'requests', 'fan-out took', 'p50', 'p99', 'p99.9', 'max'], rows)
  const more = quantile(results.RS256.found, 0.99) - quantile(results.idle, 0.99)
  table('Latency: targets', ['what', 'target', 'measured', 'met'], [
    ['p99 during 1000 × RS256 more than idle, ms', ...verdict(more, 2, { at_most: true })]])
  remark('Counted from the moment the request leaves the driver, which shares its core with the receivers and, where the worker has more ' +
         'threads, does not share the worker\'s.')
}
