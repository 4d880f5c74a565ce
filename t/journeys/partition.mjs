// SPDX-License-Identifier: BSD-2-Clause
// Networks that fall apart: a master that nobody reaches, and one that nginx alone reaches; a cluster, and sentinels. Wants root.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { is_master, make_cluster, node_options, nodes_by } from './parts/cluster.mjs'
import { guard, guards_know, live_through, store_up } from './parts/crowd.mjs'
import { House, eventually, sleep } from './parts/house.mjs'
import { can_have_network, make_network } from './parts/network.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { start_redis } from './parts/redis.mjs'
import { ask, in_a_hurry, master_by, replicas_in_step, sentinels_know, shown, start_replica, start_sentinel } from './parts/sentinels.mjs'
import { back_client, set_stage } from './parts/stage.mjs'
import { start_table } from './parts/table.mjs'

const port = 6379, sentinel_port = 26379
const open = ['--protected-mode', 'no']  // where nobody else can come
const own_options = async () => [...await node_options(16379), ...open]
const server_options = ['--repl-diskless-sync-delay', '0', '--min-replicas-to-write', '1', '--min-replicas-max-lag', '2', ...open]
const heads = ['what happens', 'logouts', 'refused (503)', 'not confirmed', 'works again', 'wrong answers', 'guards late', 'logins lost', 'logouts lost', 'both', 'untold']
const unconfirmed = async (nginx) => Number(/^slo_store_unconfirmed_total (\d+)$/m.exec(await nginx.metrics())[1])
const at_of = ({ host }) => ({ host, port })

async function set_network(t, { hosts: count, options, url, store }) {
  const house = new House(t)
  const hosts = make_network(house, count)
  const app = await start_receiver(house)
  const stage = await set_stage(house, {
    clients: [back_client('app', app.url)], store: `timeout=2s ${store}`, locations: guard, provider: 'client_id gateway;',
    redis_how: { at: at_of(hosts[0]), more: options, within: hosts[0].within }, redis_url: url(hosts),
  })
  return { ...stage, app, hosts }
}

const is_there = (stage) => eventually('the store is there', async () => await store_up(stage.nginx) === '1', { within: 30_000 })
const logouts_work = (crowd) => eventually('logouts work', () => [...crowd.outs.values()].some(({ at }) => at > Date.now() - 100), { within: 30_000 })

async function set_cluster(t, store) {
  const stage = await set_network(t, { hosts: 6, store, options: await own_options(), url: (hosts) => `redis-cluster://${shown(hosts.map(at_of))}` })
  for (const [i, host] of stage.hosts.slice(1).entries())
    await start_redis(stage.house, { name: `node-${i + 2}`, at: at_of(host), more: await own_options(), within: host.within })
  await make_cluster(stage.hosts.map(at_of), 1)
  await is_there(stage)
  return stage
}

// Who has never been in step with its master does not stand for election.
const is_in_step = async (at) => /master_link_status:up/.test(await ask(at, 'info', 'replication'))

// A master that has a replica in step, and those two as hosts.
async function pair_of(stage) {
  return eventually('each master has a replica', async () => {
    const seen = await nodes_by(at_of(stage.hosts[0]))
    const master = seen.find((node) => node.is_master && node.slots > 0 && seen.some((other) => other.of === node.id && other.is_alive))
    const host_of = ({ at }) => stage.hosts.find(({ host }) => host === at.host)
    const heir = master && seen.find((other) => other.of === master.id)
    return heir && seen.every(({ is_alive }) => is_alive) && await is_in_step(heir.at) && { master: host_of(master), heir: host_of(heir) }
  }, { within: 30_000 })
}

async function set_sentinels(t) {
  const stage = await set_network(t, {
    hosts: 3, options: server_options, store: '',
    url: (hosts) => `redis-sentinel://${shown(hosts.map(({ host }) => ({ host, port: sentinel_port })))}/main`,
  })
  const [first, ...others] = stage.hosts
  const servers = [{ ...stage.redis, at: at_of(first) }]
  for (const [i, host] of others.entries()) {
    servers.push({ ...await start_replica(stage.house, `server-${i + 2}`, at_of(host), at_of(first), server_options, host.within), at: at_of(host) })
  }
  const sentinels = []
  for (const [i, { host, within }] of stage.hosts.entries())
    sentinels.push(await start_sentinel(stage.house, `sentinel-${i + 1}`, { host, port: sentinel_port }, { watches: at_of(first), within }))
  for (const sentinel of sentinels) await in_a_hurry(sentinel), await sentinels_know(sentinel, { others: 2, replicas: 2 })
  await is_there(stage)
  return { ...stage, servers, sentinels }
}

async function go_through(t, stage, table, name, strike, { may_lose = true, is_over = logouts_work } = {}) {
  await t.test(name, { timeout: 120_000 }, async () => {
    const before = await unconfirmed(stage.nginx)
    const { crowd, since, lost, passed, gap } = await live_through(stage, name, strike, is_over)
    const not = await unconfirmed(stage.nginx) - before
    table.row(name, crowd.outs.size, crowd.refused, not, `${gap} ms`, crowd.wrong.length, passed.length, lost.logins, lost.logouts.length, lost.both.length, lost.untold)
    assert.deepEqual(passed.filter((sid) => crowd.outs.get(sid).at > since + 5000), [], 'guards know again')
    if (!may_lose) assert.ok(lost.logouts.length + lost.both.length <= not, 'what was confirmed is not lost')
    await guards_know(stage, crowd, new Set([...lost.logouts, ...lost.both]))
  })
}

// Alone: its packets go nowhere, and no connection ends.
async function cut_off_master(stage) {
  const { master, heir } = await pair_of(stage)
  master.cut_off()
  await eventually('its replica has taken over', () => is_master(at_of(heir)), { within: 30_000 })
  return () => master.come_back()
}

// With nginx, from all the others: it serves until it notices; then nobody does on this side.
async function split_from_majority(stage, { for_ms }) {
  const { master } = await pair_of(stage)
  const others = stage.hosts.filter((host) => host !== master)
  for (const host of others) host.be_elsewhere()
  await sleep(for_ms)
  for (const host of others) host.come_back()
  return () => pair_of(stage)
}

const skip = can_have_network() ? false : 'no network namespaces here'
const whole = (stage) => () => is_there(stage)

test('a cluster falls apart', { timeout: 300_000, skip }, async (t) => {
  const table = start_table(t, heads)
  const stage = await set_cluster(t, '')
  await go_through(t, stage, table, 'nobody reaches a master', () => cut_off_master(stage), { is_over: whole(stage) })
  await pair_of(stage)
  await go_through(t, stage, table, 'nginx reaches one master alone, for 8 s', () => split_from_majority(stage, { for_ms: 8000 }), { is_over: whole(stage) })
  assert.doesNotMatch(stage.nginx.log(), /\[(alert|crit|emerg)\]|was emptied or replaced/)
})

test('of a cluster that falls apart nothing is lost that was confirmed', { timeout: 300_000, skip }, async (t) => {
  const table = start_table(t, heads)
  const stage = await set_cluster(t, 'wait=1,300ms')
  for (const [name, strike] of [['nobody reaches a master (wait=)', cut_off_master], ['nginx reaches one master alone (wait=)', split_from_majority]]) {
    await pair_of(stage)
    await go_through(t, stage, table, name, () => strike(stage, { for_ms: 8000 }), { may_lose: false, is_over: whole(stage) })
  }
})

test('sentinels and servers fall apart', { timeout: 300_000, skip }, async (t) => {
  const table = start_table(t, heads)
  const stage = await set_sentinels(t)
  const master_now = (sentinels, but) => eventually('there is a master', async () => {
    for (const sentinel of sentinels) {
      const found = await master_by(sentinel, stage.servers).catch(() => undefined)
      if (found && found !== but) return found
    }
  }, { within: 30_000 })
  const in_step = () => master_now(stage.sentinels).then((master) => replicas_in_step(master, 2))
  const host_of = ({ at }) => stage.hosts.find(({ host }) => host === at.host)
  const others_of = (host) => stage.hosts.filter((other) => other !== host)
  await in_step()
  await go_through(t, stage, table, 'nobody reaches the master, nor its sentinel', async () => {
    const master = await master_now(stage.sentinels), host = host_of(master)
    host.cut_off()
    await master_now(stage.sentinels.filter((sentinel) => sentinel.at.host !== host.host), master)
    return () => host.come_back()
  })
  await in_step()
  await go_through(t, stage, table, 'nginx reaches the master alone, for 8 s, min-replicas-to-write', async () => {
    const master = await master_now(stage.sentinels), others = others_of(host_of(master))
    for (const host of others) host.be_elsewhere()
    await sleep(8000)
    assert.match(await ask(master.at, 'set', 'x', 'y').catch((error) => String(error)), /NOREPLICAS/)
    for (const host of others) host.come_back()
    await master_now(stage.sentinels, master)
    return in_step
  })
  assert.doesNotMatch(stage.nginx.log(), /\[(alert|crit|emerg)\]|was emptied or replaced/)
})
