// SPDX-License-Identifier: BSD-2-Clause
// A logout comes in by whichever door, on either of two hosts: our own OIDC clients of that session are told once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { send } from './parts/browser_jar.mjs'
import { start_chromium } from './parts/chromium.mjs'
import { House, eventually } from './parts/house.mjs'
import { set_guard } from './parts/guard_stage.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { back_client, query } from './parts/stage.mjs'

const buttons = `location = /out { slo_guard main sid=$arg_sid; slo_logout main local then=/bye; }
  location = /out-all { slo_guard main sub=$arg_sub since=$arg_since; slo_logout main local then=/bye; }`

const told = ({ requests }) => requests.filter(({ method }) => method === 'POST')
  .map(({ body }) => decodeJwt(new URLSearchParams(body).get('logout_token')))
const sids_told = (app) => told(app).map(({ sid }) => sid).sort()

// Two hosts; two applications with a back channel, of which one has an own sid in each session, and one with iframes.
async function settle(t, how = {}) {
  const house = new House(t)
  const a = await start_receiver(house, { host: '127.0.8.1' }), b = await start_receiver(house, { host: '127.0.8.2' })
  const front = await start_receiver(house, { host: '127.0.8.3' })
  const clients = [back_client('a', a.url), back_client('b', b.url),
                   { client_id: 'front', redirect_uris: [`${front.url}/callback`], frontchannel_logout_uri: `${front.url}/front`,
                     frontchannel_logout_session_required: true }]
  const stage = await set_guard(house, { hosts: 2, clients, locations: buttons, ...how })
  const sign_in = async (sid, sub = 'ann') => {
    for (const more of [{ client_id: 'a' }, { client_id: 'b', client_sid: `own-${sid}` }, { client_id: 'front' }])
      assert.equal((await stage.nginx.register({ sid, sub, ...more })).status, 201)
  }
  return { ...stage, house, a, b, front, sign_in }
}

const nothing_is_owed = ({ nginx }) => eventually('nothing is owed', async () => (await nginx.deliveries('pending')).length === 0, { within: 20_000 })

const press = (nginx, where) => send(`${nginx.url}/${where}`, { headers: { 'sec-fetch-site': 'none' } })

// By which door, and with which answer; at `host`.
const doors = {
  back: async ({ host, sid }) => (await host.back({ sid, sub: 'ann' })).status === 200,
  'back, by an own sid': async ({ host, sid }) => (await host.back({ sid: `own-${sid}` })).status === 200,
  front: async ({ host, stage, sid }) => (await host.front({ iss: stage.issuer.issuer, sid })).status === 200,
  button: async ({ host, sid }) => (await press(host.nginx, `out?${query({ sid })}`)).status === 303,
  API: async ({ host, sid }) => (await host.nginx.ask('DELETE', `sessions/${sid}`)).status === 200,
  'API, by an own sid': async ({ host, sid }) => (await host.nginx.ask('DELETE', `sessions/own-${sid}`)).status === 200,
  expiry: async ({ stage, sid }) => {
    await stage.redis.ask('EVAL', `for _, key in ipairs(redis.call('KEYS', '*:s:' .. ARGV[1])) do
      redis.call('HSET', key, 'x', 0)
      redis.call('ZADD', (string.gsub(key, ':s:.*', ':x')), 1, ARGV[1]) end`, '0', sid)
    return true
  },
}
const reason_by = (door) => ({ back: 'op', front: 'op', button: 'rp', API: 'admin', expiry: 'expired' })[door.split(',')[0]]

test('an application that is shown a client\'s own sid takes part in that client\'s session, not in one of its own', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t, { locations: 'location /shop/ { slo_guard main sid=$arg_sid; slo_cookie JSESSIONID track; proxy_pass APP; }' })
  await stage.sign_in('sid-1')
  const shop = () => send(`${stage.hosts[1].nginx.url}/shop/?sid=own-sid-1`, { headers: { cookie: 'JSESSIONID=one' } })
  assert.equal((await shop()).status, 200)
  assert.equal((await stage.nginx.session('sid-1')).json.applications?.length, 1)
  assert.equal(String(await stage.redis.ask('EVAL', "return #redis.call('KEYS', '*:s:*')", '0')), '1', 'sessions in the store')
  assert.equal((await stage.nginx.ask('DELETE', 'sessions/sid-1')).status, 200)
  await eventually('it is refused', async () => (await shop()).status === 401)
})

test('each door ends the session in the store, and each of its clients is told once, whichever host it comes to', { timeout: 120_000 }, async (t) => {
  const stage = await settle(t)
  const expected = []
  for (const [n, [door, knock]] of Object.entries(doors).entries()) {
    const sid = `sid-${n}`, host = stage.hosts[n % 2]
    await stage.sign_in(sid)
    assert.equal((await stage.hosts[1].visit({ sid })).status, 200)
    assert.ok(await knock({ host, stage, sid }), door)
    await eventually(`${door}: the session has ended`, async () => (await stage.nginx.session(sid)).json.state === 'ended')
    assert.equal((await stage.nginx.session(sid)).json.reason, reason_by(door), door)
    for (const each of stage.hosts) await eventually(`${door}: refused`, async () => (await each.visit({ sid })).status === 401)
    expected.push(sid)
    await eventually(`${door}: told`, () => told(stage.a).length === expected.length && told(stage.b).length === expected.length)
  }
  await nothing_is_owed(stage)
  assert.deepEqual(sids_told(stage.a), expected)
  assert.deepEqual(sids_told(stage.b), expected.map((sid) => `own-${sid}`))
  for (const { nginx } of stage.hosts) assert.doesNotMatch(nginx.log(), /\[(error|crit|alert|emerg)\]/)
})

test('a repeat by every door, on the other host as well, tells nobody once more', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t)
  await stage.sign_in('s1')
  for (const host of stage.hosts) {
    for (const knock of [doors.back, doors.front, doors.button, doors.API]) assert.ok(await knock({ host, stage, sid: 's1' }))
  }
  await nothing_is_owed(stage)
  assert.deepEqual([sids_told(stage.a), sids_told(stage.b)], [['s1'], ['own-s1']])
})

test('a logout of a user ends all his sessions that began before it, and no later one', { timeout: 60_000 }, async (t) => {
  for (const end of [
    ({ hosts, issuer }) => hosts[1].back({ sub: 'ann', iat: issuer.now() }).then(({ status }) => status === 200),
    ({ hosts, issuer }) => press(hosts[1].nginx, `out-all?${query({ sub: 'ann', since: issuer.now() })}`).then(({ status }) => status === 303),
    ({ hosts }) => hosts[1].nginx.ask('DELETE', 'users/ann/sessions').then(({ status }) => status === 200),
  ]) {
    const stage = await settle(t)
    const sids = Array.from({ length: 20 }, (_, i) => `s-${String(i).padStart(2, '0')}`)
    for (const sid of sids) await stage.sign_in(sid)
    await stage.sign_in('other', 'bob')
    assert.ok(await end(stage))
    await nothing_is_owed(stage)
    assert.deepEqual(sids_told(stage.a), sids)
    const line = stage.hosts[1].nginx.log().match(/logout received: all sessions of user .*/)?.[0]
    assert.ok(!line || / ended 20 sessions, logout /.test(line), line)
    assert.equal((await stage.nginx.session('other')).json.state, 'live')
    assert.equal((await stage.hosts[0].back({ sub: 'bob', iat: stage.issuer.now() - 100 })).status, 200)
    assert.equal((await stage.nginx.session('other')).json.state, 'live', 'it began later')
  }
})

test('what the store could not end is answered with 400, and ended when the OP tries again', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t)
  await stage.sign_in('s1')
  await stage.redis.ask('EVAL', `local key = redis.call('KEYS', '*:s:s1')[1]; redis.call('RENAME', key, 'kept'); redis.call('SET', key, 'x')`, '0')
  const token = await stage.issuer.logout_token({ aud: 'gateway', sid: 's1' })
  const bring = () => send(`${stage.nginx.url}/slo/back`, { method: 'POST', form: { logout_token: token } })
  assert.equal((await bring()).status, 400)
  assert.equal((await stage.visit({ sid: 's1' })).status, 401, 'it is marked first')
  await stage.redis.ask('EVAL', `local key = redis.call('KEYS', '*:s:s1')[1]; redis.call('DEL', key); redis.call('RENAME', 'kept', key)`, '0')
  assert.equal((await bring()).status, 200)
  await nothing_is_owed(stage)
  assert.deepEqual(sids_told(stage.a), ['s1'])
})

test('an OP whose request breaks off has ended the session all the same, and its clients are told', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t)
  const sids = Array.from({ length: 20 }, (_, i) => `s-${String(i).padStart(2, '0')}`)
  for (const sid of sids) await stage.sign_in(sid)
  for (const sid of sids) {
    const form = { logout_token: await stage.issuer.logout_token({ aud: 'gateway', sid }) }
    await send(`${stage.nginx.url}/slo/back`, { method: 'POST', form, signal: AbortSignal.timeout(3) }).catch(() => {})
  }
  for (const sid of sids) await stage.back({ sid })
  await nothing_is_owed(stage)
  assert.deepEqual(sids_told(stage.a), sids)
})

test('the frames of our own clients load inside the OP\'s frame', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t)
  await stage.sign_in('s1')
  const frame = `${stage.nginx.url}/slo/front?${query({ iss: stage.issuer.issuer, sid: 's1' })}`
  const chromium = await start_chromium(stage.house)
  const page = await chromium.new_page()
  await page.goto(frame)
  await eventually('the frame was loaded', () => stage.front.requests.length > 0)
  const { searchParams } = new URL(stage.front.requests[0].url, stage.front.url)
  assert.deepEqual(Object.fromEntries(searchParams), { iss: stage.issuer.issuer, sid: 's1' })
  assert.deepEqual(page.complaints, [])
  const again = await send(frame)
  assert.match(again.body, /<iframe src="/, 'a reload shows them again')
  assert.match(again.headers['content-security-policy'], new RegExp(`^default-src 'none'; frame-src ${stage.front.url}; frame-ancestors `))
})

test('a session of many clients hands all of its frames on', { timeout: 60_000 }, async (t) => {
  const many = Array.from({ length: 60 }, (_, i) => ({ client_id: `f${i}`, redirect_uris: [`https://f${i}.example/callback`],
    frontchannel_logout_uri: `https://f${i}.example/front` }))
  const stage = await set_guard(new House(t), { clients: many })
  for (const { client_id } of many) await stage.nginx.register({ client_id, sid: 's1', sub: 'ann' })
  const answer = await stage.front({ iss: stage.issuer.issuer, sid: 's1' })
  assert.equal(answer.status, 200)
  assert.equal([...answer.body.matchAll(/<iframe /g)].length, 60)
})
