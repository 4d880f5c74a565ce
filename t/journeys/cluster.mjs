// SPDX-License-Identifier: BSD-2-Clause
// Three masters, three replicas, and everything that happens to a cluster, while users log out all the time: who reads "signed out" is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { in_order, is_master, let_go, make_cluster, move_slots, node_options, nodes_by, start_node, take_in } from './parts/cluster.mjs'
import { guard, guards_know, live_through, store_up } from './parts/crowd.mjs'
import { House, eventually, sleep } from './parts/house.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { ask, places, shown } from './parts/sentinels.mjs'
import { back_client, set_stage } from './parts/stage.mjs'
import { our_lines, start_table } from './parts/table.mjs'

const node_at = (stage, at) => stage.nodes.find((node) => node.at.port === at.port)

// A master, a replica of it, and a node that is neither.
async function cast_of(stage) {
  const [witness] = stage.nodes.filter((node) => node.at.port === stage.home.port)
  const seen = await nodes_by(witness.at)
  const victim = seen.find((node) => node.is_master && node.slots > 0 && node.at.port !== stage.home.port &&
    seen.some((other) => other.of === node.id && other.is_alive))
  return { victim: { ...victim, ...node_at(stage, victim.at) }, witness,
           heir: node_at(stage, seen.find((other) => other.of === victim.id).at) }
}

const takes_over = ({ heir }) => eventually('the replica has taken over', () => is_master(heir.at), { within: 30_000 })

const ways = {
  'a master is killed (-9)': async (stage) => {
    const cast = await cast_of(stage)
    await cast.victim.kill()
    await takes_over(cast)
    return async () => { await cast.victim.start_again() }
  },
  'a master is frozen for 6 s': async (stage) => {
    const cast = await cast_of(stage)
    cast.victim.freeze()
    const over = sleep(6000).then(() => cast.victim.thaw())
    await takes_over(cast)
    return () => over
  },
  'CLUSTER FAILOVER': async (stage) => {
    const cast = await cast_of(stage)
    await ask(cast.heir.at, 'cluster', 'failover')
    await takes_over(cast)
    return async () => {}
  },
  '1 500 slots move': async (stage) => {
    const masters = (await nodes_by(stage.home)).filter((node) => node.is_master && node.slots > 0)
    await move_slots(stage.home, masters[0].id, masters[1].id, 1000)
    await move_slots(stage.home, masters[1].id, masters[2].id, 500)
    return async () => {}
  },
  'a node is added': async (stage) => {
    const fresh = await start_node(stage.house, 'seventh', stage.spare)
    stage.nodes.push(fresh)
    await take_in(stage.home, fresh.at)
    await eventually('all know it', async () => (await Promise.all(stage.nodes.map(({ at }) => nodes_by(at))))
      .every((seen) => seen.length === stage.nodes.length), { within: 30_000 })
    const seen = await nodes_by(stage.home)
    const giver = seen.find((node) => node.is_master && node.slots > 0)
    await move_slots(stage.home, giver.id, seen.find((node) => node.at.port === fresh.at.port).id, 1000)
    return async () => {}
  },
  'a node is removed': async (stage) => {
    const seen = await nodes_by(stage.home)
    const leaver = seen.find((node) => node.at.port === stage.spare.port)
    const other = seen.find((node) => node.is_master && node.id !== leaver.id && node.slots > 0)
    await move_slots(stage.home, leaver.id, other.id, 1000)  // all that it has
    await let_go(stage.home, leaver.id)
    await node_at(stage, leaver.at).stop()
    return async () => {}
  },
}

// nginx first, its nodes as a cluster last; nginx is told of a node that does not exist, and of two of the six.
async function set_cluster(t) {
  const house = new House(t)
  const at = await places(6), [spare, nobody] = await places(2)
  const app = await start_receiver(house)
  const stage = await set_stage(house, {
    clients: [back_client('app', app.url)], store: 'timeout=2s', locations: guard, provider: 'client_id gateway;',
    redis_how: { at: at[0], more: await node_options() }, redis_url: `redis-cluster://${shown([nobody, at[0], at[4]])}`,
  })
  const nodes = [{ ...stage.redis, at: at[0] }]
  for (const [i, place] of at.slice(1).entries()) nodes.push(await start_node(house, `node-${i + 2}`, place))
  await sleep(300)
  assert.equal(await store_up(stage.nginx), '0')
  assert.equal((await stage.nginx.register({ client_id: 'app', sid: 'early', sub: 'early' })).status, 503)
  const began = Date.now()
  await make_cluster(at, 1)
  await eventually('the store is there', async () => await store_up(stage.nginx) === '1', { within: 30_000 })
  return { ...stage, app, nodes, spare, home: at[0], took: Date.now() - began }
}

async function go_through(t, stage, table, name, strike) {
  await t.test(name, { timeout: 180_000 }, async () => {
    for (const { at } of stage.nodes) await in_order(at).catch(() => {})
    const is_whole = () => eventually('all of it is served', async () => await store_up(stage.nginx) === '1', { within: 30_000 })
    const { crowd, since, whole, lost, passed, gap } = await live_through(stage, name, () => strike(stage), is_whole)
    table.row(name, crowd.outs.size, crowd.refused, `${gap} ms`, `${whole} ms`, crowd.wrong.length, passed.length, lost.logins, lost.logouts.length, lost.both.length, lost.untold)
    // What a master had answered last, and no guard had read, is known when its replica has taken over.
    const is_sudden = /killed|frozen/.test(name)
    assert.deepEqual(passed.filter((sid) => !is_sudden || Math.abs(crowd.outs.get(sid).at - since) > 500), [], 'guards know within a second')
    if (!is_sudden) assert.deepEqual([lost.logins, lost.logouts, lost.both], [0, [], []])
    await guards_know(stage, crowd, new Set([...lost.logouts, ...lost.both]))
  })
}

test('a cluster is one store, whatever happens to its nodes', { timeout: 600_000 }, async (t) => {
  const table = start_table(t, ['what happens', 'logouts', 'refused (503)', 'works again', 'all of it', 'wrong answers', 'guards late', 'logins lost', 'logouts lost', 'both', 'untold'])
  const stage = await set_cluster(t)
  table.row('it is made', '', '', `${stage.took} ms`, '', '', '', '', '', '', '')
  for (const [name, strike] of Object.entries(ways)) await go_through(t, stage, table, name, strike)
  assert.doesNotMatch(stage.nginx.log(), /\[(alert|crit|emerg)\]|was emptied or replaced/)
  console.log(`  ${our_lines(stage.nginx.log()).length} lines of ours`)
})
