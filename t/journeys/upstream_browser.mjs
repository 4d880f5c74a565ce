// SPDX-License-Identifier: BSD-2-Clause
// The browser itself goes through the OP's own logout and comes back: nobody is asked twice by us, and the way onward is kept.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Jar, read_form, send } from './parts/browser_jar.mjs'
import { authorize, log_in, op_host, settle, told } from './parts/default_op.mjs'
import { House, eventually } from './parts/house.mjs'
import { query } from './parts/stage.mjs'

// The OP's own does not go to loopback addresses.
const to_anywhere = (url, { method, headers, body, redirect }) => fetch(url, { method, headers, body, redirect })
const any_session = { backchannel_logout_session_required: false }
const through = (more = '') => (op) => `upstream_logout ${op}/session/end${more};`
const stage_of = (t, { directive, ...how } = {}) => settle(new House(t), { returns_here: true, provider: directive ?? through(), ...how })

const logout_of = (town, { id_token, ...more }) =>
  `${town.nginx.logout}?${query({ id_token_hint: id_token, post_logout_redirect_uri: 'https://one.example/bye', ...more })}`

// At the OP, which asks: its page answered as its user would.
async function say_at_op(browser, url, word = 'yes') {
  const page = await browser.open(url)
  assert.match(page.body, /name="xsrf"/, page.body)
  const { action, fields } = read_form(page.body)
  return browser.send(new URL(action, page.url).href, { method: 'POST', form: { ...fields, ...(word === 'yes' && { logout: 'yes' }) } })
}

// Does a login without a page succeed with this value of the OP's cookie?
async function is_signed_in(town, cookie) {
  const browser = new Jar()
  browser.put(op_host, '_session', cookie.value)
  browser.put(op_host, '_session.sig', cookie.signature)
  return (await authorize(town, browser, 'one', 'nobody', { prompt: 'none' })).error !== 'login_required'
}
const cookie_of = (browser) => ({ value: browser.cookie(op_host, '_session'), signature: browser.cookie(op_host, '_session.sig') })

test('through the OP and back: everybody is told once, the OP knows the old cookie no more, and the state is given back', { timeout: 120_000 }, async (t) => {
  const town = await stage_of(t)
  const ann = new Jar(), bob = new Jar()
  const first = await log_in(town, ann, 'one', 'ann'), second = await log_in(town, ann, 'two', 'ann')
  await log_in(town, bob, 'one', 'bob')
  const before = cookie_of(ann)
  assert.equal(await is_signed_in(town, before), true)

  const away = await ann.send(logout_of(town, { id_token: first.id_token, state: 'of the application & its own' }))
  assert.equal(away.status, 303, away.body)
  const target = new URL(away.location)
  assert.equal(target.pathname, '/session/end')
  assert.deepEqual([...target.searchParams.keys()], ['id_token_hint', 'client_id', 'post_logout_redirect_uri', 'state'])
  assert.equal(target.searchParams.get('post_logout_redirect_uri'), town.nginx.logout)
  assert.match(target.searchParams.get('state'), /^slo\.[\w-]{22}$/)
  assert.deepEqual(cookie_of(ann), before, 'the OP still needs its cookie')
  await eventually('both are told', () => town.app.requests.length === 2)
  assert.deepEqual(told(town), [['one', first.claims.sid, 'ann'], ['two', second.claims.sid, 'ann']])

  town.app.requests.length = 0
  const back = await say_at_op(ann, away.location)
  assert.ok(back.location.startsWith(`${town.nginx.logout}?`), back.location)
  const home = await ann.send(back.location)
  assert.deepEqual([home.status, home.location], [303, `https://one.example/bye?${query({ state: 'of the application & its own' })}`])
  assert.equal(await is_signed_in(town, before), false)
  assert.equal(await is_signed_in(town, cookie_of(bob)), true)

  await t.test('the way back is good once; then it is a request like any other', async () => {
    const again = await ann.send(back.location)
    assert.deepEqual([again.status, again.location], [200, undefined], again.body)
    assert.match(again.body, /not signed in|signed out/i)
  })
})

test('what comes back without a way of ours ends nothing unasked, and leads nowhere', { timeout: 120_000 }, async (t) => {
  const town = await stage_of(t)
  const ann = new Jar()
  await log_in(town, ann, 'one', 'ann')
  const ours = `slo.${'A'.repeat(22)}`
  for (const [name, parameters] of Object.entries({
    'a key that was never handed out': { state: ours },
    'one with a redirect': { state: ours, post_logout_redirect_uri: 'https://one.example/bye', client_id: 'one' },
    'one that is too short': { state: 'slo.AAAA' }, 'one with other characters': { state: `slo.${'%'.repeat(22)}` } })) {
    const answer = await ann.send(`${town.nginx.logout}?${query(parameters)}`)
    assert.deepEqual([answer.status, answer.location], [200, undefined], name)
    assert.match(answer.body, /name="choice"/, `${name}: the user is asked`)
  }
  assert.equal((await town.nginx.ask('GET', 'sessions?sub=ann')).json.sessions[0].state, 'live')
})

test('each shape of a request finds its way', { timeout: 240_000 }, async (t) => {
  const town = await stage_of(t)
  const signed_in = async (user) => {
    const browser = new Jar()
    return { browser, ...(await log_in(town, browser, 'one', user)) }
  }
  const parameters_of = (answer) => Object.fromEntries(new URL(answer.location).searchParams)

  await t.test('without a hint the user is asked here, and the OP asks as well', async () => {
    const { browser } = await signed_in('rita')
    const page = await browser.send(town.nginx.logout)
    const { action, fields } = read_form(page.body)
    const away = await browser.send(new URL(action, page.url).href, { method: 'POST', form: { ...fields, choice: 'yes' } })
    assert.deepEqual(Object.keys(parameters_of(away)), ['post_logout_redirect_uri', 'state'])
    const out = await say_at_op(browser, away.location)
    assert.match((out.location ? await browser.open(out.location) : out).body, /signed out|sign-out/i)
  })
  await t.test('without a way onward the return shows our page, and the cookie is expired', async () => {
    const { browser, id_token } = await signed_in('kim')
    const away = await browser.send(`${town.nginx.logout}?${query({ id_token_hint: id_token })}`)
    const back = await say_at_op(browser, away.location)
    const home = await browser.send(back.location)
    assert.equal(home.status, 200)
    assert.match(home.body, /You are signed out/)
    assert.match(String(home.headers['set-cookie']), /_session=;/)
  })
  await t.test('a POST, HEAD, logout_hint and ui_locales', async () => {
    const { browser, id_token } = await signed_in('joe')
    const form = { id_token_hint: id_token, post_logout_redirect_uri: 'https://one.example/bye', logout_hint: 'joe', ui_locales: 'de' }
    const away = await browser.send(town.nginx.logout, { method: 'POST', form })
    const { logout_hint, ui_locales } = parameters_of(away)
    assert.deepEqual([away.status, logout_hint, ui_locales], [303, 'joe', 'de'])
    assert.equal((await browser.send(town.nginx.logout, { method: 'HEAD' })).status, 405)
  })
  await t.test('who asks again is sent there again', async () => {
    const { browser, id_token } = await signed_in('eve')
    const [first, second] = [await browser.send(logout_of(town, { id_token })), await browser.send(logout_of(town, { id_token }))]
    assert.deepEqual([first.status, second.status], [303, 303])
    assert.notEqual(parameters_of(first).state, parameters_of(second).state)
    assert.match(second.location, /session\/end/)
  })
  await t.test('two returns at once: one leads on', async () => {
    const { browser, id_token } = await signed_in('max')
    const back = await say_at_op(browser, (await browser.send(logout_of(town, { id_token }))).location)
    const cookie = browser.cookies(op_host).map((pair) => pair.join('=')).join('; ')
    const answers = await Promise.all([1, 2, 3].map(() => send(back.location, { headers: { accept: 'text/html', cookie } })))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 303])
  })
  assert.doesNotMatch(town.nginx.log(), /\[(error|crit|alert|emerg)\]|slo\.[\w-]{22}/)
})

test('a way back is for the browser that set out on it, and for its user alone', { timeout: 120_000 }, async (t) => {
  const town = await stage_of(t)
  const mallory = new Jar(), victim = new Jar()
  const { id_token } = await log_in(town, mallory, 'one', 'mallory')
  await log_in(town, victim, 'one', 'ann')
  const back = await say_at_op(mallory, (await mallory.send(logout_of(town, { id_token }))).location)
  town.app.requests.length = 0
  const led = await victim.send(back.location)
  assert.deepEqual([led.status, led.location], [200, undefined])
  assert.match(led.body, /name="choice"/, 'the victim is asked, as with any request')
  assert.ok(victim.cookie(op_host, '_session'), 'and keeps his cookie')
  assert.equal((await town.nginx.ask('GET', 'sessions?sub=ann')).json.sessions[0].state, 'live')
  for (const headers of [{ 'sec-purpose': 'prefetch' }, { 'sec-fetch-dest': 'image' }, { 'sec-fetch-dest': 'iframe' }]) {
    assert.notEqual((await mallory.send(back.location, { headers })).status, 303, JSON.stringify(headers))
  }
  assert.equal((await mallory.send(back.location)).location, 'https://one.example/bye', 'nothing of it has used it up')

  const size = () => town.redis.ask('DBSIZE')
  const before = await size()
  for (let i = 0; i < 50; ++i) await send(`${town.nginx.logout}?state=slo.${String(i).padStart(22, '0')}`)
  assert.equal(await size(), before, 'keys that nobody handed out write nothing')
})

test('where the OP notifies, who has no cookie of it is told of by us, and a repeat tells nobody', { timeout: 120_000 }, async (t) => {
  const town = await stage_of(t, { directive: through(' notified_by=op') })
  const ann = new Jar()
  const { id_token, claims } = await log_in(town, ann, 'one', 'ann')
  const away = await send(logout_of(town, { id_token }), { headers: { accept: 'text/html' } })
  assert.match(away.location, /session\/end/)
  await eventually('it is told', () => town.app.requests.length === 1)
  assert.deepEqual(told(town), [['one', claims.sid, 'ann']])
  await ann.send(logout_of(town, { id_token }))
  await eventually('nothing is owed', async () => (await town.nginx.ask('GET', 'deliveries?state=pending')).json.deliveries.length === 0)
  assert.equal(town.app.requests.length, 1)
})

test('a client of its own for the way back: no hint of another client goes with it', { timeout: 120_000 }, async (t) => {
  const town = await stage_of(t, { directive: through(' client_id=two') })
  const ann = new Jar()
  const { id_token } = await log_in(town, ann, 'one', 'ann')
  const away = await ann.send(logout_of(town, { id_token }))
  const parameters = new URL(away.location).searchParams
  assert.deepEqual([parameters.get('client_id'), parameters.has('id_token_hint')], ['two', false])
  const back = await say_at_op(ann, away.location)
  assert.equal((await ann.send(back.location)).location, 'https://one.example/bye')
})

test('each client is told once: by us where the OP tells nobody, by the OP where it does', { timeout: 120_000 }, async (t) => {
  for (const [name, directive, op, at_our_end] of [
    ['by us', through(), { features: { backchannelLogout: { enabled: false } } }, 2], ['by the OP', through(' notified_by=op'), { fetch: to_anywhere }, 0]]) {
    await t.test(name, async (t) => {
      const town = await stage_of(t, { directive, op, more: at_our_end ? { one: any_session, two: any_session } : {} })
      const ann = new Jar(), bob = new Jar()
      const first = await log_in(town, ann, 'one', 'ann'), second = await log_in(town, ann, 'two', 'ann')
      const other = await log_in(town, bob, 'one', 'bob')
      const away = await ann.send(logout_of(town, first))
      await eventually('they are told by us', () => town.app.requests.length === at_our_end)
      assert.equal((await town.nginx.ask('GET', 'sessions?sub=ann')).json.sessions[0].state, 'ended')
      await ann.send((await say_at_op(ann, away.location)).location)
      await eventually('both are told', () => town.app.requests.length >= 2)
      await eventually('nothing is owed', async () => (await town.nginx.ask('GET', 'deliveries?state=pending')).json.deliveries.length === 0)
      assert.deepEqual(told(town), [['one', first.claims.sid, 'ann'], ['two', second.claims.sid, 'ann']])

      const [{ sid }] = (await town.nginx.ask('GET', 'sessions?sub=bob')).json.sessions
      assert.equal((await town.nginx.ask('DELETE', `sessions/${sid}`)).status, 200)
      await eventually('an end that the OP does not see is told by us', () => town.app.requests.length === 3)
      assert.deepEqual(told(town).find(([, , sub]) => sub === 'bob'), ['one', other.claims.sid, 'bob'])
    })
  }
})

test('while the store is away a way back is a 503, and waits; where it cannot be kept the OP is told all the same', { timeout: 120_000 }, async (t) => {
  const town = await stage_of(t, { store: 'timeout=500ms' })
  const ann = new Jar()
  const { id_token } = await log_in(town, ann, 'one', 'ann')
  const back = await say_at_op(ann, (await ann.send(logout_of(town, { id_token }))).location)
  town.redis.freeze()
  const answer = await ann.send(back.location)
  town.redis.thaw()
  assert.deepEqual([answer.status, answer.headers['retry-after'] !== undefined], [503, true])
  await eventually('the store is back', async () => (await ann.send(back.location)).location === 'https://one.example/bye', { within: 10_000 })

  const next = await log_in(town, ann, 'one', 'ann')
  await town.redis.ask('ACL', 'SETUSER', 'default', '-set')
  const away = await ann.send(logout_of(town, next))
  await town.redis.ask('ACL', 'SETUSER', 'default', '+set')
  assert.deepEqual([away.status, [...new URL(away.location).searchParams.keys()]], [303, ['id_token_hint', 'client_id']])
  assert.match((await say_at_op(ann, away.location)).location, /session\/end\/success/)
})
