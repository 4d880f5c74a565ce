// SPDX-License-Identifier: BSD-2-Clause
// What users notice while a hundred thousand sessions expire in one second: their logouts and their tokens beside those of
// a calm time, what was refused, how the worker grows, and when the last one is told.
import { Agent, createServer, get as fetch } from 'node:http'
import { sleep } from '../t/journeys/parts/house.mjs'
import { forget_peak, peak_of } from './parts/cpu.mjs'
import { set_up } from './fanout.mjs'
import { id_token } from './parts/keys.mjs'
import { number, quantile, remark, table, verdict } from './parts/numbers.mjs'
import { back_client, log_in } from './parts/sessions.mjs'

const every_ms = 20

// Makes all sessions of `series` due at `at` (s): their absolute life ends then.
async function let_expire(redis, series, at) {
  const script = `for _, key in ipairs(KEYS) do
    redis.call('HSET', key, 'x', ARGV[1] - redis.call('HGET', key, 't'))
    redis.call('ZADD', (string.gsub(key, ':s:.*', ':x')), ARGV[1], string.match(key, ':s:(.*)')) end`
  let cursor = '0'
  do {
    const [next, keys] = await redis.ask('SCAN', cursor, 'MATCH', `*:s:${series}-*`, 'COUNT', '2000')
    if (keys.length) await redis.ask('EVAL', script, keys.length, ...keys, at)
    cursor = next
  } while (cursor !== '0')
}

// The application of the users: notes when the token of which session came, ms.
async function users_application(house) {
  const told = new Map()
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => { body += chunk }).on('end', () => {
      const claims = JSON.parse(Buffer.from(decodeURIComponent(body.replace(/^logout_token=/, '')).split('.')[1], 'base64url'))
      told.set(claims.sid, performance.now())
      response.end()
    })
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  house.when_over(() => { server.closeAllConnections(); server.close() })
  return { told, base: `http://127.0.0.1:${server.address().port}` }
}

// One user after the other logs out, at a fixed pace, answered or not.
class Users {
  constructor(stage, app) {
    Object.assign(this, { stage, app, next: 0, asked: [], agent: new Agent({ keepAlive: true, maxSockets: 64 }) })
  }

  log_out() {
    const { nginx, keys } = this.stage, sid = `${'user-5f0cQb7kM2x'.slice(0, 14)}${String(this.next++).padStart(8, '0')}`
    const hint = id_token(keys.ES256, { iss: nginx.issuer, aud: 'users-app', sub: `user-user-${sid.slice(-8)}`, sid })
    const onward = encodeURIComponent(`${this.app.base}/bye`)
    const one = { sid, began: performance.now() }
    this.asked.push(one)
    fetch(`${nginx.url}/logout?id_token_hint=${hint}&post_logout_redirect_uri=${onward}`,
          { agent: this.agent, headers: { Cookie: `_session=${sid}.kJ8vYt3pQw6zLm1nBc4` } }, (answer) => {
      one.took = performance.now() - one.began
      one.status = answer.statusCode
      answer.resume()
    }).on('error', (error) => { one.status = error.message })
  }

  // Until `is_over`; what became of those who left meanwhile.
  async leave(is_over) {
    this.asked = []
    for (let turn = performance.now(), i = 0; !await is_over(i); ++i) {
      this.log_out()
      turn += every_ms
      await sleep(Math.max(0, turn - performance.now()))
    }
    await sleep(2000)
    const statuses = {}
    for (const { status } of this.asked) statuses[status] = (statuses[status] ?? 0) + 1
    return { statuses, took: this.asked.map(({ took }) => took ?? Infinity),
             token: this.asked.map(({ sid, began }) => (this.app.told.get(sid) ?? Infinity) - began) }
  }
}

export async function bench(house, { quick }) {
  const sessions = quick ? 20_000 : 100_000, users = 12_000, calm = quick ? 250 : 500
  const app = await users_application(house)
  const stage = await set_up(house, { most: 2, base: (i, receivers) => `http://${receivers.door(i)}`, awake_us: 0,
                                      delivery: 'wait=0', store: 'timeout=1s', more_clients: [back_client('users-app', app.base)] })
  const { nginx, redis, receivers, clients } = stage
  await log_in(house, nginx, { series: 'mass', clients: clients.ES256, count: sessions })
  await log_in(house, nginx, { series: 'user', clients: [{ client_id: 'users-app' }], count: users })
  const leaving = new Users(stage, app)
  await leaving.leave((i) => i === 50)  // warm
  const before = await leaving.leave((i) => i === calm)
  await receivers.reset()
  const due = Math.ceil(Date.now() / 1000) + (quick ? 3 : 10)
  await let_expire(redis, 'mass', due)
  await sleep(due * 1000 - Date.now())
  const resident = forget_peak(nginx.worker)
  let last = 0, told = 0
  const during = await leaving.leave(async (i) => {
    if (i % 10 === 0) told = await receivers.count()
    if (told >= 2 * sessions) last = last || Date.now() / 1000 - due
    return last > 0 || i * every_ms > 180_000
  })
  const grown = (peak_of(nginx.worker) - resident) / 1e6
  const log = nginx.log()
  const lines = (pattern) => (log.match(pattern) ?? []).length
  const row = (name, { took, token, statuses }) => [name, String(took.length), ...[0.5, 0.99, 1].map((q) => number(quantile(took, q), 2)),
    ...[0.5, 0.99, 1].map((q) => number(quantile(token, q), 2)), JSON.stringify(statuses)]
  const left = await redis.ask('EVAL', `local n = 0 for _, key in ipairs(redis.call('KEYS', '*:q')) do
    if redis.call('TYPE', key).ok == 'zset' then n = n + redis.call('ZCARD', key) end end return n`, 0)
  table(`${sessions} sessions of two clients expire in one second`,
        ['users who log out', 'how many', 'answer p50 ms', 'p99', 'max', 'token p50 ms', 'p99', 'max', 'answers'],
        [row('while nothing else is done', before), row('while they expire', during)])
  table('Mass expiry: targets', ['what', 'target', 'measured', 'met'], [
    ["p99 of users' answers ÷ calm", ...verdict(quantile(during.took, 0.99) / quantile(before.took, 0.99), 2, { at_most: true })],
    ["p99 of users' tokens ÷ calm", 'independent', number(quantile(during.token, 0.99) / quantile(before.token, 0.99), 2), ''],
    ['users refused', ...verdict(during.took.length - (during.statuses[303] ?? 0), 0, { at_most: true, digits: 0 })],
    ['time-outs of the link to Redis', ...verdict(lines(/no answer within/g), 0, { at_most: true, digits: 0 })],
    ['told less owed (more: told twice)', ...verdict(Math.abs(await receivers.count() - 2 * sessions), 0, { at_most: true, digits: 0 })],
    ['RSS growth of the worker at its peak, MB', ...verdict(grown, 20, { at_most: true, digits: 1 })],
    ['the last one is told after, s', 'independent', number(last || NaN), ''],
    ['deliveries left in the store', ...verdict(left, 0, { at_most: true, digits: 0 })]])
  remark('One worker and Redis on one core, the users, their application and the receivers on the other. A user logs out every ' +
         `${every_ms} ms. The whole of it is worked off by one worker, which is busy all the time.`)
}
