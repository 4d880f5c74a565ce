// SPDX-License-Identifier: BSD-2-Clause
// Three masters, three replicas, and everything that happens to a cluster, while users log out all the time: who reads "signed out" is.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { in_order, let_go, make_cluster, master_of, move_slots, node_options, nodes_by, start_node, take_in } from './parts/cluster.mjs'
import { send } from './parts/browser_jar.mjs'
import { make_authority } from './parts/certificates.mjs'
import { Crowd, guard, guards_know, longest_gap, losses, store_up } from './parts/crowd.mjs'
import { House, eventually, sleep } from './parts/house.mjs'
import { root } from './parts/manual.mjs'
import { start_name_server } from './parts/name_server.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
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

const takes_over = ({ heir }) => eventually('the replica has taken over', () => master_of(heir.at), { within: 30_000 })

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
    const crowd = new Crowd(stage.nginx, name.replace(/\W+/g, '-'))
    await sleep(700)
    const since = Date.now()
    const mend = await strike(stage)
    await eventually('all of it is served', async () => await store_up(stage.nginx) === '1', { within: 30_000 })
    const whole = Date.now() - since
    await mend()
    await sleep(1000)
    await crowd.leave()
    assert.deepEqual(crowd.wrong, [])
    const lost = await losses(stage, crowd)
    const passed = crowd.passed.filter((sid) => !lost.logouts.includes(sid) && !lost.both.includes(sid))
    table.row(name, crowd.outs.size, crowd.refused, `${longest_gap(crowd, since)} ms`, `${whole} ms`, crowd.wrong.length, passed.length, lost.logins, lost.logouts.length, lost.both.length, lost.untold)
    assert.equal(lost.untold, 0, 'who is logged out is told')
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
  assert.doesNotMatch(stage.nginx.log(), /\[(alert|crit|emerg)\]/)
  console.log(`  ${our_lines(stage.nginx.log()).length} lines of ours`)
})

// Of three masters without replicas one goes: what the others have is served, also what they owe.
test('where one master is away the others serve', { timeout: 120_000 }, async (t) => {
  const house = new House(t), at = await places(3), app = await start_receiver(house, { behave: manners.failing })
  const open = ['--cluster-require-full-coverage', 'no']
  const stage = await set_stage(house, {
    clients: [back_client('app', app.url)], store: 'timeout=1s', locations: guard, provider: 'client_id gateway; delivery first=1s attempts=100;',
    redis_how: { at: at[0], more: [...await node_options(), ...open] }, redis_url: `redis-cluster://${shown(at)}`,
  })
  const nodes = [stage.redis]
  for (const [i, place] of at.slice(1).entries()) nodes.push(await start_node(house, `node-${i + 2}`, place, open))
  await make_cluster(at, 0)
  const { nginx } = stage
  await eventually('the store is there', async () => await store_up(nginx) === '1', { within: 30_000 })
  const names = (word) => Array.from({ length: 40 }, (_, i) => `${word}-${i}`)
  const status_of = async (sid) => (await nginx.register({ client_id: 'app', sid, sub: sid })).status
  for (const sid of names('before')) assert.equal(await status_of(sid), 201)
  await nodes[2].kill()
  await eventually('a part is away', async () => await store_up(nginx) === '0')
  await sleep(3000)  // until its neighbours take it for dead
  const served = [], not_served = []
  for (const sid of names('before')) {
    const { status } = await nginx.ask('DELETE', `sessions/${sid}`)
    assert.ok([200, 503].includes(status), `${sid}: ${status}`)
    if (status === 503) { not_served.push(sid); continue }
    served.push(sid)
    await eventually(`guards refuse ${sid}`, async () => (await send(`${nginx.url}/app/?sid=${sid}`)).status === 401, { within: 1000, every: 5 })
  }
  assert.ok(served.length >= 15 && not_served.length >= 5, `${served.length} served, ${not_served.length} not`)
  app.behave = manners.obeying
  const told = () => new Set(app.requests.filter(({ at: when }) => when > since).map(({ body }) => JSON.parse(Buffer.from(new URLSearchParams(body).get('logout_token').split('.')[1], 'base64url')).sid))
  const since = Date.now()
  await eventually('what the others owe is delivered', () => served.every((sid) => told().has(sid)), { within: 12_000 })  // less than a lease
  await nodes[2].start_again()
  await eventually('all of it is served', async () => await store_up(nginx) === '1', { within: 30_000 })
  for (const sid of not_served) {
    const { status } = await eventually(`${sid} is served`, async () => {
      const answer = await nginx.ask('DELETE', `sessions/${sid}`)
      return answer.status !== 503 && answer
    })
    assert.equal(status, 200)
  }
  await eventually('everybody is told', () => names('before').every((sid) => told().has(sid)))
  console.log(`  of 40 sessions ${served.length} could be ended meanwhile`)
  assert.doesNotMatch(nginx.log(), /\[(alert|crit|emerg)\]/)
})

const manual = readFileSync(`${root}docs/operating.md`, 'utf8')
const user_of_manual = `${/^ *(user slo on >PASSWORD ~slo.*)$/m.exec(manual)[1]} ${/A user of a cluster's nodes needs `([^`]*)` besides/.exec(manual)[1]}`

// A user with the manual's rights, TLS with a client certificate, and names that a name server alone knows.
async function set_secured(t, { rights = (words) => words, certificate = true, other_ca = false } = {}) {
  const house = new House(t), at = await places(3)
  const authority = make_authority(house, 'trusted'), stranger = make_authority(house, 'stranger')
  const { key, cert } = authority.issue('node.example'), own = authority.issue('nginx.example')
  const file = (name, text) => house.write(name, text)
  const tls_ports = (await places(3)).map(({ port }) => port)
  const names = await start_name_server(house)
  const user = rights(user_of_manual).replace('PASSWORD', 'secret-of-nodes')
  const acl = file('users.acl', `user default on nopass ~* &* +@all\n${user}\n`)
  const options = async (i) => [...await node_options(), '--tls-port', String(tls_ports[i]), '--tls-cert-file', file('node.pem', cert), '--tls-key-file', file('node.key', key),
    '--tls-ca-cert-file', authority.ca, '--tls-auth-clients', 'yes', '--tls-cluster', 'yes', '--aclfile', acl,
    '--cluster-announce-hostname', 'node.example', '--cluster-preferred-endpoint-type', 'hostname']
  const app = await start_receiver(house)
  const stage = await set_stage(house, {
    clients: [back_client('app', app.url)], workers: 1, locations: guard, provider: 'client_id gateway;', http: `resolver 127.0.0.1:${names.port} ipv6=off;`,
    redis_how: { at: at[0], more: await options(0) }, redis_url: `rediss-cluster://node.example:${tls_ports[0]}`,
    store: `timeout=2s user=slo password_file=${file('nodes.password', 'secret-of-nodes\n')} ca=${other_ca ? stranger.ca : authority.ca}
      ${certificate ? `certificate=${file('own.pem', own.cert)} key=${file('own.key', own.key)}` : ''}`,
  })
  for (const [i, place] of at.slice(1).entries()) await start_node(house, `node-${i + 2}`, place, await options(i + 1))
  await make_cluster(at, 0)
  return { ...stage, app, at }
}

test('nodes have names, TLS with certificates of both sides, and a user with the rights of the manual', { timeout: 120_000 }, async (t) => {
  const { nginx, app, at } = await set_secured(t)
  await eventually('the store is there', async () => await store_up(nginx) === '1')
  for (const sid of ['s1', 's2', 's3', 's4', 's5', 's6']) {
    assert.equal((await nginx.register({ client_id: 'app', sid, sub: sid })).status, 201)
    assert.equal((await nginx.ask('DELETE', `sessions/${sid}`)).status, 200)
    await eventually(`guards refuse ${sid}`, async () => (await send(`${nginx.url}/app/?sid=${sid}`)).status === 401, { within: 200, every: 5 })
  }
  await eventually('the client is told', () => app.requests.length === 6)
  for (const place of at) assert.equal(await ask(place, 'acl', 'log'), '')
  assert.doesNotMatch(nginx.log(), /NOPERM|\[(alert|crit|emerg)\]/)
})

const refused = {
  'a stranger': [{ other_ca: true }, /cannot be reached: no node tells the cluster's slots; node\.example:\d+: its certificate is not trusted/],
  'without a certificate of its own': [{ certificate: false }, /cannot be reached: no node tells the cluster's slots; node\.example:\d+: /],
  'without CLUSTER SLOTS': [{ rights: (user) => user.replace(' +cluster|slots', '') }, /no node tells the cluster's slots; node\.example:\d+: CLUSTER SLOTS was answered NOPERM/],
}
test('what a cluster refuses is said', { timeout: 120_000 }, async (t) => {
  for (const [name, [how, line]] of Object.entries(refused)) {
    await t.test(name, async (t) => {
      const { nginx } = await set_secured(t, how)
      await eventually('it says why', () => line.test(nginx.log()))
      assert.equal(await store_up(nginx), '0')
      assert.ok(!nginx.log().includes('secret-of-nodes'))
    })
  }
  await t.test('without news, which come by themselves a little later', async (t) => {
    const { nginx } = await set_secured(t, { rights: (user) => user.replace(' +publish', '').replace(' +subscribe', '') })
    await eventually('the store is there', async () => await store_up(nginx) === '1')
    assert.equal((await nginx.register({ client_id: 'app', sid: 's1', sub: 's1' })).status, 201)
    assert.equal((await nginx.ask('DELETE', 'sessions/s1')).status, 200)
    await eventually('guards refuse', async () => (await send(`${nginx.url}/app/?sid=s1`)).status === 401, { within: 1000, every: 5 })
    assert.match(nginx.log(), /tells no news, guards hear of ended sessions a quarter of a second late/)
  })
})
