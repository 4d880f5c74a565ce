// SPDX-License-Identifier: BSD-2-Clause
// In front of applications: nginx quits, reloads or stops, clients leave, Redis falls silent or dies, while guarded answers go on, logouts
// come in and the feed reads: what a checker of memory wants to see (t/memory/asan, t/memory/valgrind).
import assert from 'node:assert/strict'
import http from 'node:http'
import { connect as connect_http2, constants } from 'node:http2'
import { connect } from 'node:net'
import { test } from 'node:test'
import { send } from '../journeys/parts/browser_jar.mjs'
import { set_guard } from '../journeys/parts/guard_stage.mjs'
import { House, eventually, free_port, patience, sleep } from '../journeys/parts/house.mjs'

const timeout = 30_000 * patience
const client = { client_id: 'app', redirect_uris: ['https://app.example/'], frontchannel_logout_uri: 'https://app.example/front' }
const settled = (promises) => Promise.allSettled(promises)

async function prepare(house, how = {}) {
  const port = await free_port()
  const stage = await set_guard(house, { store: `timeout=${patience}s`, clients: [client], ...how,
    provider: `end_session https://op.example/bye; max_stale ${2 * patience}s; ${how.provider ?? ''}`,
    locations: `listen 127.0.0.1:${port} http2; location = /slo/out { slo_logout main token=$http_authorization; }
      location = /slo/local { slo_logout main local token=$http_authorization then=/gone; proxy_pass http://127.0.0.1:${port}/none; } ${how.locations ?? ''}` })
  const join = () => {
    const http2 = connect_http2(`http://127.0.0.1:${port}`)
    http2.on('error', () => {})
    house.when_over(() => http2.destroy())
    return http2
  }
  const press = async (path, claims) => send(`${stage.nginx.url}${path}`, { timeout, headers: { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document', authorization: await stage.issuer.id_token({ aud: 'gateway', sub: 'ann', ...claims }) } })
  return { ...stage, http2: join(), join, press }
}

// What is open: over HTTP/1.1, upgraded, over HTTP/2; what talks, and what waits for the application.
function hold(stage, sid) {
  const all = []
  const open = (stream) => {
    const held = { stream, talks: false, closed: false }
    stream.on('error', () => {})
    stream.on('data', (bytes) => { held.talks ||= String(bytes).includes('tick') })
    stream.on('close', () => { held.closed = true })
    all.push(held)
  }
  const { port, hostname } = new URL(stage.nginx.url)
  const upgrade = 'Upgrade: clock\r\nConnection: Upgrade\r\n'
  for (const [path, headers] of [['ticks', ''], ['clock', upgrade], ['late', ''], ['late_unbuffered', '']]) {
    const socket = connect(Number(port), hostname)
    socket.write(`GET /app/${path}?sid=${sid} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`)
    open(socket)
    if (!headers) open(stage.http2.request({ ':path': `/app/${path}?sid=${sid}` }))
  }
  return all
}
const talk = (held) => eventually('those that talk at once do', () => held.filter(({ talks }) => talks).length >= 3)
const are_closed = (held) => eventually('all are closed', () => held.every(({ closed }) => closed))

// Logouts and visits of every kind.
const ask_everything = (stage) => settled([
  stage.back({ sid: 'a1' }), stage.back({ sub: 'ann' }), stage.front({ iss: stage.issuer.issuer, sid: 'a2' }), stage.back({ sid: 'a3', aud: 'else' }),
  stage.press('/slo/out', { sid: 'a4' }), stage.press('/slo/local', { sid: 'a5' }), stage.press('/slo/out', { sid: undefined }),
  stage.visit({ sid: 's9' }), stage.visit({ sub: 'ann' }), stage.nginx.ask('DELETE', 'users/ann/sessions'),
])

async function ends_well({ nginx }) {
  assert.equal(await nginx.child.gone, 0)
  const bad = /\[(alert|emerg)\](?!.* setrlimit)|unexpected|exited on signal/  // valgrind keeps some descriptors for itself
  assert.deepEqual(nginx.log().split('\n').filter((line) => bad.test(line)), [])
}

async function quit(stage) {
  stage.nginx.child.kill('SIGQUIT')
  await ends_well(stage)
}

test('guarded answers end with their session, each in its way', { timeout }, async (t) => {
  const stage = await prepare(new House(t))
  const mine = hold(stage, 's1'), by_api = hold(stage, 's2'), others = hold(stage, 's3')
  await Promise.all([mine, by_api, others].map(talk))
  assert.equal((await stage.nginx.register({ client_id: 'app', sid: 's2', sub: 'ann' })).status, 201)
  assert.equal((await stage.back({ sid: 's1' })).status, 200)
  assert.equal((await stage.nginx.ask('DELETE', 'sessions/s2')).status, 200)
  await are_closed([...mine, ...by_api])
  assert.ok(others.every(({ closed }) => !closed))
  await ask_everything(stage)
  others[1].stream.close(constants.NGHTTP2_CANCEL)
  for (const { stream } of others) stream.destroy()
  await quit(stage)
})

test('a guarded connection is dropped with streams of two sessions, one of which ends', { timeout }, async (t) => {
  const stage = await prepare(new House(t))
  const mine = hold(stage, 's1'), others = hold(stage, 's2')
  await Promise.all([mine, others].map(talk))
  const [answer] = await Promise.all([stage.back({ sid: 's1' }), sleep(5 * patience).then(() => stage.http2.destroy())])
  assert.equal(answer.status, 200)
  await are_closed(mine)
  for (const { stream } of others) stream.destroy()
  await quit(stage)
})

test('reload and quit while guarded answers go on, and their session ends meanwhile', { timeout }, async (t) => {
  const stage = await prepare(new House(t))
  const mine = hold(stage, 's1'), others = hold(stage, 's2')
  await Promise.all([mine, others].map(talk))
  const before = stage.nginx.workers()
  stage.nginx.child.kill('SIGHUP')
  await eventually('new workers are there', () => stage.nginx.workers().some((pid) => !before.includes(pid)))
  await eventually('they take logouts', async () => (await stage.back({ sid: 's1' })).status === 200)
  await are_closed(mine)
  assert.equal((await stage.visit({ sid: 's1' })).status, 401)
  for (const { stream } of others) stream.destroy()
  await eventually('the old workers are gone', () => !stage.nginx.workers().some((pid) => before.includes(pid)))
  const late = hold({ ...stage, http2: stage.join() }, 's4')
  await talk(late)
  stage.nginx.child.kill('SIGTERM')
  await ends_well(stage)
  await are_closed(late)
})

test('logouts wait for a silent Redis, their senders leave, and it dies and comes back', { timeout }, async (t) => {
  const stage = await prepare(new House(t))
  const held = hold(stage, 's1')
  await talk(held)
  stage.redis.freeze()
  const answers = ask_everything(stage)
  const leaver = http.request(`${stage.nginx.url}/slo/front?iss=${encodeURIComponent(stage.issuer.issuer)}&sid=s8`, { agent: false })
  leaver.on('error', () => {})
  leaver.end()
  await sleep(200 * patience)
  leaver.destroy()
  await answers
  await stage.redis.kill()
  assert.equal((await stage.back({ sid: 's1' })).status, 400)
  await stage.redis.start_again()
  await eventually('it takes logouts again', async () => (await stage.back({ sid: 's1' })).status === 200)
  await are_closed(held)
  await eventually('its guards hear all', async () => (await stage.visit({ sid: 's9' })).headers['x-slo-status'] === 'ok')
  await quit(stage)
})

test('quit while logouts wait for Redis, and the feed as well', { timeout }, async (t) => {
  const stage = await prepare(new House(t))
  const held = hold(stage, 's1')
  await talk(held)
  stage.redis.freeze()
  const answers = ask_everything(stage)
  await sleep(100 * patience)
  for (const { stream } of held) stream.destroy()
  stage.http2.destroy()
  await quit(stage)
  stage.redis.thaw()
  await answers
})

test('logout tokens wait for keys that an OP is slow to give, their senders leave, and nginx quits', { timeout }, async (t) => {
  const house = new House(t)
  const waiting = []
  const op = http.createServer((request, answer) => waiting.push(answer)).listen(0, '127.0.0.1')
  house.when_over(() => { op.close(); op.closeAllConnections() })
  await new Promise((done) => op.once('listening', done))
  const stage = await prepare(house, { jwks: `jwks http://127.0.0.1:${op.address().port}/jwks;` })
  const give = (answer) => answer.setHeader('content-type', 'application/json').end(JSON.stringify(stage.issuer.public_jwks))
  const waits = [stage.back({ sid: 's1' }), stage.back({ sid: 's2' })]
  await eventually('the OP is asked', () => waiting.length > 0)
  const leaver = http.request(`${stage.nginx.url}/slo/back`, { method: 'POST', agent: false, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
  leaver.on('error', () => {})
  leaver.end(`logout_token=${await stage.issuer.logout_token({ aud: 'gateway', sid: 's3' })}`)
  await sleep(100 * patience)
  leaver.destroy()
  waiting.splice(0).forEach(give)
  for (const answer of await settled(waits)) assert.equal(answer.value?.status, 200)
  const unknown = { ...stage.issuer.keys.RS256, kid: 'nobody-knows-it' }
  const last = settled([stage.back({ sid: 's4' }, { key: unknown })])
  await sleep(100 * patience)
  stage.nginx.child.kill('SIGQUIT')
  await sleep(100 * patience)
  waiting.splice(0).forEach(give)
  await ends_well(stage)
  await last
})
