// SPDX-License-Identifier: BSD-2-Clause
// A session with many clients is ended at once and tells them a few at a time: everybody once, and whoever is shown or
// named is shown and named.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, eventually } from './parts/house.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

const count = 300
const hosts = Array.from({ length: 100 }, (_, i) => `127.0.8.${i + 1}`)
const es256 = { id_token_signed_response_alg: 'ES256' }

// `more(i)`: what else the i-th client registers. Three clients share a host.
async function settle(t, { more = () => ({}), behave, ...how }) {
  const house = new House(t)
  const apps = await start_receiver(house, { host: hosts[0], also: hosts.slice(1), behave })
  const clients = Array.from({ length: count }, (_, i) => {
    const base = `http://${hosts[i % hosts.length]}:${apps.port}/${i}`
    return back_client(`app-${i}`, base, { ...es256, ...more(i, base) })
  })
  const stage = await set_stage(house, { clients, ...how })
  const sign_in = async (sid) => {
    for (const { client_id } of clients) await stage.nginx.register({ client_id, sid, sub: 'ann' })
  }
  const log_out = async (sid, parameters = {}) => send(stage.logout_url({
    id_token_hint: await stage.hint({ aud: 'app-0', sub: 'ann', sid }, { alg: 'ES256' }), ...parameters }))
  return { ...stage, apps, clients, sign_in, log_out }
}

const told = ({ apps }) => apps.requests.filter(({ method }) => method === 'POST').map(({ url }) => url).sort()
const everyone = Array.from({ length: count }, (_, i) => `/${i}/back`).sort()

async function nothing_is_owed({ nginx }) {
  await eventually('nothing is owed', async () => (await nginx.deliveries('pending')).length === 0)
  assert.deepEqual(await nginx.deliveries('dead'), [])
  assert.doesNotMatch(nginx.log(), /\[(crit|alert|emerg)\]/)
}

test('the page names all clients, frames those in front, and shows what became of each', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t, { provider: 'delivery wait=10s;', more: (i, base) => i % 10 !== 7 ? {} :
    { frontchannel_logout_uri: `${base}/front`, frontchannel_logout_session_required: true } })
  await stage.sign_in('s1')
  const { status, body } = await stage.log_out('s1')
  assert.equal(status, 200)
  const rows = [...body.matchAll(/<li><span>([^<]*)<\/span><span[^>]*>([^<]*)</g)]
  assert.deepEqual(rows.map(([, name]) => name).sort(), stage.clients.map(({ client_id }) => client_id).sort())
  assert.deepEqual([...new Set(rows.map(([, , state]) => state))], ['signed out'], 'all answered within the time')
  assert.equal([...body.matchAll(/<iframe /g)].length, count / 10)
  assert.deepEqual(told(stage), everyone)
  await nothing_is_owed(stage)
})

test('whoever is in front is framed although nobody waits', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t, { provider: 'delivery wait=0;', more: (i, base) => i !== count - 1 ? {} :
    { frontchannel_logout_uri: `${base}/front`, frontchannel_logout_session_required: true } })
  await stage.sign_in('s1')
  const { status, body } = await stage.log_out('s1', { post_logout_redirect_uri: stage.clients[0].post_logout_redirect_uris[0] })
  assert.equal(status, 200)
  assert.equal([...body.matchAll(/<iframe /g)].length, 1)
  await eventually('all are told', () => told(stage).length === count)
  assert.deepEqual(told(stage), everyone)
  await nothing_is_owed(stage)
})

test('parts in which nobody is owed a token do not wait for the courier\'s next second', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t, { provider: 'delivery wait=0;', more: (i, base) => ({ backchannel_logout_uri: undefined,
    frontchannel_logout_uri: `${base}/front`, frontchannel_logout_session_required: true }) })
  await stage.sign_in('s1')
  const began = performance.now()
  const { status, body } = await stage.log_out('s1')
  const took = performance.now() - began
  assert.equal(status, 200)
  assert.equal([...body.matchAll(/<iframe /g)].length, count)
  assert.ok(took < 2000, `five parts or more, a second each, were ${Math.round(took)} ms`)
  await nothing_is_owed(stage)
})

test('a redirect waits for nobody, and whoever asks once more is sent on as well', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t, { provider: 'delivery wait=0;', behave: manners.slow(20) })
  await stage.sign_in('s1')
  const [onward] = stage.clients[0].post_logout_redirect_uris
  for (let i = 0; i < 2; ++i) {
    const { status, headers } = await stage.log_out('s1', { post_logout_redirect_uri: onward, state: 'x' })
    assert.equal(status, 303)
    assert.equal(headers.location, `${onward}?state=x`)
    if (i === 0) assert.ok(told(stage).length < count, 'before everybody has been told')
  }
  await eventually('all are told', () => told(stage).length === count)
  await nothing_is_owed(stage)
  assert.deepEqual(told(stage), everyone)
})

test('the management API names whom it notifies', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t, {})
  await stage.sign_in('s1')
  const { status, json } = await stage.nginx.ask('DELETE', 'sessions/s1')
  assert.equal(status, 200)
  assert.deepEqual(json.notified.sort(), stage.clients.map(({ client_id }) => client_id).sort())
  await eventually('all are told', () => told(stage).length === count)
  await nothing_is_owed(stage)
  assert.deepEqual(told(stage), everyone)
})

test('a worker that quits in the middle leaves the rest to the next', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t, { workers: 1, provider: 'delivery wait=0 concurrency=4;', behave: manners.slow(50) })
  await stage.sign_in('s1')
  const [old] = stage.nginx.workers()
  await stage.log_out('s1')
  await eventually('some are told', () => told(stage).length > 8)
  process.kill(stage.nginx.child.pid, 'SIGHUP')
  await eventually('the old worker is gone', () => !stage.nginx.workers().includes(old))
  assert.ok(told(stage).length < count, 'not all by the old one')
  await eventually('all are told', () => told(stage).length === count)
  await nothing_is_owed(stage)
  assert.deepEqual(told(stage), everyone)
})

test('where Redis goes away in the middle the user is answered, and everybody is told in the end', { timeout: 60_000 }, async (t) => {
  const stage = await settle(t, { workers: 1, store: 'timeout=500ms', behave: manners.slow(50),
                                  provider: 'delivery wait=2s concurrency=4 timeout=1s;' })
  await stage.sign_in('s1')
  const answer = stage.log_out('s1')
  await eventually('some are told', () => told(stage).length > 8)
  stage.redis.freeze()
  assert.equal((await answer).status, 200)
  stage.redis.thaw()
  await eventually('all are told', () => new Set(told(stage)).size === count, { within: 40_000 })
  await eventually('nothing is owed', async () => (await stage.nginx.deliveries('pending')).length === 0, { within: 30_000 })
  assert.deepEqual(await stage.nginx.deliveries('dead'), [])
})
