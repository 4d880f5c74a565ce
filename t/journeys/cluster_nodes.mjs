// SPDX-License-Identifier: BSD-2-Clause
// A cluster of three masters: one goes and the others serve; names, TLS and the rights of the manual; what is refused is said.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { make_authority } from './parts/certificates.mjs'
import { make_cluster, move_slots, node_options, nodes_by, start_node } from './parts/cluster.mjs'
import { guard, store_up } from './parts/crowd.mjs'
import { House, eventually, sleep } from './parts/house.mjs'
import { root } from './parts/manual.mjs'
import { start_name_server } from './parts/name_server.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { ask, places, shown } from './parts/sentinels.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

// Which of them has the schema. MOVED: another one.
async function with_meta_of(nodes) {
  const said = await Promise.all(nodes.map((node) => node.ask('exists', 'slo{meta}:cfg').catch(() => '')))
  return said.indexOf('1')
}

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
  for (const sid of names('before')) await eventually(`${sid} is registered`, async () => await status_of(sid) === 201)  // each worker meets the nodes by itself
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
  const page = (await send('http://localhost/api/', { socketPath: `${nginx.dir}/admin.sock` })).body
  assert.match(page, /a part of it is away, the others answer/)
  assert.doesNotMatch(page, /cannot be shown/)
  assert.match(nginx.log(), /\[error\][^\n]*is not served as a whole: what lies at some of its nodes is away/)
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
  await eventually('the log says that it is over', () => /is served as a whole again/.test(nginx.log()))
  console.log(`  of 40 sessions ${served.length} could be ended meanwhile`)
  assert.doesNotMatch(nginx.log(), /\[(alert|crit|emerg)\]/)
})

// The node that has the schema goes: workers that begin then know from those before them that the store is theirs.
test('where the node with {meta} is away a reload goes on with the others', { timeout: 120_000 }, async (t) => {
  const house = new House(t), at = await places(3), open = ['--cluster-require-full-coverage', 'no']
  const { nginx, redis } = await set_stage(house, { clients: [back_client('app', 'http://127.0.0.1:9')], store: 'timeout=1s',
    redis_how: { at: at[0], more: [...await node_options(), ...open] }, redis_url: `redis-cluster://${shown(at)}` })
  const nodes = [redis]
  for (const [i, place] of at.slice(1).entries()) nodes.push(await start_node(house, `node-${i + 2}`, place, open))
  await make_cluster(at, 0)
  await eventually('the store is there', async () => await store_up(nginx) === '1', { within: 30_000 })
  const with_meta = await with_meta_of(nodes)
  const others = [0, 1, 2].filter((i) => i !== with_meta)
  const served_of_30 = async (word) => {
    const all = await Promise.all(Array.from({ length: 30 }, (_, i) => nginx.register({ client_id: 'app', sid: `${word}-${i}`, sub: 'ann' })))
    const statuses = all.map(({ status }) => status)
    assert.deepEqual(statuses.filter((status) => ![200, 201, 503].includes(status)), [])  // 200: registered by a try before
    return statuses.filter((status) => status !== 503).length
  }
  const serves_in_part = (word) => eventually(`${word}: the others serve`, async () => await served_of_30(word) > 5, { within: 10_000, every: 500 })
  await nodes[with_meta].kill()
  await sleep(3000)  // until its neighbours take it for dead
  await serves_in_part('before')
  const old = nginx.workers()
  nginx.child.kill('SIGHUP')
  await eventually('the workers are others', () => nginx.workers().length === 2 && nginx.workers().every((pid) => !old.includes(pid)), { within: 20_000 })
  await serves_in_part('after a reload')
  for (const i of others) await nodes[i].kill()
  await eventually('nobody serves', async () => await served_of_30('nobody') === 0, { within: 10_000 })
  for (const i of others) await nodes[i].start_again()
  await serves_in_part('after an outage of all')
  assert.equal(await store_up(nginx), '0')
  await nodes[with_meta].start_again()
  await eventually('all of it is served', async () => await store_up(nginx) === '1' && await served_of_30('all') === 30, { within: 30_000 })
  assert.doesNotMatch(nginx.log(), /was emptied or replaced|\[(alert|crit|emerg)\]/)
})

// The ids by which an emptied node is noticed, overwritten by somebody else: 60 MB are more than a timeout brings.
test('what is no id of ours is replaced, and told once for each server', { timeout: 120_000 }, async (t) => {
  const house = new House(t), at = await places(3), app = await start_receiver(house)
  const { nginx, redis } = await set_stage(house, {
    clients: [back_client('app', app.url)], store: 'timeout=500ms', redis_how: { at: at[0], more: await node_options() }, redis_url: `redis-cluster://${shown(at)}`,
  })
  const nodes = [redis]
  for (const [i, place] of at.slice(1).entries()) nodes.push(await start_node(house, `node-${i + 2}`, place))
  await make_cluster(at, 0)
  const ids_of = async (node) => (await node.ask('keys', 'slo{*}:id')).split('\n').filter(Boolean)
  await eventually('all partitions have ids', async () => (await Promise.all(nodes.map(ids_of))).flat().length === 64, { within: 30_000 })
  await sleep(11_000)  // somebody has looked
  const keys = await Promise.all(nodes.map(ids_of))
  await nodes[0].ask('setrange', keys[0][0], '60000000', 'stranger')
  await nodes[1].ask('set', keys[1][0], '')
  await nodes[2].ask('eval', "redis.call('DEL', KEYS[1]) return redis.call('HSET', KEYS[1], 'a', 'stranger')", '1', keys[2][0])
  const written = nginx.log().length  // what 60 MB cost whoever wrote them does not count
  const lines = () => [...nginx.log().matchAll(/\[error\][^\n]*its server ([\d.:]+) had what is no id of ours, and was replaced, at (\S+): /g)].map(([, server, key]) => `${server} ${key}`).sort()
  const expected = at.map((place, i) => `${shown([place])} ${keys[i][0]}`).sort()
  await eventually('all three are told', () => lines().length === 3, { within: 25_000 })
  for (const [i, node] of nodes.entries()) assert.match(await node.ask('get', keys[i][0]), /^[\w-]{22}!$/)
  await sleep(11_000)  // somebody has looked again
  assert.deepEqual([lines(), /^slo_store_emptied_total (\d+)$/m.exec(await nginx.metrics())[1]], [expected, '3'])
  assert.doesNotMatch(nginx.log().slice(written), /stranger|was emptied or replaced|no answer within|\[(alert|crit|emerg)\]/)
})

// Emptied by hand, and come back without its file: one line of the host and one count each, and new logins work.
test('a node that has forgotten what it was told is named', { timeout: 120_000 }, async (t) => {
  const house = new House(t), at = await places(3), app = await start_receiver(house)
  const { nginx, redis } = await set_stage(house, {
    clients: [back_client('app', app.url)], store: 'timeout=1s', redis_how: { at: at[0], more: await node_options() }, redis_url: `redis-cluster://${shown(at)}`,
  })
  const nodes = [redis]
  for (const [i, place] of at.slice(1).entries()) nodes.push(await start_node(house, `node-${i + 2}`, place))
  await make_cluster(at, 0)
  await eventually('the store is there', async () => await store_up(nginx) === '1', { within: 30_000 })
  const with_meta = await with_meta_of(nodes)
  const others = [0, 1, 2].filter((i) => i !== with_meta)
  for (const i of others) await eventually('its partitions have ids', async () => /:id/.test(await nodes[i].ask('keys', 'slo{*}:id')))
  const lines = () => [...nginx.log().matchAll(/\[error\][^\n]*its server ([\d.:]+) was emptied or replaced: sessions registered there before are unknown/g)].map(([, server]) => server)
  const counted = async () => Number(/^slo_store_emptied_total (\d+)$/m.exec(await nginx.metrics())[1])
  await sleep(11_000)  // somebody has looked
  assert.deepEqual([lines(), await counted()], [[], 0])
  const [first, second] = others
  await nodes[first].ask('flushall')
  await eventually('it is named', () => lines().length === 1, { within: 12_000 })
  assert.deepEqual([lines(), await counted()], [[shown([at[first]])], 1])
  await nodes[second].kill()
  await nodes[second].start_without_its_files()
  await eventually('the other one is named', () => lines().length === 2, { within: 25_000 })
  assert.deepEqual([lines(), await counted()], [[shown([at[first]]), shown([at[second]])], 2])
  for (let n = 0; n < 12; ++n) {
    await eventually('logins work', async () => (await nginx.register({ client_id: 'app', sid: `new-${n}`, sub: 'ann' })).status === 201)
    assert.equal((await nginx.ask('DELETE', `sessions/new-${n}`)).status, 200)
  }
  await eventually('who logs in now is told', () => app.requests.length === 12)
  await nodes[with_meta].ask('flushall')
  await eventually('the store counts as another one', async () => await counted() === 3, { within: 5000 })
  assert.match(nginx.log(), /\[error\][^\n]*: store "[^"]*" was emptied or replaced, or its node with \{meta\} alone: sessions registered there before are unknown/)
  await sleep(11_000)
  assert.deepEqual([lines().length, await counted()], [2, 3], 'no second line')
  assert.doesNotMatch(nginx.log(), /\[(alert|crit|emerg)\]/)
})

// Who waits for news has a connection for each partition, to the node that has it: none stays at one that had it before.
test('connections go along with the slots that move', { timeout: 180_000 }, async (t) => {
  const house = new House(t), at = await places(3), app = await start_receiver(house)
  const { nginx } = await set_stage(house, {
    clients: [back_client('app', app.url)], store: 'timeout=1s', locations: guard, provider: 'client_id gateway;',
    redis_how: { at: at[0], more: await node_options() }, redis_url: `redis-cluster://${shown(at)}`,
  })
  for (const [i, place] of at.slice(1).entries()) await start_node(house, `node-${i + 2}`, place)
  await make_cluster(at, 0)
  const clients = async () => (await Promise.all(at.map((place) => ask(place, 'client', 'list', 'type', 'normal')))).flatMap((list) => list.split('\n'))
  const waiting = async () => (await clients()).filter((client) => / cmd=xread /.test(client)).length
  const log_out = async (word) => {
    for (let n = 0; n < 24; ++n) {
      const sid = `${word}-${n}`
      assert.equal((await nginx.register({ client_id: 'app', sid, sub: sid })).status, 201)
      assert.equal((await nginx.ask('DELETE', `sessions/${sid}`)).status, 200)
      await eventually(`guards refuse ${sid}`, async () => (await send(`${nginx.url}/app/?sid=${sid}`)).status === 401, { within: 1000, every: 5 })
    }
  }
  await eventually('somebody waits in each partition', async () => await waiting() === 64, { within: 30_000 })
  await log_out('before')
  let before = Infinity
  for (let n = 0; n < 10; ++n) before = Math.min(before, (await clients()).length), await sleep(100)  // who asks for the map comes and goes
  const ids = (await nodes_by(at[0])).sort((a, b) => a.at.port - b.at.port).map(({ id }) => id)
  for (const [from, to] of [[0, 1], [1, 2]]) await move_slots(at[0], ids[from], ids[to], 1000)
  await log_out('after')
  let last
  await eventually('there are as many connections as before', async () => (last = (await clients()).length) === before, { within: 20_000 })
    .catch(({ message }) => assert.fail(`${message}: ${before}, then ${last}`))
  assert.equal(await waiting(), 64)
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
  assert.doesNotMatch(nginx.log(), /NOPERM/)
  // Its nodes may not be asked for the map any more: it is served by the last one.
  for (const place of at) await ask(place, 'acl', 'setuser', 'slo', '-cluster|slots')
  await eventually('that is said', () => /is used by the last map of its slots: [^\n]*CLUSTER SLOTS was answered NOPERM/.test(nginx.log()))
  for (let i = 0; i < 20; ++i) assert.equal((await nginx.register({ client_id: 'app', sid: `blind-${i}`, sub: 'ann' })).status, 201)
  assert.equal(await store_up(nginx), '1')
  assert.doesNotMatch(nginx.log(), /\[(alert|crit|emerg)\]/)
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
})
