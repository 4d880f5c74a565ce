// SPDX-License-Identifier: BSD-2-Clause
// Each role is a module of its own, on what base shares: base begins first, and answers who waits while the roles still live.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, eventually, sleep } from './parts/house.mjs'
import { set_stage } from './parts/stage.mjs'

const whole_life = [
  'base: store and dispatcher begin',
  'op: jobs begin, with a store',
  'base: store and dispatcher have quit',
  'op: jobs end, the store has quit',
]

const locations = 'location = /app { slo_session main client=app sid=$arg_sid sub=ann; return 200 "seen"; }'

const settle = (t) => set_stage(new House(t), {
  clients: [{ client_id: 'app', client_secret: 'a secret of more than thirty-two bytes' }], workers: 2, store: 'timeout=30s',
  main: 'error_log debug.log debug_core;', locations,
})

// What the roles of each worker said of themselves: by pid, in order.
function lives_in(log) {
  const lives = {}
  for (const [, pid, said] of log.matchAll(/ \[debug\] (\d+)#\d+: slo ((?:base|op): .*)/g)) (lives[pid] ??= []).push(said)
  return lives
}

const bad = /\[(alert|emerg|crit)\](?!.* setrlimit)|unexpected|exited on signal/
const bad_lines = (nginx) => nginx.log().split('\n').filter((line) => bad.test(line))

const endings = [
  { what: 'quit', end: async ({ nginx }) => nginx.child.kill('SIGQUIT') },
  { what: 'stop', end: async ({ nginx }) => nginx.child.kill('SIGTERM') },
  { what: 'reload and quit', workers: 4,
    end: async ({ nginx }) => {
      const before = nginx.workers()
      nginx.child.kill('SIGHUP')
      await eventually('the old workers are gone', () => nginx.workers().length === 2 &&
        !nginx.workers().some((pid) => before.includes(pid)))
      nginx.child.kill('SIGQUIT')
    } },
]
for (const { what, end, workers = 2 } of endings) {
  test(`${what}: base begins before the roles, and quits before they end`, { timeout: 30_000 }, async (t) => {
    const stage = await settle(t)
    await end(stage)
    assert.equal(await stage.nginx.child.gone, 0)
    const lives = lives_in(stage.house.read('nginx/debug.log'))
    assert.deepEqual(Object.values(lives), Array(workers).fill(whole_life))
    assert.deepEqual(bad_lines(stage.nginx), [])
  })
}

test('stop while the store is silent: what a role asked is answered to the role', { timeout: 30_000 }, async (t) => {
  const { nginx, redis } = await settle(t)
  const sees = async (sid) => assert.equal((await send(`${nginx.url}/app?sid=${sid}`)).status, 200)
  await sees('known')
  await eventually('known is registered', async () => (await nginx.session('known')).status === 200)
  redis.freeze()
  await sees('new')  // and a repeat, which is looked at after a second
  await sees('known')
  await sleep(1500)
  nginx.child.kill('SIGTERM')
  assert.equal(await nginx.child.gone, 0)
  redis.thaw()
  const said = nginx.log().split('\n').filter((line) => line.includes('the worker exits'))
  assert.deepEqual(said.map((line) => line.replace(/.*#\d+: /, '')),
                   ['slo: the store cannot be reached: the worker exits, provider "main"'])
  assert.deepEqual(bad_lines(nginx), [])
})
