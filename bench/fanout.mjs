// SPDX-License-Identifier: BSD-2-Clause
// What the worker spends on one delivery, with and without signing, beside a wrk-proxied POST of the same size through the
// same location.
import { eventually, sleep } from '../t/journeys/parts/house.mjs'
import { forget_peak, own_bytes, peak_of, spent_by } from './parts/cpu.mjs'
import { make_keys } from './parts/keys.mjs'
import { median, number, remark, table, verdict } from './parts/numbers.mjs'
import { start_nginx, start_receivers, start_redis } from './parts/servers.mjs'
import { back_client, log_in, logouts } from './parts/sessions.mjs'
import { drive, raw_signing, sealing, wrk } from './parts/tools.mjs'

const of_one_session = 1000  // a session holds no more participants

// `most` clients for each algorithm at `base(i, receivers)`; without upstreams of their own they share one.
export async function set_up(house, { most = 5000, base = () => 'http://receivers', upstreams = () => [],
                                      delivery = 'wait=0 per_host=64 concurrency=64 first=10m', awake_us, more_clients = [], name = '', ...how } = {}) {
  const keys = make_keys()
  const redis = await start_redis(house, { name: `redis${name}` })
  const receivers = await start_receivers(house, Math.min(most, 1000), { name: `receivers${name}`, awake_us })
  const clients = Object.fromEntries(['ES256', 'RS256'].map((alg) =>
    [alg, Array.from({ length: most }, (_, i) => back_client(`${alg.slice(0, 2).toLowerCase()}-app-${i}`, base(i, receivers), alg))]))
  const nginx = await start_nginx(house, {
    name: `nginx${name}`, redis, keys, clients: [...Object.values(clients).flat(), ...more_clients],
    upstreams: [{ name: 'receivers', door: receivers.door(0), keepalive: 64 }, ...upstreams(receivers)],
    provider: `delivery ${delivery};`, ...how })
  return { house, keys, redis, receivers, nginx, clients }
}

let series_so_far = 0

// Sessions of `n` clients all in all, and the requests that end them, `times` over.
export async function prepare({ house, nginx, clients, keys }, alg, n, times = 1) {
  const files = []
  for (let i = 0; i < n; i += of_one_session) {
    const part = clients[alg].slice(i, Math.min(n, i + of_one_session)), series = `f${series_so_far++}`
    await log_in(house, nginx, { series, clients: part, count: times })
    files.push(logouts(house, nginx, { series, clients: part, key: keys[alg], count: times }))
  }
  await sleep(50)
  return { files, owed: n * times }
}

// Ends them, and returns when all that is owed has been told and settled.
export async function run_out({ nginx, receivers }, { files, owed }) {
  await receivers.reset()
  await Promise.all(files.map((file) => drive(nginx.to, 1, file)))
  await eventually('all are told', async () => await receivers.count() >= owed, { within: 60_000, every: 5 })
  await sleep(30)
}

// One fan-out to `n` receivers, repeated `times`: per delivery, µs of worker and Redis.
export async function fan_out(stage, alg, n, times = 1) {
  const { nginx, redis } = stage
  const work = await prepare(stage, alg, n, times)
  const { cpu } = await spent_by({ nginx: nginx.worker, redis: redis.pid }, () => run_out(stage, work))
  return { worker: cpu.nginx.all / work.owed, loop: cpu.nginx.main / work.owed, threads: cpu.nginx.others / work.owed,
           redis: cpu.redis.all / work.owed }
}

// What 5000 deliveries add to a worker that has seen nothing alike, at the worst moment: resident bytes, and bytes of its
// own (what reading the configuration left behind and the worker took over is resident before).
async function growth_of(stage) {
  const { worker } = stage.nginx, work = await prepare(stage, 'ES256', 5000)
  const own = own_bytes(worker), resident = forget_peak(worker)
  let most = own
  const watch = setInterval(() => { most = Math.max(most, own_bytes(worker)) }, 10)
  await run_out(stage, work)
  clearInterval(watch)
  return { resident: (peak_of(worker) - resident) / 1e6, own: (most - own) / 1e6 }
}

export async function proxied_posts(stage, bytes, { connections = 64, seconds, path = '/proxied' }) {
  const script = stage.house.write('post.lua', `wrk.method = "POST"\nwrk.body = string.rep("x", ${bytes})\n` +
    'wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\n')
  const { cpu, result } = await spent_by({ nginx: stage.nginx.worker }, () => wrk(`${stage.nginx.url}${path}`, { connections, seconds, script }))
  return cpu.nginx.all / result.answers
}

export async function bench(house, { quick }) {
  const stage = await set_up(house)
  const rounds = quick ? 2 : 5
  const sizes = [[1, quick ? 200 : 1000], [10, quick ? 50 : 200], [100, quick ? 5 : 20], [1000, quick ? 1 : 3], [5000, 1]]
  await fan_out(stage, 'ES256', 10)
  const grown = await growth_of(stage)
  const rows = { ES256: new Map(), RS256: new Map() }
  const posts = [], signing = { ES256: [], RS256: [] }, tokens = { ES256: [], RS256: [] }
  let bytes = 0
  for (let round = 0; round < rounds; ++round) {
    for (const [n, times] of sizes) {
      for (const alg of ['ES256', 'RS256']) {
        if (alg === 'RS256' && (round > 1 || n > 1000)) continue
        const row = await fan_out(stage, alg, n, times)
        rows[alg].set(n, [...(rows[alg].get(n) ?? []), row])
        if (alg === 'ES256') bytes = (await stage.receivers.report()).body
      }
    }
    posts.push(await proxied_posts(stage, bytes, { seconds: quick ? 1 : 2 }))
    for (const [alg, count] of [['ES256', 10_000], ['RS256', 600]]) {
      signing[alg].push((await raw_signing(stage.nginx.pem[alg], { count })).sign_us)
      tokens[alg].push(await sealing(alg, count))
    }
  }
  const post = median(posts)
  const raw = { ES256: median(signing.ES256), RS256: median(signing.RS256) }
  const whole = { ES256: median(tokens.ES256), RS256: median(tokens.RS256) }
  const lines = []
  for (const alg of ['ES256', 'RS256']) {
    for (const [n, runs] of rows[alg]) {
      const of = (name) => median(runs.map((run) => run[name]))
      lines.push([`${n} × ${alg}`, number(of('worker')), number(of('loop')), number(of('threads')),
                  ...[raw, whole].flatMap((less) => [number(of('worker') - less[alg]), number((of('worker') - less[alg]) / post, 2)]), number(of('redis'))])
    }
  }
  table(`Fan-out: µs of the worker for one delivery (proxied POST of ${bytes} bytes by wrk, same location: ${number(post)} µs)`,
        ['receivers', 'worker', 'of it event loop', 'of it threads', 'less the signature', '÷ POST', 'less the token', '÷ POST', 'Redis'], lines)
  remark(`"Less the signature": the whole worker less one raw signature (ES256 ${number(raw.ES256)} µs, RS256 ${number(raw.RS256)} µs: ` +
         `OpenSSL alone, same core, same run). "Less the token": less all that makes one (${number(whole.ES256)} and ${number(whole.RS256)} µs: ` +
         'the core alone, claims to form). Few deliveries at a time also carry the share of the logout request that began them.')
  const es = rows.ES256.get(1000).map((run) => run.worker)
  table('Fan-out: targets', ['what', 'target', 'measured', 'met'], [
    ['delivery less its signature ÷ proxied POST (1000 × ES256)', ...verdict((median(es) - raw.ES256) / post, 0.7, { at_most: true })],
    ['delivery less its token ÷ proxied POST (1000 × ES256)', ...verdict((median(es) - whole.ES256) / post, 0.7, { at_most: true })],
    ['RSS growth of 5000 deliveries at its peak, MB', ...verdict(grown.resident, 20, { at_most: true, digits: 1 })],
    ['memory of its own that the worker took for them, MB', ...verdict(grown.own, 20, { at_most: true, digits: 1 })]])
}
