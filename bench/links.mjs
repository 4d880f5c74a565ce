// SPDX-License-Identifier: BSD-2-Clause
// How often a logout goes to Redis: reads of its socket, and commands, for logouts that happen one at a time.
import { eventually, sleep } from '../t/journeys/parts/house.mjs'
import { set_up } from './fanout.mjs'
import { number, remark, table, verdict } from './parts/numbers.mjs'
import { log_in, logouts } from './parts/sessions.mjs'
import { drive } from './parts/tools.mjs'

const stats_of = async (redis) => {
  const text = await redis.ask('INFO', 'everything')
  const one = (pattern) => Number(pattern.exec(text)?.[1] ?? 0)
  return { reads: one(/total_reads_processed:(\d+)/), commands: one(/total_commands_processed:(\d+)/), scripts: one(/cmdstat_evalsha:calls=(\d+)/),
           script_us: one(/cmdstat_evalsha:calls=\d+,usec=(\d+)/) }
}

const difference = (after, before) => Object.fromEntries(Object.keys(after).map((name) => [name, after[name] - before[name]]))

export async function bench(house, { quick }) {
  const stage = await set_up(house, { most: 100, delivery: 'per_host=64' })
  const { nginx, redis, clients, keys, receivers } = stage
  const rows = []
  let three = NaN
  for (const n of [1, 3, 10, 100]) {
    const count = Math.round((quick ? 100 : 500) / Math.sqrt(n)), series = `k${n}`, part = clients.ES256.slice(0, n)
    await log_in(house, nginx, { series, clients: part, count })
    const file = logouts(house, nginx, { series, clients: part, key: keys.ES256, count })
    const began = Date.now()
    const before = await stats_of(redis)
    await receivers.reset()
    await drive(nginx.to, 1, file)
    await eventually('all are told', async () => await receivers.count() >= n * count, { within: 60_000 })
    await sleep(100)
    const busy = difference(await stats_of(redis), before)
    const took = Date.now() - began
    // What the workers ask anyway, once a second, is measured over as long a time and taken off.
    const quiet = await stats_of(redis)
    await sleep(2000)
    const idle = difference(await stats_of(redis), quiet)
    const each = (name) => (busy[name] - idle[name] * took / 2000) / count
    if (n === 3) three = each('reads')
    rows.push([String(n), number(each('reads'), 2), number(each('scripts'), 2), number(each('commands'), 2), number(each('script_us'), 0)])
  }
  table('Round trips to Redis for one logout', ['clients', 'reads of the socket', 'scripts', 'commands, those inside scripts included', 'µs in scripts'], rows)
  table('Links: targets', ['what', 'target', 'measured', 'met'],
        [['round trips of a logout with 3 clients: one to find, one to end, one to settle', ...verdict(three, 3, { at_most: true })]])
  remark('Logouts one at a time: with many at once several share a round trip. Answers that come back in different turns of the event loop ' +
         'are settled in as many batches, so more than three can be needed where receivers differ in speed; fewer are, where a settlement leaves ' +
         'together with what the next user asks.')
}
