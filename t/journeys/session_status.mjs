// SPDX-License-Identifier: BSD-2-Clause
// An application's page asks whether its user is still signed in, and learns that and nothing else.
import assert from 'node:assert/strict'
import http from 'node:http'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { start_chromium } from './parts/chromium.mjs'
import { House, eventually, free_port } from './parts/house.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

const app_host = '127.0.0.3'

async function settle(t, { port = 1, ...how } = {}) {
  const house = new House(t), app = `http://${app_host}:${port}`
  const stage = await set_stage(house, { clients: [back_client('app', app)], store: 'timeout=500ms',
                                         locations: 'location = /status { slo_session_status main; }', ...how })
  const register = (sid, cookie) => stage.nginx.register({ client_id: 'app', sid, sub: 'ann', session_cookie: cookie })
  const ask = (cookie, { headers = {}, ...more } = {}) =>
    send(`${stage.nginx.url}/status`, { ...more, headers: { ...(cookie && { cookie: `_session=${cookie}` }), ...headers } })
  return { ...stage, house, app, register, ask }
}

const said = ({ status, body }) => [status, JSON.parse(body)]
const inactive = [200, { active: false }]

test('live, ended, unknown, none, several', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t)
  const keys = async () => (await stage.redis.ask('KEYS', '*')).split('\n').sort()
  await stage.register('s1', 'one')
  const before = await keys()
  const live = await stage.ask('one')
  assert.deepEqual([live.status, Object.keys(JSON.parse(live.body)), JSON.parse(live.body).active], [200, ['active', 'age'], true])
  assert.ok(JSON.parse(live.body).age < 30)
  assert.deepEqual([live.headers['cache-control'], live.headers.vary, live.headers['set-cookie']], ['no-store', 'Origin', undefined])
  assert.deepEqual(said(await stage.ask('another')), inactive)
  assert.deepEqual(said(await stage.ask(undefined)), inactive)
  assert.equal(JSON.parse((await stage.ask('another; _session="one"')).body).active, true, 'the second of two, in quotes')
  assert.deepEqual(await keys(), before, 'nothing is written')
  await stage.nginx.ask('DELETE', 'sessions/s1')
  assert.deepEqual(said(await stage.ask('one')), inactive)
  assert.doesNotMatch(stage.nginx.log(), /\[(warn|error|crit|alert|emerg)\] .*slo:/)
})

test('to ask is no activity: an idle session ends in its time', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t, { provider: 'session idle=2s absolute=1h;' })
  await stage.register('s1', 'one')
  const began = Date.now()
  await eventually('it is over', async () => !JSON.parse((await stage.ask('one')).body).active, { within: 5_000, every: 100 })
  assert.ok(Date.now() - began < 3500)
})

test('who may ask, and how', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t)
  await stage.register('s1', 'one')
  const allowed = ({ headers }) => [headers['access-control-allow-origin'], headers['access-control-allow-credentials']]
  const ours = await stage.ask('one', { headers: { origin: stage.app, 'sec-fetch-site': 'cross-site' } })
  assert.deepEqual([ours.status, JSON.parse(ours.body).active, ...allowed(ours)], [200, true, stage.app, 'true'])
  for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }]) {
    const answer = await stage.ask('one', { headers })
    assert.deepEqual([answer.status, JSON.parse(answer.body).active, ...allowed(answer)], [403, undefined, undefined, undefined])
  }
  const preflight = await stage.ask(undefined, { method: 'OPTIONS', headers: { origin: stage.app, 'access-control-request-method': 'GET' } })
  assert.deepEqual([preflight.status, preflight.headers['access-control-allow-methods'], ...allowed(preflight)], [204, 'GET, HEAD', stage.app, 'true'])
  assert.equal((await stage.ask(undefined, { method: 'OPTIONS', headers: { origin: 'https://evil.example' } })).status, 403)
  const head = await stage.ask('one', { method: 'HEAD' })
  assert.deepEqual([head.status, head.body], [200, ''])
  for (const method of ['POST', 'PUT', 'DELETE']) {
    const answer = await stage.ask('one', { method, body: 'x'.repeat(100_000) })
    assert.deepEqual([answer.status, answer.headers.allow], [405, 'GET, HEAD, OPTIONS'], method)
  }
  const long = await stage.ask(Array.from({ length: 50 }, (_, i) => `c${i}`).join('; _session='))
  assert.deepEqual(said(long), inactive, 'of very many cookies some are looked up')
})

test('while the store is away nobody is told anything', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t)
  await stage.register('s1', 'one')
  stage.redis.freeze()
  const answer = await stage.ask('one', { headers: { origin: stage.app } })
  stage.redis.thaw()
  assert.deepEqual([answer.status, answer.headers['access-control-allow-origin'], answer.headers['retry-after'] !== undefined], [503, stage.app, true])
  assert.equal(JSON.parse(answer.body).active, undefined)
  await eventually('it is back', async () => (await stage.ask('one')).status === 200)
})

test('in a real browser: the page of a client may read the answer, a stranger may not', { timeout: 120_000 }, async (t) => {
  const house = new House(t)
  const page = (request, answer) => answer.writeHead(200, { 'content-type': 'text/html' }).end('<title>an application</title>')
  const [ours, strange] = await Promise.all([app_host, '127.0.0.4'].map(async (host) => {
    const server = http.createServer(page), port = await free_port(host)
    await new Promise((done) => server.listen(port, host, done))
    house.when_over(() => { server.close(); server.closeAllConnections() })
    return { host, port, url: `http://${host}:${port}` }
  }))
  const stage = await settle(t, { port: ours.port })
  await stage.register('s1', 'one')
  const chromium = await start_chromium(house)
  const ask_from = async (url, { signed_in }) => {
    const tab = await chromium.new_page()
    if (signed_in) await tab.put_cookie(stage.nginx.url, '_session', 'one')
    await tab.goto(url)
    await tab.arrives_at(url)
    await eventually('the page asks', () => tab.read(`void fetch('${stage.nginx.url}/status', { credentials: 'include' })
      .then(async (answer) => { window.heard = answer.status + ' ' + await answer.text() }, (error) => { window.heard = error.name }), true`))
    return eventually('it hears', () => tab.read('window.heard'))
  }
  assert.match(await ask_from(ours.url, { signed_in: false }), /^200 \{"active":false\}$/)
  assert.match(await ask_from(ours.url, { signed_in: true }), /^200 \{"active":/)
  assert.equal(await ask_from(strange.url, { signed_in: true }), 'TypeError')
})
