// SPDX-License-Identifier: BSD-2-Clause
// Two thousand sessions expire in one second: every application is told once for each, and users who log out meanwhile
// notice nothing, in their answers or in what their application is told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { send } from './parts/browser_jar.mjs'
import { House, eventually, sleep } from './parts/house.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

const es256 = { id_token_signed_response_alg: 'ES256' }
const names = (series, count) => Array.from({ length: count }, (_, i) => `${series}-${String(i).padStart(4, '0')}`)
const sessions = names('old', 2000), users = names('user', 60)

async function in_groups(of, list, work) {
  for (let i = 0; i < list.length; i += of) await Promise.all(list.slice(i, i + of).map(work))
}

// The absolute life of all sessions `old-…` ends at `at` (s).
const let_expire = (redis, at) => redis.ask('EVAL', `for _, key in ipairs(redis.call('KEYS', '*:s:old-*')) do
    redis.call('HSET', key, 'x', ARGV[1] - redis.call('HGET', key, 't'))
    redis.call('ZADD', (string.gsub(key, ':s:.*', ':x')), ARGV[1], string.match(key, ':s:(.*)')) end`, '0', String(at))

// How many have not ended, and how many of these are claimed: due again in half a minute.
const how_it_stands = async (redis) => (await redis.ask('EVAL', `local now, live, claimed = redis.call('TIME')[1], 0, 0
  for _, key in ipairs(redis.call('KEYS', '*:x')) do
    if redis.call('TYPE', key).ok == 'zset' then
      for _, name in ipairs(redis.call('ZRANGE', key, 0, -1)) do
        if string.find(name, '^old') then live = live + 1 end end
      claimed = claimed + redis.call('ZCOUNT', key, now + 10, now + 60) end end
  return live .. ' ' .. claimed`, '0')).split(' ').map(Number)

async function most_claimed({ redis }) {
  let most = 0
  for (let [live, claimed] = [1, 0]; live > 0; [live, claimed] = await how_it_stands(redis)) most = Math.max(most, claimed)
  return most
}

const told = ({ requests }) => requests.map(({ body }) => decodeJwt(new URLSearchParams(body).get('logout_token')).sid).sort()

async function settle(t, { behave_of_b = manners.obeying, ...how }) {
  const house = new House(t)
  const a = await start_receiver(house, { host: '127.0.9.1' }), b = await start_receiver(house, { host: '127.0.9.2', behave: behave_of_b })
  const clients = [back_client('a', a.url, es256), back_client('b', b.url, es256)]
  const stage = await set_stage(house, { clients, workers: 1, ...how })
  const { nginx, redis, hint, logout_url } = stage
  const sign_in = (clients) => (sid) => Promise.all(clients.map((client_id) => nginx.register({ client_id, sid, sub: 'ann' })))
  await in_groups(50, sessions, sign_in(['a', 'b']))
  await in_groups(50, users, sign_in(['a']))
  const due = Math.floor(Date.now() / 1000) + 2
  await let_expire(redis, due)
  await sleep(due * 1000 - Date.now())
  const [onward] = clients[0].post_logout_redirect_uris
  const log_out = async (sid) => (await send(logout_url({
    id_token_hint: await hint({ aud: 'a', sub: 'ann', sid }, { alg: 'ES256' }), post_logout_redirect_uri: onward }))).status
  return { ...stage, a, b, log_out }
}

async function nothing_is_owed({ nginx }) {
  await eventually('nothing is owed', async () => (await nginx.deliveries('pending')).length === 0, { within: 60_000 })
  assert.deepEqual(await nginx.deliveries('dead'), [])
  assert.doesNotMatch(nginx.log(), /\[(crit|alert|emerg)\]|no answer within|cannot be reached|did not answer/)
}

test('everybody is told once, of all that is due a few being claimed at a time, and who logs out meanwhile is answered', { timeout: 120_000 }, async (t) => {
  const stage = await settle(t, { store: 'timeout=1s', provider: 'delivery wait=0;' })
  const statuses = [], claimed = most_claimed(stage)
  for (const sid of users) statuses.push(await stage.log_out(sid))
  assert.deepEqual(statuses, users.map(() => 303))
  const most = await claimed
  assert.ok(most <= 32, `${most} were claimed and had not ended`)
  await eventually('all are told', () => stage.a.requests.length + stage.b.requests.length >= 2 * sessions.length + users.length,
                   { within: 60_000 })
  await nothing_is_owed(stage)
  assert.deepEqual(told(stage.a), [...sessions, ...users])
  assert.deepEqual(told(stage.b), sessions)
})

test('an application that hangs delays neither the end of the sessions nor the others', { timeout: 120_000 }, async (t) => {
  const stage = await settle(t, { provider: 'delivery wait=0 timeout=1s first=10m max=10m;', behave_of_b: manners.hanging })
  const statuses = []
  for (const sid of users) statuses.push(await stage.log_out(sid))
  assert.deepEqual(statuses, users.map(() => 303))
  await eventually('the others are told', () => stage.a.requests.length >= sessions.length + users.length, { within: 60_000 })
  assert.deepEqual(told(stage.a), [...sessions, ...users])
  const live = await stage.redis.ask('EVAL', `local n = 0
    for _, key in ipairs(redis.call('KEYS', '*:s:old-*')) do if redis.call('HEXISTS', key, 'e') == 0 then n = n + 1 end end return n`, '0')
  assert.equal(live, '0', 'all have ended')
  assert.doesNotMatch(stage.nginx.log(), /\[(crit|alert|emerg)\]|no answer within|cannot be reached|did not answer/)
})
