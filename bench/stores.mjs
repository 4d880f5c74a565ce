// SPDX-License-Identifier: BSD-2-Clause
// What a logout costs with each form of a store, and how a cluster carries a million sessions: bytes, logout, listing, a user's sessions.
import { sleep } from '../t/journeys/parts/house.mjs'
import { spent_by } from './parts/cpu.mjs'
import { make_keys } from './parts/keys.mjs'
import { median, number, remark, table, verdict } from './parts/numbers.mjs'
import { start_nginx, start_receivers } from './parts/servers.mjs'
import { back_client, log_in, logouts } from './parts/sessions.mjs'
import { bare, cluster, forms, pids_of } from './parts/stores.mjs'
import { drive, drive_templates, get, write_requests } from './parts/tools.mjs'

const connections = 32, clients_of_each = 3
// Each master has as much to do as the one node: what comes together is read and written together.
const grown = 'Cluster, 3 + 3, three times as many users'
let series_so_far = 0

async function set_up(house, name, store, keys, receivers) {
  const upstreams = Array.from({ length: clients_of_each }, (_, i) => ({ name: `app-${i}`, door: receivers.door(i), keepalive: 32 }))
  upstreams.push({ name: 'receivers', door: receivers.door(0), keepalive: 1 })
  const clients = upstreams.slice(0, clients_of_each).map(({ name: app }) => back_client(app, `http://${app}`))
  const nginx = await start_nginx(house, { name: `nginx-${name.replace(/\W+/g, '-')}`, redis: { url: store.url }, keys, clients, upstreams })
  return { house, keys, receivers, store, clients, nginx }
}

async function logging_out({ house, keys, receivers, store, clients, nginx }, count, users = connections) {
  const series = `s${series_so_far++}`
  await log_in(house, nginx, { series, clients, count })
  const file = logouts(house, nginx, { series, clients, key: keys.ES256, count })
  await receivers.reset()
  const { cpu, result } = await spent_by({ nginx: nginx.worker, ...pids_of(store) }, async () => {
    const driven = await drive(nginx.to, users, file)
    await sleep(100)
    return driven
  })
  if (result.statuses['303'] !== count) throw new Error(`answers were ${JSON.stringify(result.statuses)}`)
  if (await receivers.count() !== count * clients.length) throw new Error('not everybody was told')
  const sum = (word) => Object.entries(cpu).filter(([name]) => name.startsWith(word)).reduce((all, [, { all: one }]) => all + one, 0) / count
  return { nginx: cpu.nginx.all / count, masters: sum('master'), replicas: sum('replica'), p50: result.p50_us / 1000, p99: result.p99_us / 1000 }
}

const middle = (runs, name) => median(runs.map((run) => run[name]))

async function compare_forms(house, keys, receivers, { rounds, count }) {
  const stages = {}, runs = {}
  for (const [name, make] of Object.entries(forms)) stages[name] = await set_up(house, name, await make(house), keys, receivers)
  await sleep(500)
  for (let round = 0; round <= rounds; ++round) {  // the first one warms
    const note = (name, run) => { runs[name] = [...runs[name] ?? [], run] }
    for (const [name, stage] of Object.entries(stages)) note(name, { ...await logging_out(stage, count), bare: await bare(stage.store) })
    note(grown, await logging_out(stages['Cluster, 3 + 3'], count, 3 * connections))
  }
  const of = Object.fromEntries(Object.entries(runs).map(([name, all]) => [name, all.slice(1)]))
  const cost_of = (run, parts) => parts.reduce((sum, part) => sum + run[part], 0)
  const cost = (name, ...parts) => median(of[name].map((run) => cost_of(run, parts)))
  const times = (name, ...parts) => median(of[name].map((run, i) => cost_of(run, parts) / cost_of(of['one node'][i], parts)))  // of the same round
  table(`A logout of ${clients_of_each} clients with each form of a store`, ['store', 'nginx µs', 'masters µs', 'together µs', 'replicas µs', 'p50 ms', 'p99 ms', 'bare Redis: a script µs'],
        Object.keys(of).map((name) => [name, number(middle(of[name], 'nginx')), number(middle(of[name], 'masters')), number(cost(name, 'nginx', 'masters')), number(middle(of[name], 'replicas')),
                                       number(middle(of[name], 'p50'), 2), number(middle(of[name], 'p99'), 2), name === grown ? '' : number(middle(of[name], 'bare'))]))
  return Object.keys(of).slice(1).flatMap((name) => [
    [`${name} ÷ one node`, ...verdict(times(name, 'nginx', 'masters'), 1.1, { at_most: true })],
    [`${name} ÷ one node: nginx alone`, ...verdict(times(name, 'nginx'), 1.1, { at_most: true })],
    ...name === grown ? [] : [[`${name} ÷ one node: masters, ÷ the same of bare Redis`, ...verdict(times(name, 'masters') / times(name, 'bare'), 1.1, { at_most: true })]]])
}

const used = async ({ masters }) => (await Promise.all(masters.map(async (node) => Number(/used_memory:(\d+)/.exec(await node.ask('info', 'memory'))[1])))).reduce((a, b) => a + b)

// µs of all processes for one call, and ms until it is answered.
async function calls({ house, nginx, store }, name, path, count) {
  const file = write_requests(house.path(`calls-${name}`), [get(path, 'localhost', '')])
  const { cpu, result } = await spent_by({ nginx: nginx.worker, ...pids_of(store) }, () => drive_templates(nginx.api, 4, file, 0, count))
  if (result.statuses['200'] !== count) throw new Error(`${path} was answered ${JSON.stringify(result.statuses)}`)
  return { us: Object.values(cpu).reduce((all, { all: one }) => all + one, 0) / count, p99: result.p99_us / 1000 }
}

async function set_up_small_and_big(house, keys, receivers, size) {
  const of = {}
  for (const name of ['small', 'big']) {
    const store = await cluster(house, { replicas: 0, name })
    of[name] = { ...await set_up(house, name, store, keys, receivers), empty: await used(store) }
  }
  await logging_out(of.big, 500)
  await log_in(house, of.small.nginx, { series: 'big', clients: of.small.clients, count: size })
  return of
}

async function look_at(stage, name, size) {
  const out = await logging_out(stage, 1500)
  const listing = await calls(stage, `list-${name}`, '/api/main/deliveries?state=pending&limit=50', 300)
  const user = await calls(stage, `user-${name}`, `/api/main/sessions?sub=big-user-${'#'.repeat(8)}`, Math.min(1000, size))
  return { out: out.nginx + out.masters, p99: out.p99, listing: listing.us, user: user.us }
}

// Beside it another cluster that stays as small as it was at first, asked in turns: a processor that is slower for a while is so for both.
async function grow(house, keys, receivers, sizes, rounds) {
  const { small, big } = await set_up_small_and_big(house, keys, receivers, sizes[0])
  const rows = []
  let held = 0
  for (const size of sizes) {
    await log_in(house, big.nginx, { series: 'big', clients: big.clients, from: held, count: size - held })
    held = size
    const bytes = (await used(big.store) - big.empty) / size, turns = []
    for (let i = 0; i < rounds; ++i)
      turns.push({ big: await look_at(big, `big-${size}-${i}`, size), small: await look_at(small, `small-${size}-${i}`, sizes[0]) })
    const of = (what) => ({ us: median(turns.map((turn) => turn.big[what])), times: median(turns.map((turn) => turn.big[what] / turn.small[what])) })
    rows.push({ size, bytes, out: of('out'), p99: of('p99'), user: of('user'), listing: of('listing') })
  }
  const cells = ({ us, times }) => [number(us), number(times, 2)]
  table(`A cluster of 3 masters that fills; beside it one that keeps ${sizes[0]} sessions`, ['sessions', 'bytes each', 'logout µs', '÷ small', 'p99 ms', '÷ small', "a user's sessions µs", '÷ small', 'a page of deliveries µs', '÷ small'],
        rows.map(({ size, bytes, out, p99, user, listing }) => [String(size), number(bytes, 0), ...cells(out), ...cells(p99), ...cells(user), ...cells(listing)]))
  const last = rows.at(-1)
  return [['logout, most ÷ fewest sessions', ...verdict(last.out.times, 1.2, { at_most: true })],
          ["a user's sessions, most ÷ fewest", ...verdict(last.user.times, 1.2, { at_most: true })],
          ['a page of deliveries, most ÷ fewest', ...verdict(last.listing.times, 1.2, { at_most: true })],
          ['bytes, most ÷ fewest', ...verdict(last.bytes / rows[0].bytes, 1.1, { at_most: true })]]
}

export async function bench(house, { quick, elsewhere }) {
  const keys = make_keys(), targets = []
  await elsewhere(async (other) => { targets.push(...await compare_forms(other, keys, await start_receivers(other, clients_of_each), { rounds: quick ? 2 : 7, count: quick ? 400 : 2000 })) })
  targets.push(...await grow(house, keys, await start_receivers(house, clients_of_each), quick ? [1000, 10_000] : [10_000, 100_000, 1_000_000], quick ? 2 : 5))
  table('Stores: targets', ['what', 'target', 'measured', 'met'], targets)
  remark(`${connections} connections, ${clients_of_each} clients each, one worker; it and all servers of Redis on one core, all by TCP. Sentinels are not counted.`)
}
