// SPDX-License-Identifier: BSD-2-Clause
// A thousand receivers in one session, each an address of its own: when the first and the last are told, what the user
// waits, and what one in a hundred hanging costs the others. All cores, as many workers as cores.
import { eventually, sleep } from '../t/journeys/parts/house.mjs'
import { set_up } from './fanout.mjs'
import { cores } from './parts/cores.mjs'
import { median, number, remark, table, verdict } from './parts/numbers.mjs'
import { log_in, logouts } from './parts/sessions.mjs'
import { drive, post, signing_together, write_requests } from './parts/tools.mjs'

const everyone = 1000
let series_so_far = 0

// The longest script of Redis since its log was emptied, ms.
const longest_script = async (redis) =>
  Math.max(0, ...(await redis.ask('SLOWLOG', 'GET', '1000')).map((entry) => entry[2])) / 1000

// What to add to the clock of the tools, which began with the machine, for that of the wall, ns. Seen where the wall's changes its
// millisecond; who is held up between the two looks sees too little.
function wall_less_ours() {
  const seen = Array.from({ length: 5 }, () => {
    const then = Date.now()
    while (Date.now() === then);
    return (then + 1) * 1e6 - Number(process.hrtime.bigint())
  })
  return Math.max(...seen)
}

// When the store ended the session, by Redis' own stamp, on the clock of the tools (ns). The stamp is cut to whole milliseconds: the
// middle of that one counts, which is half a one off at most and right on average.
async function end_of(redis, series) {
  const [key] = await redis.ask('KEYS', `*:s:${series}-*`)
  const [stamp] = (await redis.ask('HGET', key, 'n')).split(' ')
  return Number(stamp) * 1e6 + 0.5e6 - wall_less_ours()
}

// Ends one session of `n` clients. Times in ms since the request left, but `first`, since the end in the store.
async function one(stage, alg, n, hanging = 0) {
  const { house, nginx, redis, receivers, clients, keys } = stage
  const part = clients[alg].slice(0, n), series = `t${series_so_far++}`
  await log_in(house, nginx, { series, clients: part, count: 1 })
  const file = logouts(house, nginx, { series, clients: part, key: keys[alg], count: 1 })
  await receivers.hang(hanging, series_so_far % (hanging || 1))
  await sleep(100)
  await receivers.reset()
  await redis.ask('SLOWLOG', 'RESET')
  const said = await drive(nginx.to, 1, file)
  if (!said.statuses['303']) throw new Error(`answered ${JSON.stringify(said.statuses)}`)
  const healthy = hanging ? n - n / hanging : n
  const report = await eventually('all are told', async () => {
    const heard = await receivers.report()
    return heard.told_ns.length >= healthy && heard
  }, { within: 60_000, every: 20 })
  const since = (at) => (at - said.began_ns) / 1e6
  const longest = await longest_script(redis), ended = await end_of(redis, series)
  return { user: said.p50_us / 1000, first: (report.told_ns[0] - ended) / 1e6, half: since(report.told_ns[Math.floor(healthy / 2)]),
           last: since(report.told_ns.at(-1)), longest }
}

// Signing a thousand tokens on all cores, then a thousand POSTs through the same carrier to the same addresses.
async function floor_of(stage, alg) {
  const { house, nginx, receivers } = stage
  const body = 'x'.repeat(stage.body)
  const requests = Array.from({ length: everyone }, (_, i) =>
    post(`${stage.proxied(i, receivers)}`, nginx.to, 'application/x-www-form-urlencoded', body))
  await receivers.hang(0, 0)
  const sent = await drive(nginx.to, 64, write_requests(house.path('proxied'), requests))
  if (sent.statuses['200'] !== everyone) throw new Error(`proxied: ${JSON.stringify(sent.statuses)}`)
  const signing = await signing_together(nginx.pem[alg], everyone) / 1000
  return { signing, posts: sent.seconds * 1000, floor: signing + sent.seconds * 1000 }
}

async function measure(house, { quick, kept }) {
  const names = (receivers) => Array.from({ length: everyone }, (_, i) => ({ name: `app-${i}`, door: receivers.door(i), keepalive: 4 }))
  const stage = await set_up(house, {
    most: everyone, core: cores.all, workers: cores.count, awake_us: 0,  // all cores are for signing
    base: (i, receivers) => (kept ? `http://app-${i}` : `http://${receivers.door(i)}`),
    upstreams: kept ? names : undefined, delivery: 'wait=0 first=10m',
  })
  stage.proxied = (i, receivers) => `/proxied-to?to=${kept ? `app-${i}` : receivers.door(i)}`
  for (let i = 0; i < 6; ++i) await one(stage, 'ES256', everyone)  // all workers warm, connections kept where they can be
  stage.body = (await stage.receivers.report()).body
  const rounds = quick ? 3 : 7, results = {}
  for (const alg of ['ES256', 'RS256']) {
    const runs = { well: [], hung: [], floors: [], users: { 1: [], 100: [], 1000: [] } }
    for (let round = 0; round < rounds; ++round) {
      runs.well.push(await one(stage, alg, everyone))
      runs.floors.push(await floor_of(stage, alg))
      for (const n of [1, 100, 1000]) runs.users[n].push((await one(stage, alg, n)).user)
    }
    for (let round = 0; round < (quick ? 2 : 5); ++round) {
      runs.hung.push(await one(stage, alg, everyone, 100))
      await sleep(5500)  // until those that hang are given up, and their places are free
    }
    results[alg] = runs
  }
  return results
}

function tell(title, results) {
  const rows = [], targets = []
  for (const [alg, runs] of Object.entries(results)) {
    const of = (list, name) => median(list.map((run) => run[name]))
    const floor = of(runs.floors, 'floor'), last = of(runs.well, 'last'), first = of(runs.well, 'first')
    const hung = of(runs.hung, 'last')
    rows.push([alg, number(first, 2), number(of(runs.well, 'half')), number(last), number(floor),
               `${number(of(runs.floors, 'signing'))} + ${number(of(runs.floors, 'posts'))}`, number(hung),
               ...[1, 100, 1000].map((n) => number(median(runs.users[n]), 2)), number(of(runs.well, 'longest'), 2)])
    targets.push([`${alg}: first one told after the end, ms`, ...verdict(first, 2, { at_most: true })],
                 [`${alg}: last one told ÷ floor`, ...verdict(last / floor, 1.5, { at_most: true })])
    targets.push([`${alg}: last healthy one, 1 % hanging ÷ none`, ...verdict(hung / last, 1.1, { at_most: true })])
    targets.push([`${alg}: user with 1000 receivers less user with 1, ms`, 'independent',
                  number(median(runs.users[1000]) - median(runs.users[1]), 2), ''])
  }
  table(title, ['', 'first told ms', 'half told', 'last told', 'floor', 'signing + POSTs', 'last healthy, 1 % hanging', 'user, 1 receiver',
                'user, 100', 'user, 1000', 'longest script'], rows)
  table(`${title}: targets`, ['what', 'target', 'measured', 'met'], targets)
}

export async function bench(house, { elsewhere, ...how }) {
  tell('A thousand receivers, a connection for each delivery', await measure(house, { ...how, kept: false }))
  tell('A thousand receivers, connections kept', await elsewhere((other) => measure(other, { ...how, kept: true })))
  remark('"First told" counts from the moment the store has ended the session, by Redis\' own stamp: the middle of the millisecond that ' +
         'it names. "Floor": 1000 signatures by OpenSSL on all cores, then 1000 POSTs through the same carrier to the same ' +
         'addresses, 64 at a time, as measured in the same run.')
}
