// SPDX-License-Identifier: BSD-2-Clause
// Two hosts, two applications, hundreds of sessions ended by each door while workers are killed: which application logouts were called how often, and with whose cookies.
import assert from 'node:assert/strict'
import http from 'node:http'
import { once } from 'node:events'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, eventually, free_port, sleep } from './parts/house.mjs'
import { start_nginx } from './parts/nginx.mjs'
import { query, set_stage } from './parts/stage.mjs'
import { start_table } from './parts/table.mjs'

const each_door = Number(process.env.SLO_SESSIONS ?? 200) / 5
const asked_doors = (process.env.SLO_DOOR ?? 'back expiry').split(' ')  // all: five, which takes a minute and a half
const at_once = 16

// Notes the logout calls; `slow` milliseconds pass before each is answered.
async function start_application(house, name, slow) {
  const calls = []
  const server = http.createServer((request, answer) => {
    request.resume()
    if (!request.url.endsWith('/logout')) return answer.end(name)
    calls.push({ url: request.url, cookie: request.headers.cookie ?? '' })
    setTimeout(() => answer.end('out'), slow)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  house.when_over(() => { server.close(); server.closeAllConnections() })
  return { calls, url: `http://127.0.0.1:${server.address().port}` }
}

const locations = (apps) => `server_name shop.example;
  location = /slo/back { slo_backchannel_logout main; }
  location = /slo/front { slo_frontchannel_logout main; }
  location = /out { slo_guard main sid=$arg_sid sub=$arg_sub; slo_logout main local then=/bye; }
  ${Object.entries(apps).map(([name, { url }]) => `location /${name}/ { slo_guard main sid=$arg_sid sub=$arg_sub; slo_cookie ${name}_session track;
    slo_app_logout /${name}/logout; add_header X-Slo-Status $slo_status always; proxy_pass ${url}; }`).join('\n')}`

async function settle(house) {
  const apps = { cart: await start_application(house, 'cart', 20), wiki: await start_application(house, 'wiki', 60) }
  const options = { clients: [], locations: locations(apps), provider: 'client_id gateway; delivery timeout=2s first=200ms concurrency=8;',
                    store: `timeout=2s secret_file=${house.write('secret.txt', `${'s'.repeat(32)}\n`)}` }
  const stage = await set_stage(house, { name: 'nginx-1', ...options })
  const host = '127.0.0.4'
  const hosts = [stage.nginx, await start_nginx(house, { name: 'nginx-2', host, port: await free_port(host), redis: stage.redis, issuer: stage.issuer, ...options })]
  const visit = (nginx, name, { sid, sub, cookie }) => send(`${nginx.url}/${name}/?${query({ sid, sub })}`, { headers: { cookie } })
  for (const nginx of hosts) await eventually('the guard knows all', async () => (await visit(nginx, 'cart', { sid: 'nobody', cookie: '' })).headers['x-slo-status'] === 'ok')
  return { ...stage, apps, hosts, visit }
}

// By which door a session is ended: resolved with true once the answer says so.
const doors = {
  back: async ({ issuer }, { url }, { sid }) => (await send(`${url}/slo/back`, { method: 'POST', form: { logout_token: await issuer.logout_token({ aud: 'gateway', sid }) } })).status === 200,
  front: async ({ issuer }, { url }, { sid }) => (await send(`${url}/slo/front?${query({ iss: issuer.issuer, sid })}`)).status === 200,
  button: async (_, { url }, { sid, sub }) => (await send(`${url}/out?${query({ sid, sub })}`, { headers: { 'sec-fetch-site': 'none' } })).status === 303,
  API: async (_, nginx, { sid }) => (await nginx.ask('DELETE', `sessions/${sid}`)).status === 200,
  // Due at once.
  expiry: async ({ redis }, _, { sid }) => {
    await redis.ask('EVAL', `for _, key in ipairs(redis.call('KEYS', '*:s:' .. ARGV[1])) do
      redis.call('HSET', key, 'x', 0)
      redis.call('ZADD', (string.gsub(key, ':s:.*', ':x')), 1, ARGV[1]) end`, '0', sid)
    return true
  },
}

// `work` for each, some at once; what fails (its worker was killed) is done again, as an OP, a user or an operator would.
async function each_at_last(all, work) {
  const rest = [...all]
  const one = async () => {
    for (let next = rest.shift(); next; next = rest.shift())
      await eventually('it is done at last', () => work(next).catch(() => false), { within: 60_000, every: 100 })
  }
  await Promise.all(Array.from({ length: at_once }, one))
}

function count_of(calls, sessions, name) {
  const known = new Map(sessions.map((session) => [`${name}_session=${session.values[name]}`, session.sid]))
  const times = new Map(sessions.map(({ sid }) => [sid, 0]))
  let wrong = 0
  for (const { cookie } of calls) {
    const sid = known.get(cookie)
    if (sid === undefined) ++wrong
    else times.set(sid, times.get(sid) + 1)
  }
  const counts = [...times.values()]
  return { once: counts.filter((n) => n === 1).length, more: counts.filter((n) => n > 1).length, never: counts.filter((n) => n === 0).length, wrong }
}

const sessions_of = (door) => Array.from({ length: each_door }, (_, n) => {
  const values = { cart: `cart-of-${door}-${n}`, wiki: `wiki-of-${door}-${n}` }
  return { sid: `${door}-${n}`, sub: `user-${n}`, values, cookie: Object.entries(values).map(([name, value]) => `${name}_session=${value}`).join('; ') }
})

async function begin(stage, sessions) {
  await each_at_last(sessions.flatMap((session, n) => Object.keys(stage.apps).map((name, i) => ({ session, name, nginx: stage.hosts[(n + i) % 2] }))),
    async ({ session, name, nginx }) => (await stage.visit(nginx, name, session)).headers['x-slo-status'] === 'ok')
  for (const { sid } of sessions)
    await eventually('both applications take part', async () => (await stage.nginx.session(sid)).json?.applications?.length === 2)
}

const kill_a_worker = (nginx) => process.kill(nginx.workers()[0], 'SIGKILL')

test('each application of each session is called, whichever door and host ended it, while workers are killed', { timeout: 600_000 }, async (t) => {
  const stage = await settle(new House(t)), { apps, hosts } = stage
  const table = start_table(t, ['door', 'sessions', 'application', 'called once', 'more often', 'never', 'calls with cookies of others', 'settled after ms'])
  const failures = []
  for (const [door, knock] of Object.entries(doors).filter(([name]) => asked_doors.includes('all') || asked_doors.includes(name))) {
    const sessions = sessions_of(door), before = Object.fromEntries(Object.entries(apps).map(([name, { calls }]) => [name, calls.length]))
    await begin(stage, sessions)
    const begun = Date.now()
    let ended = 0
    await each_at_last(sessions.map((session, n) => ({ session, nginx: hosts[n % 2] })), async ({ session, nginx }) => {
      const done = await knock(stage, nginx, session)
      if (done && ++ended === Math.floor(each_door / 3)) for (const host of hosts) kill_a_worker(host)
      return done
    })
    const called = (name) => apps[name].calls.slice(before[name])
    await eventually(`${door}: all have been called`, () => Object.keys(apps).every((name) => count_of(called(name), sessions, name).never === 0), { within: 90_000 }).catch(({ message }) => failures.push(message))
    await eventually(`${door}: nothing is owed`, async () => (await stage.nginx.deliveries('pending')).length === 0, { within: 60_000 }).catch(({ message }) => failures.push(message))
    const took = Date.now() - begun
    await sleep(500)
    for (const name of Object.keys(apps)) {
      const { once: just_once, more, never, wrong } = count_of(called(name), sessions, name)
      table.row(door, sessions.length, name, just_once, more, never, wrong, took)
      if (never || wrong) failures.push(`${door}: ${name}: ${never} never called, ${wrong} calls with a cookie of others`)
    }
    for (const nginx of hosts) for (const { sid, sub, cookie } of sessions.slice(0, 5))
      assert.equal((await stage.visit(nginx, 'cart', { sid, sub, cookie })).status, 401, `${door}: refused`)
  }
  assert.deepEqual(failures, [])
  assert.deepEqual(await stage.nginx.deliveries('dead'), [])
})
