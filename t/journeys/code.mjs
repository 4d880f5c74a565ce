// SPDX-License-Identifier: BSD-2-Clause
// A real OP that gives every client a sid of its own, and its cookie another value with every login: slo_learn at its
// authorization and token endpoints alone, nothing registered by hand, and one session is one session.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import Provider from 'oidc-provider'
import { Jar, read_form, send } from './parts/browser_jar.mjs'
import { House, eventually, free_port } from './parts/house.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { back_client, query, set_stage } from './parts/stage.mjs'

const op_host = '127.0.0.1'
const form_of = (parameters) => new URLSearchParams(parameters).toString()

// The OP, its defaults and what its clients need, behind our nginx; `app` hears every client's logout.
async function settle(house, { clients = ['one', 'two'], more = {}, provider = '', op: how = {}, ...rest } = {}) {
  const app = await start_receiver(house)
  const behind = await free_port(op_host)
  const to_op = `proxy_pass http://${op_host}:${behind}; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;`
  const all = clients.map((id) => back_client(id, app.url, {
    redirect_uris: [`https://${id}.example/callback`], grant_types: ['authorization_code', 'refresh_token', 'implicit'],
    response_types: ['code', 'id_token', 'code id_token'], post_logout_redirect_uris: [`https://${id}.example/bye`], ...more[id] }))
  const stage = await set_stage(house, {
    clients: all, provider, store: 'timeout=1s', ...rest,
    locations: `location /auth { slo_learn main; ${to_op} } location = /token { slo_learn main; ${to_op} } location / { ${to_op} }` })
  const op = new Provider(stage.issuer.issuer, {
    clients: all, jwks: stage.issuer.private_jwks, features: { backchannelLogout: { enabled: true } }, ...how })
  op.proxy = true
  const server = op.listen(behind, op_host)
  await new Promise((done) => server.once('listening', done))
  house.when_over(() => new Promise((done) => { server.close(done); server.closeAllConnections() }))
  return { ...stage, app, op }
}

// Through the OP's pages, until something is handed to the client: {code, id_token …}.
async function walk(browser, url, user) {
  let answer = await browser.send(url)
  for (let hop = 0; hop < 20; ++hop) {
    const at = answer.url
    if (answer.location) {
      const next = new URL(answer.location, at)
      if (next.hostname !== op_host) return Object.fromEntries(new URLSearchParams((next.hash || next.search).slice(1)))
      answer = await browser.send(next.href)
      continue
    }
    assert.match(answer.body, /<form/i, `${answer.status} ${answer.body}`)
    const { action, fields } = read_form(answer.body)
    const target = new URL(action, at)
    if (target.hostname !== op_host) return fields
    if ('login' in fields) Object.assign(fields, { login: user, password: 'secret' })
    answer = await browser.send(target.href, { method: 'POST', form: fields })
  }
  throw new Error(`too many pages at ${url}`)
}

const basic = (id) => ({ authorization: `Basic ${Buffer.from(`${id}:secret-of-${id}`).toString('base64')}` })

// The browser's part of a login: what the client is handed, and what it needs to go on.
async function authorize(town, browser, id, user, { pushed = false, ...parameters } = {}) {
  const verifier = randomBytes(32).toString('base64url')
  const asked = { client_id: id, redirect_uri: `https://${id}.example/callback`, scope: 'openid', response_type: 'code', nonce: 'n', state: 's',
                  code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256', ...parameters }
  if (asked.response_type === 'id_token') delete asked.code_challenge, delete asked.code_challenge_method
  let wire = asked
  if (pushed) {
    const { request_uri } = JSON.parse((await send(`${town.nginx.url}/request`, { method: 'POST', form: asked, headers: basic(id) })).body)
    wire = { client_id: id, request_uri }
  }
  const handed = await walk(browser, `${town.nginx.url}/auth?${query(wire)}`, user)
  return { ...handed, id, verifier }
}

const redeem = (town, { id, code, verifier }) => send(`${town.nginx.url}/token`, { method: 'POST', headers: basic(id), form: {
  grant_type: 'authorization_code', code, redirect_uri: `https://${id}.example/callback`, code_verifier: verifier } })

async function log_in(town, browser, id, user, parameters) {
  const handed = await authorize(town, browser, id, user, parameters)
  assert.ok(handed.code, JSON.stringify(handed))
  const { status, body } = await redeem(town, handed)
  assert.equal(status, 200, body)
  const tokens = JSON.parse(body)
  return { ...tokens, handed, claims: decodeJwt(tokens.id_token) }
}

const sessions_of = async (town, sub) => (await town.nginx.ask('GET', `sessions?sub=${sub}`)).json.sessions
// Each session as client → sid.
const sids_of = async (town, sub) => (await sessions_of(town, sub)).map(({ participants, sid }) =>
  Object.fromEntries(participants.map((one) => [one.client_id, one.sid ?? sid])))
const told = (town) => town.app.requests.map(({ body }) => decodeJwt(new URLSearchParams(body).get('logout_token')))
  .map(({ aud, sid, sub }) => [[aud].flat()[0], sid, sub]).sort()

async function say_yes(town, browser, url) {
  const page = await browser.send(url)
  const { action, fields } = read_form(page.body)
  return browser.send(new URL(action, page.url).href, { method: 'POST', form: { ...fields, choice: 'yes' } })
}

test('two users, two clients each: each user has one session, where each client has its own sid', { timeout: 120_000 }, async (t) => {
  const town = await settle(new House(t))
  const ann = new Jar(), bob = new Jar()
  const cookies = []
  const seen = {}
  for (const id of ['one', 'two']) {
    seen[id] = (await log_in(town, ann, id, 'ann')).claims
    cookies.push(ann.cookie(op_host, '_session'))
    seen[`${id}_of_bob`] = (await log_in(town, bob, id, 'bob')).claims
  }
  assert.notEqual(cookies[0], cookies[1], 'the OP changes its cookie')
  assert.notEqual(seen.one.sid, seen.two.sid)
  assert.deepEqual(await sids_of(town, 'ann'), [{ one: seen.one.sid, two: seen.two.sid }])
  assert.deepEqual(await sids_of(town, 'bob'), [{ one: seen.one_of_bob.sid, two: seen.two_of_bob.sid }])

  await t.test('the cookie alone, and a yes, tell both clients, each by its sid, and leave the other user alone', async () => {
    const answer = await say_yes(town, ann, town.nginx.logout)
    assert.equal(answer.status, 200, answer.body)
    await eventually('both are told', () => town.app.requests.length === 2)
    assert.deepEqual(told(town), [['one', seen.one.sid, 'ann'], ['two', seen.two.sid, 'ann']])
    assert.equal((await sessions_of(town, 'bob'))[0].ended, undefined)
  })
  await t.test('a hint of the first client does so too, without a question', async () => {
    town.app.requests.length = 0
    const { id_token } = await log_in(town, bob, 'one', 'bob')
    const answer = await bob.send(`${town.nginx.logout}?${query({ id_token_hint: id_token, post_logout_redirect_uri: 'https://one.example/bye' })}`)
    assert.equal(answer.location, 'https://one.example/bye')
    await eventually('both are told', () => town.app.requests.length === 2)
    assert.deepEqual(told(town), [['one', seen.one_of_bob.sid, 'bob'], ['two', seen.two_of_bob.sid, 'bob']])
  })
  assert.doesNotMatch(town.nginx.log(), /\[(error|crit|alert|emerg)\]|slo: an answer/)
})

test('whoever comes back, changes or hurries finds the session that is his', { timeout: 240_000 }, async (t) => {
  const town = await settle(new House(t), { clients: ['one', 'two', 'three'], op: {
    scopes: ['openid', 'offline_access'], issueRefreshToken: () => true } })
  const logged = () => town.nginx.log().match(/slo: (?:an answer|.*registration).*/g) ?? []

  await t.test('two clients at once, whichever redeems its code first', async () => {
    for (const [user, order] of [['c1', ['one', 'two', 'three']], ['c2', ['three', 'one', 'two']], ['c3', undefined]]) {
      const browser = new Jar()
      const handed = {}
      for (const id of ['one', 'two', 'three']) handed[id] = await authorize(town, browser, id, user)
      const answers = order ? [] : await Promise.all(Object.values(handed).map((one) => redeem(town, one)))
      for (const id of order ?? []) answers.push(await redeem(town, handed[id]))
      const sids = Object.fromEntries(answers.map(({ body }) => decodeJwt(JSON.parse(body).id_token)).map(({ aud, sid }) => [aud, sid]))
      assert.deepEqual(await sids_of(town, user), [sids], user)
    }
  })
  await t.test('a code that is redeemed twice says nothing the second time', async () => {
    const { handed } = await log_in(town, new Jar(), 'one', 'rita')
    const before = await sessions_of(town, 'rita')
    assert.equal((await redeem(town, handed)).status, 400)
    assert.deepEqual(await sessions_of(town, 'rita'), before)
  })
  await t.test('tokens that are renewed later belong to the same session', async () => {
    const browser = new Jar()
    await log_in(town, browser, 'one', 'fred')
    const { refresh_token, claims } = await log_in(town, browser, 'two', 'fred', { scope: 'openid' })
    assert.ok(refresh_token)
    const before = await sids_of(town, 'fred')
    assert.equal(before.length, 1)
    const { status, body } = await send(`${town.nginx.url}/token`, { method: 'POST', headers: basic('two'), form: { grant_type: 'refresh_token', refresh_token } })
    assert.equal(status, 200, body)
    assert.equal(decodeJwt(JSON.parse(body).id_token).sid, claims.sid)
    assert.deepEqual(await sids_of(town, 'fred'), before)
  })
  await t.test('a login again, which changes the cookie more than once, stays in its session', async () => {
    const browser = new Jar()
    const first = await log_in(town, browser, 'one', 'lea')
    const cookie = browser.cookie(op_host, '_session')
    const second = await log_in(town, browser, 'two', 'lea', { prompt: 'login consent' })
    assert.notEqual(browser.cookie(op_host, '_session'), cookie)
    assert.deepEqual(await sids_of(town, 'lea'), [{ one: first.claims.sid, two: second.claims.sid }])
    town.app.requests.length = 0
    await say_yes(town, browser, town.nginx.logout)
    await eventually('both are told', () => town.app.requests.length === 2)
    assert.deepEqual(told(town).map(([client]) => client), ['one', 'two'])
  })
  await t.test('after a logout a login begins another session', async () => {
    const browser = new Jar()
    await log_in(town, browser, 'one', 'max')
    await say_yes(town, browser, town.nginx.logout)
    const again = await log_in(town, browser, 'two', 'max')
    const live = (await sessions_of(town, 'max')).filter(({ ended }) => ended === undefined)
    assert.deepEqual(live.map(({ participants }) => participants.map(({ client_id, sid }) => [client_id, sid])), [[['two', again.claims.sid]]])
  })
  await t.test('another user in the same browser has a session of his own, and the cookie is his', async () => {
    const browser = new Jar()
    await log_in(town, browser, 'one', 'eva')
    await log_in(town, browser, 'two', 'kai', { prompt: 'login' })
    const third = await log_in(town, browser, 'three', 'kai')
    assert.equal((await sids_of(town, 'kai')).length, 1)
    assert.equal((await sids_of(town, 'eva')).length, 1)
    assert.equal((await sids_of(town, 'kai'))[0].three, third.claims.sid)
    town.app.requests.length = 0
    await say_yes(town, browser, town.nginx.logout)
    await eventually('his are told', () => town.app.requests.length === 2)
    assert.deepEqual(told(town).map(([client, , sub]) => [client, sub]), [['three', 'kai'], ['two', 'kai']])
    assert.equal((await sessions_of(town, 'eva'))[0].ended, undefined)
  })
  assert.deepEqual(logged(), [])
})

for (const [name, parameters] of Object.entries({
  'query': {}, 'fragment': { response_mode: 'fragment' }, 'form_post': { response_mode: 'form_post' },
  'hybrid': { response_type: 'code id_token' }, 'hybrid by form_post': { response_type: 'code id_token', response_mode: 'form_post' },
  'PAR': { pushed: true },
})) {
  test(`a code is followed by way of ${name}`, { timeout: 60_000 }, async (t) => {
    const town = await settle(new House(t))
    const ann = new Jar()
    const first = await log_in(town, ann, 'one', 'ann')
    const handed = await authorize(town, ann, 'two', 'ann', parameters)
    const before = handed.id_token ? [{ one: first.claims.sid, two: decodeJwt(handed.id_token).sid }] : [{ one: first.claims.sid }]
    assert.deepEqual(await sids_of(town, 'ann'), before)
    const { body } = await redeem(town, handed)
    assert.deepEqual(await sids_of(town, 'ann'), [{ one: first.claims.sid, two: decodeJwt(JSON.parse(body).id_token).sid }])
    assert.doesNotMatch(town.nginx.log(), /\[(error|crit|alert|emerg)\]|slo: an answer/)
  })
}

test('an ID Token that only the browser carries is learnt, in a fragment or a form', { timeout: 60_000 }, async (t) => {
  const town = await settle(new House(t))
  const ann = new Jar()
  const one = await authorize(town, ann, 'one', 'ann', { response_type: 'id_token' })
  const two = await authorize(town, ann, 'two', 'ann', { response_type: 'id_token', response_mode: 'form_post' })
  assert.deepEqual(await sids_of(town, 'ann'), [{ one: decodeJwt(one.id_token).sid, two: decodeJwt(two.id_token).sid }])
})

test('pairwise subs are one user\'s where the cookie says so', { timeout: 60_000 }, async (t) => {
  const pairwise = { subject_type: 'pairwise' }
  const town = await settle(new House(t), { more: { one: pairwise, two: pairwise }, op: {
    subjectTypes: ['public', 'pairwise'], pairwiseIdentifier: (ctx, account, client) => `${account}-at-${client.clientId}` } })
  const ann = new Jar()
  const one = await log_in(town, ann, 'one', 'ann')
  const two = await log_in(town, ann, 'two', 'ann')
  assert.deepEqual([one.claims.sub, two.claims.sub], ['ann-at-one', 'ann-at-two'])
  assert.deepEqual(await sids_of(town, 'ann-at-two'), [{ one: one.claims.sid, two: two.claims.sid }])
  await ann.send(`${town.nginx.logout}?${query({ id_token_hint: two.id_token })}`)
  await eventually('both are told', () => town.app.requests.length === 2)
  assert.deepEqual(told(town), [['one', one.claims.sid, 'ann-at-one'], ['two', two.claims.sid, 'ann-at-two']])
})

test('while Redis is down, frozen or full logins work, in bounded time, with a line for each answer', { timeout: 120_000 }, async (t) => {
  const town = await settle(new House(t), { workers: 1 })
  const { redis, nginx } = town
  const ways = {
    down: [() => redis.stop(), () => redis.start_again()],
    frozen: [() => redis.freeze(), () => redis.thaw()],
    full: [() => redis.ask('CONFIG', 'SET', 'maxmemory', '1'), () => redis.ask('CONFIG', 'SET', 'maxmemory', '0')],
  }
  for (const [name, [begin, end]] of Object.entries(ways)) {
    const browser = new Jar()
    const before = await authorize(town, browser, 'one', name)  // no login page is to be waited for below
    await redeem(town, before)
    await begin()
    const at = nginx.log().length
    const began = Date.now()
    const handed = await authorize(town, browser, 'one', name)
    const { status, body } = await redeem(town, handed)
    const took = Date.now() - began
    assert.equal(status, 200, body)
    assert.ok(took < 2 * 1000 + 500, `${name}: ${took} ms for two answers`)
    const lines = nginx.log().slice(at).match(/slo: (?!store).*/g) ?? []
    assert.equal(lines.length, 2, `${name}: ${lines.join('\n')}`)
    await end()
    await eventually(`${name}: the store is back`, async () => (await nginx.ask('GET', 'sessions?sub=x')).status === 200)
    const after = await log_in(town, new Jar(), 'one', `${name}-after`)
    assert.deepEqual(await sids_of(town, `${name}-after`), [{ one: after.claims.sid }])
  }
})
