// SPDX-License-Identifier: BSD-2-Clause
// This module beside another one, SLO_OTHER_MODULE, an older build for instance: what a logout and a delivery cost in each,
// by turns, so that what the machine does besides falls on both.
import { sleep } from '../t/journeys/parts/house.mjs'
import { fan_out, set_up } from './fanout.mjs'
import { spent_by } from './parts/cpu.mjs'
import { number, quantile, remark, table } from './parts/numbers.mjs'
import { log_in, logouts } from './parts/sessions.mjs'
import { drive } from './parts/tools.mjs'

const numbers = Array.from({ length: 10 }, (_, i) => i)
let series_so_far = 0

// Ten doors with kept connections of their own, as clients have them.
const stage_of = (house, module, name) => set_up(house, {
  module, name, most: 1000, delivery: 'wait=1s concurrency=64 per_host=64 first=10m', base: (i) => `http://app-${i % 10}`,
  upstreams: (receivers) => numbers.map((i) => ({ name: `app-${i}`, door: receivers.door(i), keepalive: 16 })) })

export async function logout(stage, alg, n, count) {
  const { house, nginx, redis, receivers, clients, keys } = stage
  const part = clients[alg].slice(0, n), series = `l${series_so_far++}`
  await log_in(house, nginx, { series, clients: part, count })
  const file = logouts(house, nginx, { series, clients: part, key: keys[alg], count })
  await receivers.reset()
  const { cpu, result } = await spent_by({ worker: nginx.worker, redis: redis.pid }, async () => {
    const driven = await drive(nginx.to, 8, file)
    await sleep(50)  // the last settlements
    return driven
  })
  if (result.statuses['303'] !== count) throw new Error(`answers were ${JSON.stringify(result.statuses)}`)
  return { worker: cpu.worker.all / count, redis: cpu.redis.all / count }
}

const works = [
  ['logout, 1 × ES256', (stage) => logout(stage, 'ES256', 1, 300)],
  ['logout, 3 × ES256', (stage) => logout(stage, 'ES256', 3, 200)],
  ['logout, 3 × RS256', (stage) => logout(stage, 'RS256', 3, 100)],
  ['logout, 10 × ES256', (stage) => logout(stage, 'ES256', 10, 100)],
  ['delivery, 10 × ES256', (stage) => fan_out(stage, 'ES256', 10, 60)],
  ['delivery, 100 × ES256', (stage) => fan_out(stage, 'ES256', 100, 6)],
  ['delivery, 1000 × ES256', (stage) => fan_out(stage, 'ES256', 1000)],
  ['delivery, 100 × RS256', (stage) => fan_out(stage, 'RS256', 100, 3)],
]

const together = ({ worker, redis }) => worker + redis
const three = (values) => `${number(quantile(values, 0.5), 3)} (${number(quantile(values, 0.25), 3)}–${number(quantile(values, 0.75), 3)})`

async function pairs_of(stages, work, rounds) {
  for (const stage of Object.values(stages)) {
    await stage.redis.ask('FLUSHALL', 'SYNC')
    await work(stage)
  }
  const pairs = []
  for (let i = 0; i < rounds; ++i) {
    const pair = {}
    for (const name of i % 2 ? ['other', 'ours'] : ['ours', 'other']) pair[name] = await work(stages[name])
    pairs.push(pair)
  }
  return pairs
}

export async function bench(house, { quick }) {
  const other = process.env.SLO_OTHER_MODULE
  if (!other) return remark('compare: SLO_OTHER_MODULE names no module to compare this one with.')
  const stages = { ours: await stage_of(house, process.env.SLO_MODULE, 'ours'), other: await stage_of(house, other, 'other') }
  const rows = []
  for (const [name, work] of works) {
    const pairs = await pairs_of(stages, work, quick ? 6 : 24)
    const middle = (which, what) => number(quantile(pairs.map((pair) => pair[which][what]), 0.5))
    const ratio = (of) => three(pairs.map(({ ours, other: theirs }) => of(ours) / of(theirs)))
    rows.push([name, middle('other', 'worker'), middle('ours', 'worker'), ratio(({ worker }) => worker),
               middle('other', 'redis'), middle('ours', 'redis'), ratio(({ redis }) => redis), ratio(together)])
  }
  table('This module beside the other one', ['what', 'worker µs, other', 'ours', 'ours ÷ other', 'Redis µs, other', 'ours', 'ours ÷ other',
                                             'together'], rows)
  remark('Medians of the pairs, quartiles in brackets. Both nginx and both Redis run all the time, on one core; the order within a pair changes with each.')
}
