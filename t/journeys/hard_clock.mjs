// SPDX-License-Identifier: BSD-2-Clause
// The user's answer, and the API's, come in their time with all applications on them, whatever receivers and other users
// do; where the store falls silent they come in their time as well, and say what they lack.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { start_silencer } from './parts/cutter.mjs'
import { House, eventually, free_port, patience } from './parts/house.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { start_redis } from './parts/redis.mjs'
import { back_client, query } from './parts/stage.mjs'
import { make_issuer } from './parts/issuer.mjs'
import { start_nginx } from './parts/nginx.mjs'

const wait = 500
const late = 1000 * patience  // for a busy machine, and for a page of a thousand applications
const hung = 200
const es256 = { id_token_signed_response_alg: 'ES256' }
const addresses = (net, count) => Array.from({ length: count }, (_, i) => `127.0.${net}.${i + 1}`)

// `count` clients in the session `many`, every tenth with a frame; beside them receivers that hang, in sessions of 20.
async function settle(t, count, { store } = {}) {
  const house = new House(t)
  const [hosts, crowd] = [addresses(11, 50), addresses(12, hung)]
  const apps = await start_receiver(house, { host: hosts[0], also: hosts.slice(1) })
  const hanging = await start_receiver(house, { host: crowd[0], also: crowd.slice(1), behave: manners.hanging })
  const named = Array.from({ length: count }, (_, i) => {
    const base = `http://${hosts[i % hosts.length]}:${apps.port}/${i}`
    return back_client(`app-${i}`, base, { ...es256, ...(i % 10 ? {} : { frontchannel_logout_uri: `${base}/front` }) })
  })
  const others = crowd.map((host, i) => back_client(`hung-${i}`, `http://${host}:${hanging.port}`, es256))
  const host = '127.0.0.1'
  const port = await free_port(host)
  const issuer = await make_issuer(`http://${host}:${port}`)
  const redis = await start_silencer(house, await start_redis(house))
  const nginx = await start_nginx(house, { host, port, redis, issuer, clients: [...named, ...others], store, workers: 1,
                                           provider: `delivery wait=${wait}ms concurrency=8 timeout=20s;` })
  const sign_in = async (clients, sid) => {
    for (let i = 0; i < clients.length; i += 50) {
      await Promise.all(clients.slice(i, i + 50).map(({ client_id }) => nginx.register({ client_id, sid, sub: 'ann' })))
    }
  }
  await sign_in(named, 'many')
  for (let i = 0; i < hung; i += 20) await sign_in(others.slice(i, i + 20), `hung-${i}`)
  const fill_all_places = async () => {
    for (let i = 0; i < hung; i += 20) await nginx.ask('DELETE', `sessions/hung-${i}`)
    await eventually('all places are taken', () => hanging.requests.length >= 8)
  }
  const log_out_url = async (parameters = {}) => `${nginx.logout}?${query({
    id_token_hint: await issuer.id_token({ aud: 'app-0', sub: 'ann', sid: 'many' }, { alg: 'ES256' }), ...parameters })}`
  return { nginx, redis, named, fill_all_places, log_out_url }
}

async function in_time(t, what) {
  const began = performance.now()
  const answer = await what()
  const took = Math.round(performance.now() - began)
  t.diagnostic(`answered after ${took} ms, wait=${wait}ms`)
  assert.ok(took < wait + late, `the answer came after ${took} ms`)
  return answer
}

const names_on = (body) => [...body.matchAll(/<li><span>([^<]*)</g)].map(([, name]) => name).sort()
const frames_on = (body) => [...body.matchAll(/<iframe src="[^"]*\/(\d+)\/front/g)].map(([, i]) => Number(i)).sort((a, b) => a - b)
const ids = (clients) => clients.map(({ client_id }) => client_id).sort()
const lack = /Not all of your applications could be found, so some of them may not be told\./

for (const count of [40, 1000]) {
  test(`a page names and frames all ${count} clients in its time, beside 200 receivers that hang`, { timeout: 120_000 }, async (t) => {
    const stage = await settle(t, count)
    await stage.fill_all_places()
    const url = await stage.log_out_url()
    const { status, body } = await in_time(t, () => send(url))
    assert.equal(status, 200)
    assert.deepEqual(names_on(body), ids(stage.named))
    assert.deepEqual(frames_on(body), stage.named.map((_, i) => i).filter((i) => i % 10 === 0))
    assert.doesNotMatch(body, lack)
    assert.match(stage.nginx.log(), new RegExp(`logout ended: session #\\w+, ${count} clients: 0 told, ${count} pending, 0 failed`))
  })

  test(`the API names all ${count} clients in its time, beside 200 receivers that hang`, { timeout: 120_000 }, async (t) => {
    const stage = await settle(t, count)
    await stage.fill_all_places()
    const { status, json } = await in_time(t, () => stage.nginx.ask('DELETE', 'sessions/many'))
    assert.equal(status, 200)
    assert.deepEqual([json.notified.sort(), json.not_notified, json.incomplete], [ids(stage.named), [], undefined])
  })
}


// The store has its own patience, which is longer here.
const settle_before_silence = async (t) => {
  const stage = await settle(t, 40, { store: 'timeout=10s' })
  stage.redis.fall_silent_after_end()
  return stage
}

test('where the store falls silent behind the end, a page comes in its time, goes nowhere and says what it lacks', { timeout: 60_000 }, async (t) => {
  const stage = await settle_before_silence(t)
  const url = await stage.log_out_url({ post_logout_redirect_uri: stage.named[0].post_logout_redirect_uris[0] })
  const { status, body } = await in_time(t, () => send(url))
  assert.ok(stage.redis.is_silent())
  assert.equal(status, 200)
  assert.match(body, lack)
  assert.doesNotMatch(body, /have been told|have been asked/)
  assert.deepEqual(frames_on(body), [])
  assert.match(stage.nginx.log(), /logout ended: session #\w+, more than 32 clients: 0 told, 0 pending, 0 failed/)
})

test('where the store falls silent behind the end, the API says that it does not name all', { timeout: 60_000 }, async (t) => {
  const stage = await settle_before_silence(t)
  const { status, json } = await in_time(t, () => stage.nginx.ask('DELETE', 'sessions/many'))
  assert.ok(stage.redis.is_silent())
  assert.equal(status, 200)
  assert.deepEqual([json.sid, json.already, json.notified, json.not_notified, json.incomplete], ['many', false, [], [], true])
})
