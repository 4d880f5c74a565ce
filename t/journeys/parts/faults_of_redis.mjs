// SPDX-License-Identifier: BSD-2-Clause
// What may happen to Redis and on the way to it: killed, frozen, robbed of its scripts, cut off before it has answered.
import assert from 'node:assert/strict'
import { sleep } from './house.mjs'
import { age, start_cutter } from './cutter.mjs'

const sessions = [[1, 200], [50, 4]]  // how many, clients of each
const soon_again = { timeout: '2s' }  // leases of 12 s
const not_by_lease = { delivery: { timeout: '30s' }, within: 35 }  // leases of 40 s, which nobody may need

export const faults_of_redis = [
  {
    name: 'Redis is killed (-9) and starts again',
    sessions,
    proof: [/slo: store "[^"]*" cannot be reached/g, 2],
    delivery: soon_again,
    redis: { fsync: 'always' },
    store: 'timeout=500ms',
    strike: async (stage) => {
      const all_out = stage.log_everybody_out()
      await stage.arrived(0.3)
      await stage.redis.kill()
      await sleep(700)
      await stage.redis.start_again()
      await all_out
    },
  },
  {
    name: 'Redis is frozen for longer than its time limit',
    delivery: soon_again,
    sessions,
    proof: [/slo: store "[^"]*" cannot be reached/g, 2],
    store: 'timeout=500ms',
    strike: async (stage) => {
      const all_out = stage.log_everybody_out()
      await stage.arrived(0.3)
      stage.redis.freeze()
      await sleep(1800)
      stage.redis.thaw()
      await all_out
    },
  },
  {
    name: 'SCRIPT FLUSH, twenty times',
    sessions: [[1, 200], [70, 3]],
    ...not_by_lease,
    strike: async (stage) => {
      const flush = async () => {
        for (let i = 0; i < 20; ++i) {
          await stage.redis.ask('script', 'flush')
          await sleep(60)
        }
      }
      await Promise.all([stage.log_everybody_out(), flush()])
      const [, unknown] = /NOSCRIPT:count=(\d+)/.exec(await stage.redis.ask('info', 'errorstats')) ?? [0, 0]
      assert.ok(Number(unknown) >= 20, `${unknown} scripts were missed`)
    },
  },
  {
    name: 'cut off after the end, before its answer',
    sessions: [[30, 8], [40, 4]],
    store: 'timeout=10s',  // the cutter shares a process with the journey
    proof: [/connecting again/g, 2],
    ...not_by_lease,
    link: async (house, redis) => {
      redis.cutter = await start_cutter(house, redis)
      return redis.cutter
    },
    strike: async (stage) => {
      await sleep(age)
      await stage.log_everybody_out()
      assert.ok(stage.redis.cutter.cuts() >= 2, `${stage.redis.cutter.cuts()} cuts`)
    },
  },
]
