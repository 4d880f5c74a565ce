// SPDX-License-Identifier: BSD-2-Clause
// An application that is its own OIDC client: its callback ties its cookie to the session, which then ends by every door.
import assert from 'node:assert/strict'
import http from 'node:http'
import { once } from 'node:events'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, eventually, free_port, sleep } from './parts/house.mjs'
import { start_nginx } from './parts/nginx.mjs'
import { query, set_stage } from './parts/stage.mjs'

const in_time = { timeout: 60_000 }

// Its callback begins a session of its own, its pages want one, its /sign_out ends it.
async function start_app(house) {
  const app = { sessions: new Set(), logouts: [] }
  const server = http.createServer((request, answer) => {
    request.resume()
    const [, id] = /JSESSIONID=([\w-]+)/.exec(request.headers.cookie ?? '') ?? []
    if (request.url.startsWith('/callback')) {
      const fresh = randomUUID()
      app.sessions.add(fresh)
      return answer.writeHead(302, { location: '/home', 'set-cookie': `JSESSIONID=${fresh}; Path=/; HttpOnly` }).end('to your page')
    }
    if (request.url.startsWith('/sign_out')) app.logouts.push(id), app.sessions.delete(id)
    answer.writeHead(app.sessions.has(id) || request.url.startsWith('/sign_out') ? 200 : 403).end('application')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  house.when_over(() => { server.close(); server.closeAllConnections() })
  app.url = `http://127.0.0.1:${server.address().port}`
  return app
}

async function settle(t, how = {}) {
  const house = new House(t)
  const app = await start_app(house)
  const options = {
    clients: [], store: `timeout=1s secret_file=${house.write('secret.txt', `${'s'.repeat(32)}\n`)}`,
    provider: 'client_id gateway; delivery first=200ms timeout=2s;',
    locations: `server_name app.example; slo_cookie JSESSIONID track; slo_app_logout /sign_out; add_header X-Slo-Status $slo_status always;
      location = /slo/back { slo_backchannel_logout main; }
      location = /slo/front { slo_frontchannel_logout main; }
      location = /out { slo_guard main sid=$arg_sid; slo_logout main local then=/bye; }
      location / { slo_guard main; proxy_pass ${app.url}; }
      location = /callback { slo_bind main sid=$arg_session_state sub=$arg_sub; proxy_pass ${app.url}; }`, ...how }
  const stage = await set_stage(house, { name: 'nginx-1', ...options })
  const host = '127.0.0.4'
  const two = await start_nginx(house, { name: 'nginx-2', host, port: await free_port(host), redis: stage.redis, issuer: stage.issuer, ...options })
  const all = [stage.nginx, two]
  const visit = (nginx, cookie) => send(`${nginx.url}/home`, { headers: cookie ? { cookie } : {} })
  for (const nginx of all)
    await eventually('the guard knows all', async () => (await visit(nginx)).headers['x-slo-status'] === 'none')
  const sign_in = async (nginx, sid, sub) => {
    const answer = await send(`${nginx.url}/callback?${query({ session_state: sid, sub })}`)
    assert.deepEqual([answer.status, answer.body], [302, 'to your page'])
    return [answer.headers['set-cookie']].flat()[0].split(';')[0]
  }
  const back = async (nginx, claims) => (await send(`${nginx.url}/slo/back`, { method: 'POST',
    form: { logout_token: await stage.issuer.logout_token({ aud: 'gateway', ...claims }) } })).status
  return { ...stage, app, all, visit, sign_in, back }
}

const doors = {
  'by token': ({ back, all }, sid) => back(all[1], { sid }),
  'by token, of the user': ({ back, all, issuer }, sid) => back(all[1], { sub: `sub-of-${sid}`, iat: issuer.now() }),
  'by iframe': async ({ all, issuer }, sid) => (await send(`${all[1].url}/slo/front?${query({ iss: issuer.issuer, sid })}`)).status,
  'by button': async ({ all }, sid) => (await send(`${all[1].url}/out?${query({ sid })}`, { headers: { 'sec-fetch-site': 'none' } })).status && 200,
  'by API': async ({ all }, sid) => (await all[1].ask('DELETE', `sessions/${sid}`)).status,
}

test('a login that its callback has bound is known on every host at once, and ends by every door, with its application\'s own session', in_time, async (t) => {
  const stage = await settle(t)
  const { app, all, visit } = stage
  const bystander = await stage.sign_in(all[0], 'sid-of-another', 'another')
  for (const [i, [door, end]] of Object.entries(doors).entries()) {
    const sid = `sid-${i}`
    const cookie = await stage.sign_in(all[0], sid, `sub-of-${sid}`)
    for (const nginx of [...all, ...all]) {
      const { status, headers } = await visit(nginx, cookie)
      assert.deepEqual([status, headers['x-slo-status']], [200, 'ok'], door)
    }
    assert.equal(await end(stage, sid), 200, door)
    for (const nginx of all) await eventually(`${door}: refused`, async () => (await visit(nginx, cookie)).status === 401)
    await eventually(`${door}: the application's own session is gone`, () => !app.sessions.has(cookie.split('=')[1]))
  }
  await sleep(1500)
  assert.equal(app.logouts.length, Object.keys(doors).length, 'each once')
  assert.equal((await visit(all[1], bystander)).status, 200)
})

test('who signs in while the store is away gets his answer, is bound when it is back, and ends by every logout from then on', in_time, async (t) => {
  const stage = await settle(t)
  const { app, all, visit } = stage
  await stage.redis.kill()
  const cookie = await stage.sign_in(all[0], 's1'), other = await stage.sign_in(all[0], 's2')
  assert.match(await all[0].metrics(), /slo_bindings_failed_total [1-9]/)
  assert.match(all[0].log(), /\[warn\] .*slo: a login is not bound yet, and ends with no logout: tried again until it is, provider "main"/)
  await stage.redis.start_again()
  await eventually('a logout is taken', async () => await stage.back(all[1], { sid: 's2' }) === 200)
  for (const nginx of all) await eventually('a login that was over before it was bound is refused', async () => (await visit(nginx, other)).status === 401, { within: 10_000 })
  for (const nginx of all) await eventually('it is bound', async () => (await visit(nginx, cookie)).headers['x-slo-status'] === 'ok', { within: 10_000 })
  assert.match(all[0].log(), /slo: a login that waited for the store is settled, provider "main"/)
  assert.equal(await stage.back(all[1], { sid: 's1' }), 200)
  for (const nginx of all) await eventually('it is refused', async () => (await visit(nginx, cookie)).status === 401)
  await eventually('the application is called', () => !app.sessions.has(cookie.split('=')[1]))
})

test('what a worker left half-way, the next one that sees the cookie completes: the application is called', in_time, async (t) => {
  const stage = await settle(t)
  const { app, all, visit } = stage
  await stage.redis.ask('ACL', 'SETUSER', 'default', '-hset')  // the cookie is the session's, but nothing is remembered with that
  const cookie = await stage.sign_in(all[0], 's1')
  for (const pid of all[0].workers()) process.kill(pid, 'SIGKILL')
  await stage.redis.ask('ACL', 'SETUSER', 'default', '+hset')
  assert.equal((await all[1].session('s1')).status, 404)
  await eventually('it is known by its cookie', async () => (await visit(all[1], cookie)).headers['x-slo-status'] === 'ok')
  await eventually('the session knows of the application', async () => (await all[1].session('s1')).status === 200)
  assert.equal(await stage.back(all[1], { sid: 's1' }), 200)
  await eventually('the application is called', () => !app.sessions.has(cookie.split('=')[1]))
})

test('a callback cannot take over, or end, what is somebody else\'s', in_time, async (t) => {
  const stage = await settle(t)
  const { all, visit } = stage
  const mine = await stage.sign_in(all[0], 'mine', 'ann')
  assert.equal((await send(`${all[1].url}/callback?session_state=other`, { headers: { cookie: mine } })).status, 302)
  assert.equal(await stage.back(all[0], { sid: 'other' }), 200)
  for (const nginx of all) assert.equal((await visit(nginx, mine)).status, 200)
  assert.equal(await stage.back(all[0], { sid: 'mine' }), 200)
  for (const nginx of all) await eventually('refused', async () => (await visit(nginx, mine)).status === 401)
})
