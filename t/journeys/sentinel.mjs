// SPDX-License-Identifier: BSD-2-Clause
// Three servers, three sentinels, and masters that go in every way, while users log out all the time: who reads "signed out" is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { make_authority } from './parts/certificates.mjs'
import { Crowd, guard, guards_know, longest_gap, losses, store_up } from './parts/crowd.mjs'
import { House, eventually, sleep } from './parts/house.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { ask, in_a_hurry, master_by, places, replicas_in_step, sentinels_know, shown, start_replica, start_sentinel } from './parts/sentinels.mjs'
import { back_client, set_stage } from './parts/stage.mjs'
import { our_lines, start_table } from './parts/table.mjs'

const wait = process.env.SLO_WAIT  // such as 2,500ms; there are two replicas
const unconfirmed = async (nginx) => Number(/^slo_store_unconfirmed_total (\d+)$/m.exec(await nginx.metrics())[1])

const ways = {
  'the master is killed (-9)': async ({ server }) => {
    await server.kill()
    return async () => { await server.start_again() }
  },
  'the master is frozen for 5 s': async ({ server }) => {
    server.freeze()
    const over = sleep(5000).then(() => server.thaw())
    return () => over
  },
  // It refuses as long as it has not seen a replica that is fit.
  'SENTINEL FAILOVER': async ({ sentinel, server, servers }) => {
    await eventually('it fails over', async () => {
      await ask(sentinel.at, 'sentinel', 'failover', 'main')
      return await master_by(sentinel, servers) !== server
    }, { within: 30_000, every: 1000 })
    return async () => {}
  },
  'SENTINEL FAILOVER behind CLIENT PAUSE': async (stage) => {
    await ask(stage.server.at, 'client', 'pause', '10000', 'write')
    return ways['SENTINEL FAILOVER'](stage)
  },
}

// nginx first, the sentinels last; nginx is told of a sentinel that does not exist, and of one of the three.
async function set_sentinels(t, table) {
  const house = new House(t)
  const [at, second, third, s1, s2, s3, nobody] = await places(7)
  const app = await start_receiver(house)
  const stage = await set_stage(house, {
    clients: [back_client('app', app.url)], store: `timeout=2s ${wait ? `wait=${wait}` : ''}`, locations: guard, provider: 'client_id gateway;',
    redis_how: { at, more: ['--repl-diskless-sync-delay', '0'] }, redis_url: `redis-sentinel://${shown([nobody, s1])}/main`,
  })
  await eventually('the store counts as away', async () => await store_up(stage.nginx) === '0')
  assert.equal((await stage.nginx.register({ client_id: 'app', sid: 'early', sub: 'early' })).status, 503)
  const servers = [{ ...stage.redis, at }]
  servers.push({ ...await start_replica(house, 'second', second, at), at: second })
  servers.push({ ...await start_replica(house, 'third', third, at), at: third })
  const sentinels = []
  const began = Date.now()
  for (const [i, place] of [s1, s2, s3].entries()) sentinels.push(await start_sentinel(house, `sentinel-${i + 1}`, place, { watches: at }))
  await eventually('the store is there', async () => await store_up(stage.nginx) === '1')
  table.row('the sentinels start last', '', '', '', `${Date.now() - began} ms`, '', '', '', '', '')
  for (const sentinel of sentinels) await in_a_hurry(sentinel), await sentinels_know(sentinel, { others: 2, replicas: 2 })
  await eventually('every worker sees it', stage.nginx.every_worker_sees_the_store)
  return { ...stage, app, servers, sentinels }
}

async function fail_over(t, stage, table, name, strike, sentinel = stage.sentinels[0]) {
  await t.test(name, { timeout: 120_000 }, async () => {
    const server = await eventually('there is a master', () => master_by(sentinel, stage.servers))
    await replicas_in_step(server, 2)
    const not_before = await unconfirmed(stage.nginx)
    const crowd = new Crowd(stage.nginx, name.replace(/\W+/g, '-'))
    await sleep(700)
    const since = Date.now()
    const mend = await strike({ server, sentinel, servers: stage.servers })
    const next = await eventually('another one is the master', async () => {
      const master = await master_by(sentinel, stage.servers)
      return master !== server && master
    }, { within: 30_000 })
    await eventually('logouts work', () => [...crowd.outs.values()].some(({ at }) => at > Date.now() - 100))
    await mend()
    await sleep(500)
    await crowd.leave()
    assert.deepEqual(crowd.wrong, [])
    const lost = await losses(stage, crowd)
    const not = await unconfirmed(stage.nginx) - not_before
    table.row(name, crowd.outs.size, not, crowd.refused, `${longest_gap(crowd, since)} ms`, crowd.wrong.length, lost.logins, lost.logouts.length, lost.both.length, lost.untold)
    assert.equal(lost.untold, 0, 'who is logged out is told')
    if (wait?.startsWith('2')) assert.ok(lost.logouts.length + lost.both.length <= not, 'what both replicas have confirmed is not lost')
    if (name.includes('PAUSE')) assert.deepEqual([lost.logins, lost.logouts, lost.both], [0, [], []])
    await guards_know(stage, crowd, new Set([...lost.logouts, ...lost.both]))
    await eventually('the old one is a replica', async () => (await ask(server.at, 'role').catch(() => '')).startsWith('slave'), { within: 40_000 })
    assert.ok(next)
  })
}

test('a master is found, and followed wherever it goes', { timeout: 300_000 }, async (t) => {
  const table = start_table(t, ['what happens', 'logouts', 'not confirmed', 'refused (503)', 'works again', 'wrong answers', 'logins lost', 'logouts lost', 'both', 'untold'])
  const stage = await set_sentinels(t, table)
  for (const [name, strike] of Object.entries(ways)) await fail_over(t, stage, table, name, strike)
  await stage.sentinels[0].kill()  // the only one that nginx was told of
  await fail_over(t, stage, table, 'by sentinels that were learnt', ways['SENTINEL FAILOVER'], stage.sentinels[1])
  const lines = our_lines(stage.nginx.log()).filter(({ said }) => /its master is/.test(said))
  console.log(`  ${lines.length} lines name a master`)
})

// TLS, a user and passwords: of the servers and of the sentinels apart.
const secrets = { server: 'secret-of-servers', sentinel: 'secret-of-sentinels' }
const acl = `user slo on >${secrets.sentinel} &* +auth +ping +subscribe +sentinel|get-master-addr-by-name +sentinel|sentinels`

async function set_secured(t, { servers_tls = false, sentinels_tls = false, store = '', other_ca = false, password = secrets.sentinel }) {
  const house = new House(t)
  const [at, place] = await places(2)
  const authority = make_authority(house, 'trusted'), stranger = make_authority(house, 'stranger')
  const { key, cert } = authority.issue('127.0.0.1')
  const [key_file, cert_file] = [house.write('server.key', key), house.write('server.pem', cert)]
  const files = [['tls-cert-file', cert_file], ['tls-key-file', key_file], ['tls-ca-cert-file', authority.ca], ['tls-auth-clients', 'no']]
  const word = (name, text) => house.write(name, `${text}\n`)
  const tls = servers_tls ? ['--port', '0', '--tls-port', String(at.port), ...files.flatMap(([name, value]) => [`--${name}`, value])] : []
  await start_sentinel(house, 'sentinel', place, {
    watches: at, quorum: 1, door: sentinels_tls ? `port 0\ntls-port ${place.port}` : `port ${place.port}`,
    more: [`sentinel auth-pass main ${secrets.server}`, acl, `requirepass other`, ...files.map((file) => file.join(' ')),
           ...(servers_tls ? ['tls-replication yes'] : [])].join('\n') })
  const app = await start_receiver(house)
  const stage = await set_stage(house, {
    clients: [back_client('app', app.url)], workers: 1,
    redis_how: { at, more: ['--requirepass', secrets.server, ...tls] },
    redis_url: `${servers_tls ? 'rediss' : 'redis'}-sentinel://${shown([place])}/main/2`,
    store: `timeout=2s password_file=${word('servers.password', secrets.server)} sentinel_user=slo
      sentinel_password_file=${word('sentinels.password', password)}
      ${servers_tls ? `ca=${other_ca ? stranger.ca : authority.ca}` : ''} ${store}`,
  })
  return { ...stage, app }
}

const secured = {
  'passwords': {},
  'TLS to both': { servers_tls: true, sentinels_tls: true },
  'TLS to the servers': { servers_tls: true, store: 'sentinel_tls=off' },
}
const refused = {
  'a wrong password for the sentinels': [{ password: 'wrong' }, /cannot be reached: no sentinel answers; 127\.0\.0\.1:\d+: AUTH was answered WRONGPASS/],
  'a stranger for the servers': [{ servers_tls: true, other_ca: true, store: 'sentinel_tls=off' },
                                 /cannot be reached: its certificate is not trusted/],
  'TLS to sentinels that speak none': [{ store: 'sentinel_tls=on' }, /cannot be reached: no sentinel answers; 127\.0\.0\.1:\d+: no answer within 2000 ms/],
}

test('servers and sentinels have passwords and TLS of their own', { timeout: 120_000 }, async (t) => {
  for (const [name, how] of Object.entries(secured)) {
    await t.test(name, async (t) => {
      const { nginx, app } = await set_secured(t, how)
      await eventually('the store is there', async () => await store_up(nginx) === '1')
      assert.equal((await nginx.register({ client_id: 'app', sid: 's1', sub: 'ann' })).status, 201)
      assert.equal((await nginx.ask('DELETE', 'sessions/s1')).status, 200)
      await eventually('the client is told', () => app.requests.length === 1)
      const [before] = nginx.workers()
      process.kill(nginx.child.pid, 'SIGHUP')
      await eventually('another worker', () => nginx.workers().length === 1 && nginx.workers()[0] !== before)
      await eventually('the store is there again', async () => await store_up(nginx) === '1')
      assert.doesNotMatch(nginx.log(), /\[(alert|crit|emerg)\]/)
    })
  }
  for (const [name, [how, line]] of Object.entries(refused)) {
    await t.test(name, async (t) => {
      const { nginx } = await set_secured(t, how)
      await eventually('it says why', () => line.test(nginx.log()))
      assert.equal(await store_up(nginx), '0')
      for (const secret of Object.values(secrets)) assert.ok(!nginx.log().includes(secret))
    })
  }
})
