// SPDX-License-Identifier: BSD-2-Clause
// Logout tokens of an OP received per second of a core: ours, mod_auth_openidc on the same tokens, and the floor, which is the
// sum of what nobody could leave out.
import { readFileSync } from 'node:fs'
import { sleep } from '../t/journeys/parts/house.mjs'
import { spent_by } from './parts/cpu.mjs'
import { make_keys } from './parts/keys.mjs'
import { form_type, logout_request, logout_token } from './parts/marks.mjs'
import { medians, number, remark, table, verdict } from './parts/numbers.mjs'
import { record } from './parts/recording.mjs'
import { client_id, start_relying_apache, start_small_op } from './parts/relying_apache.mjs'
import { start_nginx, start_redis } from './parts/servers.mjs'
import { drive, drive_templates, post, raw_signing, replay, write_requests } from './parts/tools.mjs'

const connections = 32
const algs = ['RS256', 'ES256']
const digits = (i) => String(i).padStart(8, '0')

async function start_ours(house, keys, alg) {
  const redis = await start_redis(house, { name: `redis-${alg}` })
  const nginx = await start_nginx(house, { name: `nginx-${alg}`, redis, keys, clients: [], provider: `client_id ${client_id}; signing_alg ${alg};`,
                                           store: 'timeout=10s marks=64m', locations: 'location = /back { slo_backchannel_logout main; }\n    location = /taken { return 200 ""; }' })
  return { redis, nginx }
}

async function set_up(house) {
  const keys = make_keys(), op = await start_small_op(house, keys), stages = {}
  for (const alg of algs) {
    const peers = {}
    for (const cache of ['shm', 'redis']) peers[cache] = await start_relying_apache(house, { name: `apache-${alg}-${cache}`, op, alg, cache })
    stages[alg] = { house, alg, key: keys[alg], ...await start_ours(house, keys, alg), peers }
  }
  return stages
}

// Tokens of so many sessions, each with a jti of its own, as requests in a file. The same `series` names the same sessions.
function lay_ready({ house, key }, { issuer, to, path }, series, jti, count) {
  const tokens = Array.from({ length: count }, (_, i) =>
    logout_token(key, issuer, client_id, { sid: `${series}-5f0cQb7kM${digits(i)}`, jti: `${series}-${jti}-kJ8vYt3pQw6z${digits(i)}` }))
  return { file: write_requests(house.path(`${key.alg}-${path.replace(/\W/g, '')}-${to.split(':')[1]}-${series}-${jti}`),
                                tokens.map((token) => logout_request(path, to, token))),
           body: `logout_token=${tokens[0]}`.length, count }
}

const ours = ({ nginx }) => ({ issuer: nginx.issuer, to: nginx.to, path: '/back' })
const theirs = ({ issuer, to }) => ({ issuer, to, path: '/app/callback?logout=backchannel' })

async function cost_of(to, pids, { file, count }) {
  const { cpu, result } = await spent_by(pids, async () => {
    const driven = await drive(to, connections, file)
    await sleep(20)
    return driven
  })
  if (result.statuses['200'] !== count) throw new Error(`answers of ${to} were ${JSON.stringify(result.statuses)}`)
  const each = Object.fromEntries(Object.entries(cpu).map(([name, { all }]) => [name, all / count]))
  return { ...each, us: Object.values(each).reduce((sum, one) => sum + one), seen: count / result.seconds, p99: result.p99_us / 1000 }
}

// The mark script alone: the commands of these very logouts, as many at a time as there are connections, said to a Redis of the
// same content; µs for one, of sessions never seen and of those that are marked.
async function store_alone(stage, series, count) {
  const { house, redis, nginx } = stage
  const copy = await start_redis(house, { name: `copy-${stage.alg}-${series}` }), costs = {}
  const mark = await copy.ask('SCRIPT', 'LOAD', readFileSync(new URL('../redis_schema/scripts/mark.lua', import.meta.url), 'utf8'))
  for (const kind of ['first', 'again']) {
    const recorded = house.path(`recorded-${stage.alg}-${series}-${kind}`), { file } = lay_ready(stage, ours(stage), series, kind, count)
    const commands = await record(redis, recorded, () => drive(nginx.to, connections, file), ([, script]) => script === mark)
    if (commands.length !== count) throw new Error(`${commands.length} commands for ${count} logouts`)
    const { cpu, result } = await spent_by({ copy: copy.pid }, () => replay(copy.socket, recorded, connections))
    if (result.errors) throw new Error(`${result.errors} of the recorded commands failed`)
    costs[kind] = cpu.copy.all / count
  }
  copy.child.kill('SIGTERM')
  return costs
}

async function post_alone({ house, nginx, alg }, body, count) {
  const file = write_requests(house.path(`taken-${alg}`), [post('/taken', nginx.to, form_type, 'x'.repeat(body))])
  const { cpu, result } = await spent_by({ nginx: nginx.worker }, () => drive_templates(nginx.to, connections, file, 0, count))
  if (result.statuses['200'] !== count) throw new Error(`answers were ${JSON.stringify(result.statuses)}`)
  return cpu.nginx.all / count
}

async function one_round(stage, round, count) {
  const { nginx, redis, alg, peers } = stage, pids = { nginx: nginx.worker, redis: redis.pid }, series = `r${round}`
  const first = lay_ready(stage, ours(stage), series, 'first', count), again = lay_ready(stage, ours(stage), series, 'again', count)
  const done = { first: await cost_of(nginx.to, pids, first), again: await cost_of(nginx.to, pids, again) }
  for (const [cache, peer] of Object.entries(peers)) done[cache] = await cost_of(peer.to, peer.pids, lay_ready(stage, theirs(peer), series, 'first', count / 2))
  const { verify_us } = await raw_signing(nginx.pem[alg], { bytes: first.body, count: alg === 'RS256' ? 2000 : 6000 })
  const store = await store_alone(stage, `s${round}`, count)
  return { ...done, floor: { verify: verify_us, first: store.first, again: store.again, post: await post_alone(stage, first.body, count * 5) } }
}

function tell_one({ alg }, all) {
  const { floor } = all, beside = floor.verify + floor.post
  const row = (name, it, mine, store) => [name, number(1e6 / it.us, 0), number(it.seen, 0), number(it.p99, 2), number(mine), number(store), number(it.us)]
  const sum = (name, store) => [name, number(1e6 / (beside + store), 0), '', '', number(beside), number(store), number(beside + store)]
  table(`Logout tokens received, ${alg}`, ['server', 'a second of a core', 'seen', 'p99 ms', 'server µs', 'Redis µs', 'together µs'], [
    row('ours, session never seen', all.first, all.first.nginx, all.first.redis), row('ours, marked before', all.again, all.again.nginx, all.again.redis),
    row('mod_auth_openidc, shared memory, no session here', all.shm, all.shm.apache, NaN),
    row('mod_auth_openidc, Redis, no session here', all.redis, all.redis.apache, all.redis.cache),
    sum('computed floor, never seen', floor.first), sum('computed floor, marked before', floor.again)])
  remark(`Floor: verify ${number(floor.verify)} + the mark script ${number(floor.first)} or ${number(floor.again)} + a POST of that size answered by ` +
         `\`return 200\` ${number(floor.post)} µs.`)
  return [
    [`${alg}, never seen: floor ÷ ours`, ...verdict((beside + floor.first) / all.first.us, 0.75)],
    [`${alg}, marked before: floor ÷ ours`, ...verdict((beside + floor.again) / all.again.us, 0.75)],
    [`${alg}: ours ÷ mod_auth_openidc, shared memory`, ...verdict(all.shm.us / all.first.us, 5)],
    [`${alg}: ours ÷ mod_auth_openidc, Redis`, ...verdict(all.redis.us / all.first.us, 5)]]
}

const medians_of = (runs) => Object.fromEntries(Object.keys(runs[0]).map((name) => [name, medians(runs.map((run) => run[name]))]))

export async function bench(house, { quick }) {
  const stages = await set_up(house), rounds = quick ? 2 : 7, count = quick ? 600 : 3000, targets = [], runs = { RS256: [], ES256: [] }
  for (let round = 0; round <= rounds; ++round) {  // the first one warms
    for (const alg of algs) runs[alg].push(await one_round(stages[alg], round, count))
  }
  for (const alg of algs) targets.push(...tell_one(stages[alg], medians_of(runs[alg].slice(1))))
  table('Reception: targets', ['what', 'target', 'measured', 'met'], targets)
  remark('32 connections. Each token has a jti of its own. Ours records it in Redis before it answers; mod_auth_openidc ' +
         'checks token and jti and finds no session. Both write a log line for each. Its tokens are of an OP of their own; processor time of its cache is included.')
}
