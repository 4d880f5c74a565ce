// SPDX-License-Identifier: BSD-2-Clause
// Reload, a short shutdown, another binary, quit: with each form of the store, while users log out all the time, nothing is lost and nobody is refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { make_cluster, node_options, start_node } from './parts/cluster.mjs'
import { Crowd, guard, guards_know, losses, store_up } from './parts/crowd.mjs'
import { make_daemon } from './parts/daemon.mjs'
import { House, eventually, sleep } from './parts/house.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { places, shown, start_replica, start_sentinel } from './parts/sentinels.mjs'
import { back_client, set_stage } from './parts/stage.mjs'
import { start_table } from './parts/table.mjs'

// What slo_store is told, what the first server is started with, and what else has to be started.
const forms = {
  'one node': async () => ({ begin: async () => {} }),
  'Sentinel': async (house) => {
    const [at, second, place] = await places(3)
    return { redis_url: `redis-sentinel://${shown([place])}/main`, redis_how: { at }, begin: async () => {
      await start_replica(house, 'second', second, at)
      await start_sentinel(house, 'sentinel', place, { watches: at, quorum: 1 })
    } }
  },
  'Sentinel, wait=1,200ms': async (house) => ({ ...await forms.Sentinel(house), store: 'wait=1,200ms' }),
  'Cluster': async (house) => {
    const at = await places(3)
    return { redis_url: `redis-cluster://${shown(at.slice(0, 2))}`, redis_how: { at: at[0], more: await node_options() }, begin: async () => {
      for (const [i, place] of at.slice(1).entries()) await start_node(house, `node-${i + 2}`, place)
      await make_cluster(at, 0)
    } }
  },
}

const again = async (daemon, signal) => {
  for (let i = 0; i < 3; ++i) process.kill(daemon.pid(), signal), await sleep(500)
}
const ways = {
  'reload, three times': (daemon) => again(daemon, 'SIGHUP'),
  'logs reopened': (daemon) => again(daemon, 'SIGUSR1'),
  'another binary': (daemon) => daemon.upgrade(),
}

for (const [form, prepare] of Object.entries(forms)) {
  test(`${form}: nothing is lost, and nobody is refused`, { timeout: 120_000 }, async (t) => {
    const table = start_table(t, ['with ' + form, 'logouts', 'refused (503)', 'wrong answers', 'guards late', 'lost', 'untold'])
    const house = new House(t), app = await start_receiver(house)
    const { begin, store = '', ...how } = await prepare(house)
    const stage = { app, ...await set_stage(house, { clients: [back_client('app', app.url)], store: `timeout=3s ${store}`, locations: guard,
                                                   provider: 'client_id gateway; fail closed;', main: 'worker_shutdown_timeout 2s;', ...how }) }
    await begin()
    const daemon = await make_daemon(house, stage.nginx)
    await eventually('the store is there', async () => await store_up(stage.nginx) === '1', { within: 30_000 })
    await sleep(300)
    for (const [name, strike] of Object.entries(ways)) {
      const crowd = new Crowd(stage.nginx, `${form}-${name}`.replace(/\W+/g, '-'))
      await sleep(300)
      await strike(daemon)
      await sleep(500)
      await crowd.leave()
      const lost = await losses(stage, crowd), all = [...lost.logouts, ...lost.both]
      table.row(name, crowd.outs.size, crowd.refused, crowd.wrong.length, crowd.passed.length, lost.logins + all.length, lost.untold)
      assert.deepEqual([crowd.wrong, crowd.passed, crowd.refused, lost.logins, all, lost.untold], [[], [], 0, 0, [], 0], name)
      await guards_know(stage, crowd, new Set())
    }
    process.kill(daemon.pid(), 'SIGQUIT')
    await eventually('it has gone', () => stage.nginx.log().trimEnd().endsWith('exit'))
    assert.doesNotMatch(stage.nginx.log(), /\[(alert|crit|emerg)\]|open socket/)
  })
}
