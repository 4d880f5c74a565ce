// SPDX-License-Identifier: BSD-2-Clause
// Two nginx with two workers each share one Redis: what one learnt the other ends, and what one left the other completes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { Jar, read_form, send } from './parts/browser_jar.mjs'
import { House, eventually, free_port, sleep } from './parts/house.mjs'
import { start_nginx } from './parts/nginx.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { back_client, query, set_stage } from './parts/stage.mjs'

// The same provider twice: at the issuer's own address, and at another as behind a load balancer.
async function settle(house, how) {
  const one = await set_stage(house, { name: 'nginx-one', ...how })
  const host = '127.0.0.4'
  const two = await start_nginx(house, { name: 'nginx-two', host, port: await free_port(host), redis: one.redis,
                                         issuer: one.issuer, ...how })
  return { ...one, one: one.nginx, two }
}

test('a session registered here is ended there', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const app = await start_receiver(house)
  const { one, two, hint } = await settle(house, { clients: [back_client('app', app.url)] })
  for (let i = 0; i < 20; ++i) {  // enough to meet every worker
    const [here, there] = i % 2 ? [two, one] : [one, two]
    const sid = `sid-${i}`
    assert.equal((await here.register({ client_id: 'app', sid, sub: 'ann', session_cookie: `cookie-${i}` })).status, 201)
    assert.equal((await there.session(sid)).json.ended, undefined)
    const id_token_hint = await hint({ aud: 'app', sub: 'ann', sid })
    const answer = await send(`${there.logout}?${query({ id_token_hint })}`, { headers: { cookie: `_session=cookie-${i}` } })
    assert.equal(answer.status, 200, answer.body)
    assert.notEqual((await here.session(sid)).json.ended, undefined)
    assert.equal(app.requests.length, i + 1, 'told once, before the answer')
  }
})

test('a question asked here is answered there', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const app = await start_receiver(house)
  const { one, two } = await settle(house, { clients: [back_client('app', app.url)] })
  await one.register({ client_id: 'app', sid: 's1', sub: 'ann', session_cookie: 'cookie-of-ann' })
  const browser = new Jar()
  browser.put('127.0.0.1', '_session', 'cookie-of-ann')
  const { fields } = read_form((await browser.send(one.logout)).body)
  const [[name, value]] = browser.cookies('127.0.0.1').filter(([known]) => known.startsWith('slo-browser'))
  const answer = await send(two.logout, { method: 'POST', form: { ...fields, choice: 'yes' },
    headers: { cookie: `_session=cookie-of-ann; ${name}=${value}` } })
  assert.equal(answer.status, 200, answer.body)
  assert.notEqual((await one.session('s1')).json.ended, undefined)
})

const audience_of = ({ body }) => decodeJwt(new URLSearchParams(body).get('logout_token')).aud[0]

// What one host's slo_session noted lately, another host's leave or end makes void.
const registering = 'location = /in { slo_session main client=$arg_client sub=$arg_sub sid=$arg_sid; return 204; }'

for (const [what, sid] of [['', 's1'], [', at an OP without sids', '']]) {
  test(`a client that leaves there and comes back here at once is told of the logout${what}`, { timeout: 60_000 }, async (t) => {
    const house = new House(t)
    const app = await start_receiver(house)
    const session_required = { backchannel_logout_session_required: sid !== '' }
    const { one, two } = await settle(house, { clients: [back_client('app', app.url, session_required), back_client('other', app.url, session_required)],
                                               locations: registering })
    const log_in = async (client) => assert.equal((await send(`${one.url}/in?client=${client}&sub=ann&sid=${sid}`,
      { headers: { cookie: '_session=cookie-of-ann' } })).status, 204)
    for (const client of ['app', 'other', 'app', 'app']) await log_in(client)
    let key
    await eventually('both take part', async () => {
      const { sessions } = (await two.ask('GET', 'sessions?sub=ann')).json
      key = sessions[0]?.sid
      return sessions[0]?.participants?.length === 2
    })
    assert.equal((await two.ask('DELETE', `sessions/${encodeURIComponent(key)}/clients/app`)).status, 200)
    for (let i = 0; i < 4; ++i) await log_in('app')  // enough to meet every worker
    assert.equal((await two.ask('DELETE', `sessions/${encodeURIComponent(key)}`)).status, 200)
    const tokens_of = (client) => app.requests.filter((request) => audience_of(request) === client).length
    await eventually('told when it left, and of the logout', () => tokens_of('app') >= 2, { within: 10_000 })
    await eventually('nothing is owed', async () => (await two.deliveries('pending')).length === 0)
    await sleep(1200)  // a repeat that was spared just before the end is looked at after it: told once more, at most
    assert.ok([2, 3].includes(tokens_of('app')), `${tokens_of('app')} tokens`)
    assert.equal(tokens_of('other'), 1)
  })
}

test('a client that leaves there and comes back here at once takes part again', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const app = await start_receiver(house)
  const { one, two } = await settle(house, { clients: [back_client('app', app.url)], locations: registering })
  const log_in = () => send(`${one.url}/in?client=app&sub=ann&sid=s1`, { headers: { cookie: '_session=c' } })
  await log_in()
  await eventually('it takes part', async () => (await two.session('s1')).status === 200)
  assert.equal((await two.ask('DELETE', 'sessions/s1/clients/app')).status, 200)
  for (let i = 0; i < 4; ++i) await log_in()
  await eventually('it takes part again', async () => JSON.stringify((await two.session('s1')).json).includes('"client_id":"app"'), { within: 5_000 })
})

test('kill -9 in the middle of a fan-out: the other host completes it', { timeout: 120_000 }, async (t) => {
  const house = new House(t)
  const hosts = Array.from({ length: 120 }, (_, i) => `127.0.5.${i + 1}`)
  const apps = await start_receiver(house, { host: hosts[0], also: hosts.slice(1), behave: manners.slow(150) })
  const clients = hosts.map((host, i) => back_client(`app-${i}`, `http://${host}:${apps.port}`))
  const { one, two, hint } = await settle(house, { clients, provider: 'delivery wait=0 timeout=3s concurrency=8;' })
  for (const { client_id } of clients) await one.register({ client_id, sid: 's1', sub: 'ann' })

  const answer = await send(`${one.logout}?${query({ id_token_hint: await hint({ aud: 'app-0', sub: 'ann', sid: 's1' }) })}`)
  assert.equal(answer.status, 200, answer.body)
  await eventually('a part is told', () => apps.requests.length >= 24)
  await one.kill()
  const told_before = new Set(apps.requests.map(({ host }) => host)).size
  assert.ok(told_before < hosts.length)

  const told = () => new Set(apps.requests.map(({ host }) => host)).size
  const begin = Date.now()
  await eventually('all are told', () => told() === hosts.length, { within: 60_000 })
  await eventually('nothing is owed', async () => (await two.deliveries('pending')).length === 0)
  console.log(`      ${told_before} of ${hosts.length} told before the kill, the rest ${((Date.now() - begin) / 1000).toFixed(1)} s after it; ` +
               `${apps.requests.length - hosts.length} told twice`)
  assert.deepEqual(await two.deliveries('dead'), [])
  // Eight calls begin every 50 ms, each lasts 150 ms, and 10 ms are gathered before they are settled.
  assert.ok(apps.requests.length - hosts.length <= 8 * 4, 'told twice: only what was under way')
})
