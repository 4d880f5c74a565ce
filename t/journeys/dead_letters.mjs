// SPDX-License-Identifier: BSD-2-Clause
// What becomes of logouts that a receiver refused: they are listed, sent again once it is mended, by one or all of a
// client; and one logout is followed by its id through log and API.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { send } from './parts/browser_jar.mjs'
import { House, eventually } from './parts/house.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

const in_time = { timeout: 60_000 }
const manner_of = (manner_by_path) => (request, answer, count) =>
  (manner_by_path[request.url.split('/')[1]] ?? manners.obeying)(request, answer, count)

// Clients of these names at one receiver, which behaves to each as `manner` says.
async function settle(t, names, { manner = {}, ...how } = {}) {
  const house = new House(t)
  const apps = await start_receiver(house, { behave: manner_of(manner) })
  const clients = names.map((name) => back_client(name, `${apps.url}/${name}`))
  return { ...await set_stage(house, { clients, workers: 1, ...how }), apps, manner }
}
const dead = async ({ nginx }, count) => eventually(`${count} dead letters`, async () => {
  const letters = await nginx.deliveries('dead')
  return letters.length === count && letters
})
const nothing_pending = ({ nginx }) =>
  eventually('nothing is pending', async () => (await nginx.deliveries('pending')).length === 0)
// The claims of all tokens that a client was sent, each verified.
async function tokens({ apps, issuer }, name) {
  const keys = createLocalJWKSet(issuer.public_jwks)
  const sent = apps.requests.filter(({ url }) => url === `/${name}/back`)
  return Promise.all(sent.map(async ({ body, at }) => {
    const token = new URLSearchParams(body).get('logout_token')
    const { payload } = await jwtVerify(token, keys, { issuer: issuer.issuer, audience: name, typ: 'logout+jwt' })
    return { ...payload, at }
  }))
}

test('a dead letter is sent again by the API when its receiver is mended: once, with a fresh token', in_time, async (t) => {
  const stage = await settle(t, ['app'], { manner: { app: manners.refusing_the_token } })
  await stage.nginx.register({ client_id: 'app', sid: 's1', sub: 'ann' })
  const hint = await stage.hint({ aud: 'app', sub: 'ann', sid: 's1' })
  assert.equal((await send(stage.logout_url({ id_token_hint: hint }))).status, 200)
  const [letter] = await dead(stage, 1)
  assert.equal(letter.error, '400 invalid_request')
  await sleep(1100)  // so that a fresh token has another iat
  stage.manner.app = manners.obeying
  const retried = await stage.nginx.ask('POST', `deliveries/${letter.id}/retry`, {})
  assert.equal(retried.status, 200)
  assert.equal(retried.json.logout_id, letter.logout_id)
  await eventually('it is delivered', () => stage.apps.requests.length === 2)
  await nothing_pending(stage)
  assert.deepEqual(await stage.nginx.deliveries('dead'), [])
  assert.equal((await stage.nginx.ask('POST', `deliveries/${letter.id}/retry`, {})).status, 404, 'it is one no more')
  await sleep(2500)
  const [first, second, ...more] = await tokens(stage, 'app')
  assert.deepEqual(more, [], 'two claims of the courier later')
  assert.notEqual(second.jti, first.jti)
  assert.ok(second.iat > first.iat && second.exp * 1000 > second.at, 'fresh, and valid when it came')
  assert.equal(second.sid, 's1')
  assert.equal(second.sub, 'ann')
  assert.deepEqual(second.events, { 'http://schemas.openid.net/event/backchannel-logout': {} })
})

test('all dead letters of one client are sent again, and nobody else\'s', in_time, async (t) => {
  const stage = await settle(t, ['app', 'other'], { manner: { app: manners.refusing_the_token, other: manners.refusing_the_token } })
  const sids = Array.from({ length: 40 }, (_, i) => `s${i}`)
  for (const sid of sids) {
    for (const client_id of ['app', 'other']) await stage.nginx.register({ client_id, sid, sub: `user-of-${sid}` })
    await stage.nginx.ask('DELETE', `sessions/${sid}`)
  }
  await nothing_pending(stage)
  await dead(stage, 50)  // a page
  stage.manner.app = stage.manner.other = manners.obeying
  const { status, json } = await stage.nginx.ask('POST', 'clients/app/retry', {})
  assert.deepEqual([status, json], [200, { client_id: 'app', retried: 40 }])
  await eventually('all are delivered', async () => (await tokens(stage, 'app')).length === 80)
  await nothing_pending(stage)
  const told = (await tokens(stage, 'app')).slice(40).map(({ sid }) => sid).sort()
  assert.deepEqual(told, sids.toSorted())
  assert.deepEqual(new Set((await dead(stage, 40)).map(({ client_id }) => client_id)), new Set(['other']))
  assert.deepEqual((await stage.nginx.ask('POST', 'clients/app/retry', {})).json, { client_id: 'app', retried: 0 })
  assert.equal((await stage.nginx.ask('POST', 'clients/app/retry?cursor=x', {})).status, 400)
  assert.match(stage.nginx.log(), /\[notice\].* API write: POST retry of dead letters, client "app": 200, provider "main"/)
})

test('who refuses the token counts as failed in the line of the logout', in_time, async (t) => {
  const stage = await settle(t, ['app', 'other'], { manner: { other: manners.refusing_the_token } })
  for (const client_id of ['app', 'other']) await stage.nginx.register({ client_id, sid: 's1', sub: 'ann' })
  await send(stage.logout_url({ id_token_hint: await stage.hint({ aud: 'app', sid: 's1', sub: 'ann' }) }))
  await eventually('its line', () => stage.nginx.log().includes('slo: logout ended'))
  assert.match(stage.nginx.log(), /slo: logout ended: session #\S+, 2 clients: 1 told, 0 pending, 1 failed, \d+ ms, reason rp/)
})

test('those that die again meanwhile are not sent for ever', in_time, async (t) => {
  const stage = await settle(t, ['app'], { manner: { app: manners.refusing_the_token } })
  for (let i = 0; i < 20; ++i) {
    await stage.nginx.register({ client_id: 'app', sid: `s${i}`, sub: 'ann' })
    await stage.nginx.ask('DELETE', `sessions/s${i}`)
  }
  await dead(stage, 20)
  assert.deepEqual((await stage.nginx.ask('POST', 'clients/app/retry', {})).json, { client_id: 'app', retried: 20 })
  await dead(stage, 20)
  await nothing_pending(stage)
  assert.equal((await tokens(stage, 'app')).length, 40)
})

test('one logout is followed by its id, from its line to the last delivery', in_time, async (t) => {
  const stage = await settle(t, ['good', 'late', 'bad'], {
    provider: 'delivery first=1s;',
    manner: { bad: manners.refusing_the_token, late: manners.failing } })
  for (const client_id of ['good', 'late', 'bad']) await stage.nginx.register({ client_id, sid: 's1', sub: 'ann' })
  const ended = await stage.nginx.ask('DELETE', 'sessions/s1')
  const id = ended.json.logout_id
  const [pending] = await eventually('one is tried again', async () => {
    const left = await stage.nginx.deliveries('pending')
    return left.length === 1 && left[0].error && left
  })
  assert.deepEqual([pending.client_id, pending.logout_id], ['late', id])
  stage.manner.late = manners.obeying
  await nothing_pending(stage)
  const [letter] = await dead(stage, 1)
  assert.deepEqual([letter.client_id, letter.logout_id], ['bad', id])
  assert.equal((await stage.nginx.session('s1')).json.logout_id, id)

  const found = stage.nginx.log().split('\n').filter((line) => line.includes(id))
    .map((line) => /slo: (?:API write: )?([a-z]+(?: [a-z]+)*|DELETE session)/i.exec(line)?.[1] +
                   (/client "([^"]*)"/.exec(line)?.[1].replace(/^/, ' ') ?? ''))
  assert.deepEqual(found.sort(), ['DELETE session', 'delivered good', 'delivered late', 'gave up a delivery bad',
                                  'logout ended', 'will try a delivery again late'].sort())
  assert.equal((await stage.nginx.ask('DELETE', `deliveries/${letter.id}`)).json.logout_id, id)
  await eventually('that is a line, too', () =>
    stage.nginx.log().split('\n').some((line) => /API write: DELETE delivery/.test(line) && line.includes(id)))
})

test('dead letters that make room for newer ones leave a line and are counted', in_time, async (t) => {
  const stage = await settle(t, ['first', 'second'], { manner: { first: manners.refusing_the_token, second: manners.refusing_the_token } })
  for (const client_id of ['first', 'second']) await stage.nginx.register({ client_id, sid: 's1', sub: 'ann' })
  await stage.nginx.ask('DELETE', 'sessions/s1/clients/first')
  await dead(stage, 1)
  const key = await stage.redis.ask('KEYS', '*:dl')
  await stage.redis.ask('EVAL', `local t = redis.call('TIME')[1]
    for i = 1, 1000 do redis.call('ZADD', KEYS[1], (t - 60) * 1000 + i, 'x' .. i); redis.call('HSET', KEYS[2], 'x' .. i, 'x') end`,
    '2', key, key.replace(/dl$/, 'dr'))
  await stage.nginx.ask('DELETE', 'sessions/s1')
  await eventually('they are counted', async () => /slo_store_forgotten_total\{provider="main"\} 2\n/.test(await stage.nginx.metrics()))
  await eventually('a line tells of them', () =>
    /\[error\].* slo: forgot dead letters: the oldest made room for newer ones/.test(stage.nginx.log()))
})
