// SPDX-License-Identifier: BSD-2-Clause
// A real OP that gives every client a sid of its own, and its cookie another value with every login: slo_learn at its
// authorization and token endpoints alone, nothing registered by hand, and one session is one session.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { Jar, read_form, send } from './parts/browser_jar.mjs'
import { authorize, basic, log_in, op_host, redeem, sessions_of, settle, sids_of, told } from './parts/default_op.mjs'
import { House, eventually } from './parts/house.mjs'
import { query } from './parts/stage.mjs'

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
