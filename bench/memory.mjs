// SPDX-License-Identifier: BSD-2-Clause
// Bytes of Redis for one session, its indexes included, and how they grow with its clients.
import { set_up } from './fanout.mjs'
import { number, remark, table, verdict } from './parts/numbers.mjs'
import { log_in } from './parts/sessions.mjs'

const used = async (redis) => Number(/used_memory:(\d+)/.exec(await redis.ask('INFO', 'memory'))[1])

export async function bench(house, { quick }) {
  const { nginx, redis, clients } = await set_up(house, { most: 100 })
  const of = async (series, n, count) => {
    await redis.ask('FLUSHALL', 'SYNC')
    const before = await used(redis)
    await log_in(house, nginx, { series, clients: clients.ES256.slice(0, n), count })
    return (await used(redis) - before) / count
  }
  const sizes = quick ? [1000, 10_000] : [10_000, 100_000]
  const rows = [], measured = []
  for (const count of sizes) measured.push(await of(`m${count}`, 3, count))
  sizes.forEach((count, i) => rows.push([`3 clients, ${count} sessions`, number(measured[i], 0)]))
  for (const n of [1, 3, 10, 30, 100]) rows.push([`${n} client${n > 1 ? 's' : ''}, 2000 sessions`, number(await of(`g${n}`, n, 2000), 0)])
  table('Redis memory: bytes for one session, subject and cookie index included', ['what', 'bytes'], rows)
  table('Memory: targets', ['what', 'target', 'measured', 'met'],
        [[`bytes for a session of 3 clients, ${sizes[1]} sessions`, ...verdict(measured[1], 900, { at_most: true, digits: 0 })]])
  remark('used_memory after less before, by the number of sessions. A sid has 22 characters, a subject 16 to 20, a client id 8 or 9.')
}
