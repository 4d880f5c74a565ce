// SPDX-License-Identifier: BSD-2-Clause
// A real browser on the front-channel page: every iframe is loaded, nothing holds the user up, he arrives where he should.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { start_chromium } from './parts/chromium.mjs'
import { House, eventually } from './parts/house.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { set_stage } from './parts/stage.mjs'
import { every_printable } from './parts/words.mjs'

const odd_sid = 'own&sid="<of>\'#%41+c;?/'

// A session of three front-channel clients: one with a query of its own, one that wants no sid, one with an own sid.
async function settle(t) {
  const house = new House(t)
  const apps = []
  for (const last of [11, 12, 13]) apps.push(await start_receiver(house, { host: `127.0.0.${last}` }))
  const clients = apps.map(({ url }, i) => ({
    client_id: `app-${i}`, client_name: `Application ${i}`, redirect_uris: [`${url}/callback`],
    post_logout_redirect_uris: [`${url}/bye?a=b`], frontchannel_logout_uri: `${url}/front${i === 0 ? '?keep=%C3%A4%26' : ''}`,
    frontchannel_logout_session_required: i !== 1,
  }))
  const { issuer, nginx, hint, logout_url } = await set_stage(house, { clients, provider: 'frontchannel timeout=1s total=9s;' })
  for (const { client_id } of clients) {
    await nginx.register({ client_id, sid: 's1', sub: 'ann', session_cookie: 'cookie-of-ann',
                           ...(client_id === 'app-2' && { client_sid: odd_sid }) })
  }
  const id_token_hint = await hint({ aud: 'app-0', sub: 'ann', sid: 's1' })
  const ask = (parameters) => logout_url({ post_logout_redirect_uri: `${apps[0].url}/bye?a=b`, state: every_printable,
                                           ...parameters })
  const chromium = await start_chromium(house)
  const page = await chromium.new_page()
  await page.put_cookie(nginx.url, '_session', 'cookie-of-ann')
  return { issuer, nginx, apps, chromium, page, ask, logout_url: ask({ id_token_hint }) }
}

const fronts = ({ requests }) => requests.filter(({ url }) => url.startsWith('/front'))

function assert_told({ issuer, apps }) {
  const seen = apps.map((app) => fronts(app).map(({ url }) => Object.fromEntries(new URL(url, app.url).searchParams)))
  const iss = issuer.issuer
  assert.deepEqual(seen[0], [{ keep: 'ä&', iss, sid: 's1' }])
  assert.ok([0, 2].includes(Object.keys(seen[1][0]).length), 'iss and sid together or not at all')
  assert.deepEqual(seen[2], [{ iss, sid: odd_sid }])
}

function assert_landed(address) {
  const { searchParams } = new URL(address)
  assert.equal(searchParams.get('a'), 'b')
  assert.deepEqual(searchParams.getAll('state'), [every_printable])
}

test('every iframe is loaded with iss and sid, and the browser arrives with the state', { timeout: 60_000 }, async (t) => {
  const rooms = await settle(t)
  await rooms.page.goto(rooms.logout_url)
  assert_landed(await rooms.page.arrives_at(`${rooms.apps[0].url}/bye`))
  assert_told(rooms)
  assert.deepEqual(rooms.page.complaints, [])
  assert.deepEqual((await rooms.page.cookies(rooms.nginx.url)).filter(({ name }) => name === '_session'), [])
})

test('a client that hangs holds the user up for its timeout only', { timeout: 60_000 }, async (t) => {
  const rooms = await settle(t)
  rooms.apps[1].behave = manners.hanging
  const begin = Date.now()
  await rooms.page.goto(rooms.logout_url)
  assert_landed(await rooms.page.arrives_at(`${rooms.apps[0].url}/bye`))
  const took = Date.now() - begin
  assert.ok(took >= 900 && took < 8500, `moved on after ${took} ms; one frame has 1000 ms, all together 9000 ms`)
  assert_told(rooms)
})

test('without scripts the applications are told all the same, and a link leads onward', { timeout: 60_000 }, async (t) => {
  const rooms = await settle(t)
  await rooms.page.without_scripts()
  await rooms.page.goto(rooms.logout_url)
  await eventually('all three iframes are loaded', () => rooms.apps.every((app) => fronts(app).length === 1))
  assert_told(rooms)
  const start = `${rooms.apps[0].url}/bye`
  await eventually('there is an onward link', () => rooms.page.read(`!!document.querySelector('a[href^="${start}"]')`))
  if (!(await rooms.page.address()).startsWith(start)) await rooms.page.click(`a[href^="${start}"]`)
  assert_landed(await rooms.page.arrives_at(start))
})

const question = 'form[method="post" i]'

test('asked and answered no, nothing happens', { timeout: 60_000 }, async (t) => {
  const { nginx, apps, page, ask } = await settle(t)
  await page.goto(ask({ client_id: 'app-0' }))
  await eventually('the question', () => page.read(`!!document.querySelector('${question}')`))
  assert.equal((await nginx.session('s1')).json.ended, undefined)
  await page.click(`${question} button[value="no"]`)
  await eventually('the page after no', () => page.read(`!document.querySelector('${question}')`))
  assert.equal((await nginx.session('s1')).json.ended, undefined)
  assert.ok((await page.address()).startsWith(nginx.url))
  assert.deepEqual(apps.map((app) => app.requests.length), [0, 0, 0])
  assert.deepEqual(page.complaints, [])
})

test('asked and answered yes, by the same browser, and once more', { timeout: 60_000 }, async (t) => {
  const rooms = await settle(t)
  const { nginx, apps, chromium, page, ask } = rooms
  await page.goto(ask({ client_id: 'app-0' }))
  await eventually('the question', () => page.read(`!!document.querySelector('${question}')`))
  const ticket = await page.read(`document.querySelector('${question} [name=ticket]').value`)
  const stolen = await chromium.new_page()
  await answer_yes(stolen, nginx, ticket)
  assert.match(await stolen.read('document.body.innerText'), /no longer valid/)
  assert.equal((await nginx.session('s1')).json.ended, undefined, 'another browser\'s yes ends nothing')

  await page.click(`${question} button[value="yes"]`)
  assert_landed(await page.arrives_at(`${apps[0].url}/bye`))
  assert_told(rooms)
  assert.notEqual((await nginx.session('s1')).json.ended, undefined)
  assert.deepEqual(page.complaints, [])

  for (const app of apps) app.requests.length = 0
  await answer_yes(page, nginx, ticket)
  assert_landed(await page.arrives_at(`${apps[0].url}/bye`))
  assert_told(rooms)
})

// A double click, or a retry after a lost answer: the first one's page is never seen.
test('a yes that is given twice ends the session once and tells everybody', { timeout: 60_000 }, async (t) => {
  const rooms = await settle(t)
  const { nginx, apps, page, ask } = rooms
  await page.goto(ask({ client_id: 'app-0' }))
  await eventually('the question', () => page.read(`!!document.querySelector('${question}')`))
  const ticket = await page.read(`document.querySelector('${question} [name=ticket]').value`)
  const cookie = (await page.cookies(nginx.url)).map(({ name, value }) => `${name}=${value}`).join('; ')
  const first = await send(nginx.logout, { method: 'POST', form: { ticket, choice: 'yes' }, headers: { cookie } })
  assert.equal(first.status, 200)
  assert.notEqual((await nginx.session('s1')).json.ended, undefined)

  await page.click(`${question} button[value="yes"]`)
  assert_landed(await page.arrives_at(`${apps[0].url}/bye`))
  assert_told(rooms)
})

// Posts the form by hand, from a page of the same site.
async function answer_yes(page, nginx, ticket) {
  await page.goto(`${nginx.url}/nowhere`)
  await eventually('a page of that site', async () => (await page.read('document.readyState + location.href')) === `complete${nginx.url}/nowhere`)
  await page.read(`document.body.innerHTML = '<form method=post action=/logout><input name=ticket><input name=choice value=yes></form>';
                   document.querySelector('[name=ticket]').value = ${JSON.stringify(ticket)}; setTimeout((form) => form.submit(), 0, document.forms[0]); 0`)
  await page.arrives_at(nginx.logout)
  await eventually('the page is there', () => page.read(`document.readyState === 'complete' && !document.querySelector('form[action="/logout"] [name=choice]:not(button)')`))
}
