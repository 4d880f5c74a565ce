// SPDX-License-Identifier: BSD-2-Clause
// What may happen to Redis and on the way to it: killed, frozen, robbed of its scripts, cut off before it has answered.
import assert from 'node:assert/strict'
import { sleep } from './house.mjs'
import { start_cutter } from './cutter.mjs'

const wide = [2, 200]

export const faults_of_redis = [
  {
    name: 'Redis is killed (-9) and starts again',
    sessions: [wide, [40, 4]],
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
    sessions: [wide, [40, 4]],
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
    sessions: [[1, 200], [100, 3]],
    within: 9,
    strike: async (stage) => {
      const flush = async () => {
        for (let i = 0; i < 20; ++i) {
          await stage.redis.ask('script', 'flush')
          await sleep(60)
        }
      }
      await Promise.all([stage.log_everybody_out(), flush()])
    },
  },
  {
    name: 'cut off after the end, before its answer',
    sessions: [[30, 8], [60, 4]],
    store: 'timeout=3s',  // the cutter shares a process with the journey
    within: 9,  // not as late as a lease
    link: async (house, redis) => {
      redis.cutter = await start_cutter(house, redis)
      return redis.cutter
    },
    strike: async (stage) => {
      await sleep(1300)  // or else the link takes a cut for a Redis that is down
      await stage.log_everybody_out()
      assert.ok(stage.redis.cutter.cuts() >= 2, `${stage.redis.cutter.cuts()} cuts`)
    },
  },
]
