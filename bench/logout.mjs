// SPDX-License-Identifier: BSD-2-Clause
// Logouts per second on one core: ours, npm oidc-provider on the same work, and the floor, which is the sum of what nobody
// could leave out, each measured in the same run.
import { readFileSync, readdirSync } from 'node:fs'
import { sleep } from '../t/journeys/parts/house.mjs'
import { spent_by } from './parts/cpu.mjs'
import { proxied_posts } from './fanout.mjs'
import { make_keys } from './parts/keys.mjs'
import { median, medians, number, remark, table, verdict } from './parts/numbers.mjs'
import { start_peer } from './parts/peer.mjs'
import { record } from './parts/recording.mjs'
import { start_nginx, start_receivers, start_redis } from './parts/servers.mjs'
import { back_client, log_in, logouts } from './parts/sessions.mjs'
import { drive, raw_signing, replay, wrk } from './parts/tools.mjs'

const connections = 8
const algs = ['ES256', 'RS256']
const wanted = { ES256: { memory: 7, redis: 10 }, RS256: { memory: 2.3, redis: 2.7 } }
let series_so_far = 0

// Ten clients for each algorithm, each with a name, a door and kept connections of its own.
async function set_up(house) {
  const keys = make_keys(), redis = await start_redis(house), receivers = await start_receivers(house, 10)
  const numbers = Array.from({ length: 10 }, (_, i) => i)
  const clients = Object.fromEntries(algs.map((alg) =>
    [alg, numbers.map((i) => back_client(`${alg.slice(0, 2).toLowerCase()}-app-${i}`, `http://app-${i}`, alg))]))
  const upstreams = [...numbers.map((i) => ({ name: `app-${i}`, door: receivers.door(i), keepalive: 16 })),
                     { name: 'receivers', door: receivers.door(0), keepalive: 64 }]
  const nginx = await start_nginx(house, { redis, keys, clients: Object.values(clients).flat(), upstreams })
  const direct = Object.values(clients).flat().map((client, i) => ({ ...client, backchannel_logout_uri: `http://${receivers.door(i % 10)}/back` }))
  const memory = await start_peer(house, { name: 'peer-memory', keys, clients: direct })
  const store = await start_redis(house, { name: 'peer-redis' })
  const in_redis = await start_peer(house, { name: 'peer-in-redis', keys, clients: direct, redis: store })
  return { house, keys, redis, receivers, nginx, clients, peers: { memory, redis: in_redis } }
}

const costs = (cpu, driven, count) => ({
  server: cpu.server.all / count, redis: (cpu.redis?.all ?? 0) / count, cpu: (cpu.server.all + (cpu.redis?.all ?? 0)) / count,
  wall: driven.answers / driven.seconds, p50: driven.p50_us / 1000, p99: driven.p99_us / 1000 })

function expect_all(driven, count, receivers, n) {
  if (driven.statuses['303'] !== count) throw new Error(`answers were ${JSON.stringify(driven.statuses)}`)
  if (receivers !== count * n) throw new Error(`${receivers} deliveries instead of ${count * n}`)
}

async function ours(stage, alg, n, count) {
  const { house, nginx, redis, receivers, clients, keys } = stage
  const part = clients[alg].slice(0, n), series = `l${series_so_far++}`
  await log_in(house, nginx, { series, clients: part, count })
  const file = logouts(house, nginx, { series, clients: part, key: keys[alg], count })
  await receivers.reset()
  const { cpu, result } = await spent_by({ server: nginx.worker, redis: redis.pid }, async () => {
    const driven = await drive(nginx.to, connections, file)
    await sleep(50)  // the last acknowledgements
    return driven
  })
  const { requests, body } = await receivers.report()
  expect_all(result, count, requests, n)
  stage.body = body
  return costs(cpu, result, count)
}

async function theirs(stage, peer, alg, n, count) {
  const file = await peer.logouts(stage.clients[alg].slice(0, n), stage.keys[alg], count)
  await stage.receivers.reset()
  const { cpu, result } = await spent_by({ server: peer.pid, ...(peer.redis && { redis: peer.redis.pid }) },
                                         () => drive(peer.to, connections, file, 'confirm'))
  await peer.check()
  expect_all(result, count, await stage.receivers.count(), n)
  return costs(cpu, result, count)
}

// The commands of `count` logouts, said again to a Redis that starts from the same content: µs of Redis for one logout.
async function store_alone(stage, alg, n, count) {
  const { house, nginx, redis, clients, keys } = stage
  const part = clients[alg].slice(0, n), series = `r${series_so_far++}`
  await log_in(house, nginx, { series, clients: part, count })
  const file = logouts(house, nginx, { series, clients: part, key: keys[alg], count })
  await redis.ask('SAVE')
  const recorded = house.path(`recorded-${series}`)
  const commands = await record(redis, recorded, async () => {
    await drive(nginx.to, connections, file)
    await sleep(50)
  })
  const copy = await start_redis(house, { name: `copy-${series}`, dump: `${redis.dir}/dump.rdb` })
  for (const script of scripts()) await copy.ask('SCRIPT', 'LOAD', script)
  // As many at a time as all users together have on the way when each of the three round trips is shared by all of them.
  const depth = Math.ceil(connections * commands.length / count / 3)
  const { cpu, result } = await spent_by({ copy: copy.pid }, () => replay(copy.socket, recorded, depth))
  if (result.errors) throw new Error(`${result.errors} of the recorded commands failed`)
  copy.child.kill('SIGTERM')
  return { store: cpu.copy.all / count, commands: result.commands / count }
}

function scripts() {
  const folder = new URL('../redis_schema/scripts/', import.meta.url)
  return readdirSync(folder).filter((name) => name.endsWith('.lua')).map((name) => readFileSync(new URL(name, folder), 'utf8'))
}

async function redirect_alone(stage, seconds) {
  const { cpu, result } = await spent_by({ nginx: stage.nginx.worker }, () => wrk(`${stage.nginx.url}/gone`, { connections, seconds }))
  return cpu.nginx.all / result.answers
}

async function floor_parts(stage, alg, n, { quick, count }) {
  const seconds = quick ? 1 : 2
  const { sign_us, verify_us } = await raw_signing(stage.nginx.pem[alg], { count: alg === 'RS256' ? 600 : 6000 })
  const { store, commands } = await store_alone(stage, alg, n, count)
  const redirect = await redirect_alone(stage, seconds)
  const post = await proxied_posts(stage, stage.body, { connections: Math.min(64, connections * n), seconds })
  return { verify: verify_us, sign: n * sign_us, store, post: n * post, redirect, commands,
           floor: verify_us + n * sign_us + store + n * post + redirect }
}

function tell_one(alg, n, { us, memory, redis, floor }) {
  const row = (name, it) => [name, number(1e6 / it.cpu, 0), number(it.wall, 0), number(it.p50, 2), number(it.p99, 2), number(it.server, 0),
                             number(it.redis, 0), number(it.cpu, 0)]
  table(`Logout, ${n} client${n > 1 ? 's' : ''}, ${alg}`, ['server', 'logouts per second of a core', 'seen', 'p50 ms', 'p99 ms', 'server µs', 'Redis µs', 'together µs'],
        [row('ours', us), row('oidc-provider, memory', memory), row('oidc-provider, Redis', redis),
         ['computed floor', number(1e6 / floor.floor, 0), '', '', '', number(floor.floor - floor.store, 0), number(floor.store, 0), number(floor.floor, 0)]])
  const rest = us.server + us.redis - floor.floor
  remark(`Floor: verify the hint ${number(floor.verify, 0)} + sign ${number(floor.sign, 0)} + Redis ${number(floor.store, 0)} ` +
         `(${number(floor.commands)} commands) + proxied POSTs ${number(floor.post, 0)} + return 302 ${number(floor.redirect, 0)} µs. ` +
         `Above it: ${number(rest, 0)} µs, ${number(us.redis - floor.store, 0)} of them in Redis.`)
}

function tell_targets(alg, n, { us, memory, redis, floor }) {
  const what = `${n} × ${alg}`
  const rows = [[`${what}: ours ÷ floor`, ...verdict(floor.floor / us.cpu, 0.75)]]
  if (n !== 3) return rows
  return [...rows, [`${what}: ours ÷ oidc-provider, memory`, ...verdict(memory.cpu / us.cpu, wanted[alg].memory)],
          [`${what}: ours ÷ oidc-provider, Redis`, ...verdict(redis.cpu / us.cpu, wanted[alg].redis)],
          [`${what}: floor ÷ oidc-provider, memory (no server could do better here)`, '', number(memory.cpu / floor.floor, 2), '']]
}

export async function bench(house, { quick }) {
  const stage = await set_up(house)
  const rounds = quick ? 2 : 5, targets = []
  // The peer's compiler needs to see its code often before it does its best.
  for (const peer of Object.values(stage.peers)) await theirs(stage, peer, 'ES256', 3, quick ? 1000 : 3000)
  for (const alg of algs) {
    for (const n of [1, 3, 10]) {
      const count = Math.round((quick ? 300 : 900) / (alg === 'RS256' ? 2 : 1) / Math.sqrt(n))
      const peer_count = Math.round(count / 2)
      await stage.redis.ask('FLUSHALL', 'SYNC')
      const runs = { us: [], memory: [], redis: [], floor: [] }
      await ours(stage, alg, n, 50)
      for (const peer of Object.values(stage.peers)) await theirs(stage, peer, alg, n, 50)
      for (let round = 0; round < rounds; ++round) {
        runs.us.push(await ours(stage, alg, n, count))
        runs.memory.push(await theirs(stage, stage.peers.memory, alg, n, peer_count))
        runs.redis.push(await theirs(stage, stage.peers.redis, alg, n, peer_count))
        runs.floor.push(await floor_parts(stage, alg, n, { quick, count }))
      }
      const all = Object.fromEntries(Object.entries(runs).map(([name, rows]) => [name, medians(rows)]))
      tell_one(alg, n, all)
      targets.push(...tell_targets(alg, n, all))
    }
  }
  const idle = median(await Promise.all([redirect_alone(stage, 1)]))
  remark(`nginx \`return 302\` alone: ${number(1e6 / idle, 0)} answers per second of a core.`)
  table('Logout: targets', ['what', 'target', 'measured', 'met'], targets)
}
