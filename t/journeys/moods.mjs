// SPDX-License-Identifier: BSD-2-Clause
// A Redis that answers, but serves nobody: what a user reads meanwhile, what the operator reads, and that nothing is lost.
import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, eventually, free_port, sleep } from './parts/house.mjs'
import { start_name_server } from './parts/name_server.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { start_redis } from './parts/redis.mjs'
import { back_client, set_stage } from './parts/stage.mjs'
import { our_lines, start_table } from './parts/table.mjs'

const json = { accept: 'application/json' }

async function settle(t, how = {}) {
  const house = new House(t)
  const app = await start_receiver(house)
  const stage = await set_stage(house, { clients: [back_client('app', app.url)], workers: 1, store: 'timeout=2s', ...how })
  return { ...stage, app, ...ways_of({ ...stage, app }) }
}

// Of the logout token in a form.
const claims_in = (body) => JSON.parse(Buffer.from(new URLSearchParams(body).get('logout_token').split('.')[1], 'base64url'))
const errors_in = (log) => our_lines(log).filter(({ level }) => level === 'error' || level === 'emerg')

function ways_of({ nginx, app, hint, logout_url }) {
  const store_up = async () => /^slo_store_up (\d)$/m.exec(await nginx.metrics())[1]
  return {
    store_up,
    // A user logs in as `name`, whose session is registered.
    log_in: async (name) => {
      const { status } = await nginx.register({ client_id: 'app', sid: name, sub: name, session_cookie: `cookie-of-${name}` })
      assert.equal(status, 201)
    },
    log_out: async (name) => {
      const id_token_hint = await hint({ aud: 'app', sub: name, sid: name })
      return (await send(logout_url({ id_token_hint }), { headers: { ...json, cookie: `_session=cookie-of-${name}` } })).status
    },
    told: (name) => app.requests.filter(({ body }) => claims_in(body).sid === name).length,
    becomes: (value) => eventually(`slo_store_up ${value}`, async () => await store_up() === value),
  }
}

// What brings each mood about, and what ends it.
const moods = [
  { code: 'READONLY', begin: (redis) => redis.ask('replicaof', '127.0.0.1', '1'), end: (redis) => redis.ask('replicaof', 'no', 'one') },
  { code: 'MASTERDOWN',
    begin: async (redis) => {
      await redis.ask('config', 'set', 'replica-serve-stale-data', 'no')
      await redis.ask('replicaof', '127.0.0.1', '1')
    },
    end: (redis) => redis.ask('replicaof', 'no', 'one') },
  { code: 'NOREPLICAS', begin: (redis) => redis.ask('config', 'set', 'min-replicas-to-write', '1'),
    end: (redis) => redis.ask('config', 'set', 'min-replicas-to-write', '0') },
  { code: 'MISCONF',  // a directory in the place of its file
    begin: async (redis) => {
      mkdirSync(`${redis.dir}/dump.rdb`)
      await redis.ask('config', 'set', 'save', '3600 1000000')
      await redis.ask('bgsave')
    },
    end: async (redis) => {
      rmSync(`${redis.dir}/dump.rdb`, { recursive: true })
      await redis.ask('bgsave')
    } },
  { code: 'BUSY',
    begin: async (redis) => {
      await redis.ask('config', 'set', 'busy-reply-threshold', '100')
      redis.do_not_wait_for('eval', 'while true do end', '0')
    },
    end: (redis) => redis.ask('script', 'kill') },
  { code: 'LOADING',
    begin: async (redis) => {
      await redis.ask('debug', 'populate', '20000', 'ballast', '100')
      await redis.ask('config', 'set', 'loading-process-events-interval-bytes', '1024')
      await redis.ask('config', 'set', 'key-load-delay', '2000')
      redis.do_not_wait_for('debug', 'reload')
    },
    end: (redis) => redis.ask('config', 'set', 'key-load-delay', '0') },
  { code: 'NOAUTH',
    begin: async (redis) => {
      await redis.ask('config', 'set', 'requirepass', 'other')
      await redis.ask('-a', 'other', '--no-auth-warning', 'client', 'kill', 'type', 'normal', 'skipme', 'yes')
    },
    end: (redis) => redis.ask('-a', 'other', '--no-auth-warning', 'config', 'set', 'requirepass', '') },
]

async function go_through(t, stage, table, { code, begin, end }) {
  await t.test(code, { timeout: 60_000 }, async () => {
    const { redis, nginx, log_in, log_out, told, becomes } = stage
    await log_in(code)
    await sleep(1100)  // a connection that has served for less is not trusted
    const log_before = nginx.log().length
    await begin(redis)
    await becomes('0')
    const statuses = [await log_out(code), await log_out(code), await log_out(code)]
    const during = await stage.store_up()
    const gone = errors_in(nginx.log().slice(log_before))
    assert.deepEqual([statuses, during, told(code)], [[503, 503, 503], '0', 0])
    assert.equal(gone.length, 1, gone.map(({ said }) => said).join('\n'))
    assert.match(gone[0].said, new RegExp(`store "[^"]*" cannot be reached: [^(]*\\(${code}\\)`))
    await end(redis)
    await becomes('1')
    assert.equal(await log_out(code), 200)
    await eventually(`${code} is told`, () => told(code) === 1)
    const lines = errors_in(nginx.log().slice(log_before))
    assert.equal(lines.length, 2, lines.map(({ said }) => said).join('\n'))
    assert.match(lines[1].said, /store "[^"]*" is reachable/)
    table.row(code, statuses.join(' '), during, lines.length, 200, told(code))
  })
}

const table_of = (t) => start_table(t, ['mood', 'logout meanwhile', 'slo_store_up', 'error lines', 'logout afterwards', 'tokens'])

test('a Redis that serves nobody counts as away, and is back by itself', { timeout: 300_000 }, async (t) => {
  const stage = await settle(t, { redis_how: { more: ['--enable-debug-command', 'yes'] } })
  const table = table_of(t)
  for (const mood of moods) await go_through(t, stage, table, mood)
})

test('a cluster that is down counts as away', { timeout: 60_000 }, async (t) => {
  const port = await free_port()
  const more = ['--cluster-enabled', 'yes', '--cluster-port', String(await free_port()), '--appendonly', 'no']
  const stage = await settle(t, { redis_how: { at: { host: '127.0.0.1', port }, more } })
  const slots = async (verb, state) => {
    await stage.redis.ask('cluster', verb, '0', '16383')
    await eventually(`the cluster is ${state}`, async () => (await stage.redis.ask('cluster', 'info')).includes(`cluster_state:${state}`))
  }
  await slots('addslotsrange', 'ok')
  await stage.becomes('1')
  await go_through(t, stage, table_of(t), {
    code: 'CLUSTERDOWN', begin: () => slots('delslotsrange', 'fail'), end: () => slots('addslotsrange', 'ok'),
  })
})

test('a command that the ACL forbids does not take the store away', { timeout: 60_000 }, async (t) => {
  const { redis, nginx, log_in, log_out, told, store_up } = await settle(t)
  await log_in('ann')
  await redis.ask('acl', 'setuser', 'default', '-hgetall')
  const log_before = nginx.log().length
  assert.deepEqual([await log_out('ann'), await log_out('ann')], [503, 503])
  assert.equal(await store_up(), '1')
  const words = [...nginx.log().slice(log_before).matchAll(/\[error\][^\n]* does not let its user do all that is needed: ([^\n]*)/g)]
  assert.deepEqual(words.map(([, what]) => what), ['the script "end" was answered NOPERM', 'HGETALL was answered NOPERM'], 'once each')
  await redis.ask('acl', 'setuser', 'default', '+hgetall')
  await log_in('bob')
  assert.equal(await log_out('bob'), 200)
  await eventually('bob is told', () => told('bob') === 1)
})

// Two servers under one name, the second a replica of the first; then they change roles, and both live on.
async function two_servers(t, ...known) {
  const house = new House(t)
  const names = await start_name_server(house)
  names.know(...known)
  const port = await free_port('127.0.0.1')
  const second = await start_redis(house, { name: 'second', at: { host: '127.0.0.52', port } })
  const app = await start_receiver(house)
  const stage = await set_stage(house, {
    clients: [back_client('app', app.url)], workers: 1, store: 'timeout=2s', redis_how: { at: { host: '127.0.0.51', port } },
    redis_url: `redis://store.slo.invalid:${port}`, http: `resolver 127.0.0.1:${names.port} valid=1s ipv6=off;`,
  })
  await second.ask('replicaof', '127.0.0.51', String(port))
  await eventually('the replica is in step', async () => /master_link_status:up/.test(await second.ask('info', 'replication')))
  const swap = async () => {
    await second.ask('replicaof', 'no', 'one')
    await stage.redis.ask('replicaof', '127.0.0.52', String(port))
  }
  const ways = ways_of({ ...stage, app })
  await ways.becomes('1')
  return { ...stage, ...ways, names, second, swap }
}

test('a failover to the other address of the name is not noticed by users', { timeout: 60_000 }, async (t) => {
  const { nginx, second, swap, log_in, log_out, told, store_up } = await two_servers(t, '127.0.0.51', '127.0.0.52')
  await log_in('ann')
  await eventually('the replica has it', async () => Number(await second.ask('dbsize')) > 3)
  await sleep(1100)
  const log_before = nginx.log().length
  await swap()
  assert.equal(await log_out('ann'), 200)
  await eventually('ann is told', () => told('ann') === 1)
  assert.equal(await store_up(), '1')
  assert.deepEqual(errors_in(nginx.log().slice(log_before)), [])
})

test('a failover by name is followed as soon as the name server knows', { timeout: 60_000 }, async (t) => {
  const { nginx, names, second, swap, log_in, log_out, told, becomes } = await two_servers(t, '127.0.0.51')
  await log_in('ann')
  await eventually('the replica has it', async () => Number(await second.ask('dbsize')) > 3)
  const log_before = nginx.log().length
  await swap()
  await becomes('0')
  assert.equal(await log_out('ann'), 503)
  names.know('127.0.0.52')
  await becomes('1')
  assert.equal(await log_out('ann'), 200)
  await eventually('ann is told', () => told('ann') === 1)
  const said = errors_in(nginx.log().slice(log_before)).map((line) => line.said)
  assert.equal(said.length, 2, said.join('\n'))
  assert.match(said[0], /cannot be reached: it is a replica and takes no writes \(READONLY\)/)
  assert.match(said[1], /is reachable/)
})

test('a name that is not known at the start is asked for until it is', { timeout: 60_000 }, async (t) => {
  const { nginx, names, log_in, log_out, becomes } = await two_servers(t, '127.0.0.51')
  await log_in('ann')
  names.know()
  await sleep(1500)  // the name server's last answer is forgotten
  await nginx.kill()
  const log_before = nginx.log().length
  await nginx.start_again()
  assert.match(nginx.log().slice(log_before), /\[warn\] [^\n]*"slo_store": host not found in "store\.slo\.invalid:\d+": the store counts as down until its name is known in /)
  await becomes('0')
  assert.equal(await log_out('ann'), 503)
  names.know('127.0.0.51')
  await becomes('1')
  assert.equal(await log_out('ann'), 200)
  const said = errors_in(nginx.log().slice(log_before)).map((line) => line.said)
  assert.equal(said.length, 2, said.join('\n'))
  assert.match(said[0], /cannot be reached: its name "store\.slo\.invalid" cannot be resolved: Host not found/)
})
