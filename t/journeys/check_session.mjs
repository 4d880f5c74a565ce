// SPDX-License-Identifier: BSD-2-Clause
// Session Management 1.0 in front of an OP that knows nothing of it: session_state, and what its frame answers in a browser.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import http from 'node:http'
import { test } from 'node:test'
import { Jar, send } from './parts/browser_jar.mjs'
import { start_chromium } from './parts/chromium.mjs'
import { authorize, log_in, op_host, settle } from './parts/default_op.mjs'
import { House, eventually, free_port } from './parts/house.mjs'
import { query } from './parts/stage.mjs'

const locations = `location = /session/check { slo_check_session main; }
  location = /.well-known/openid-configuration { slo_discovery main; }`

async function start_page(house, body = '') {
  const port = await free_port(op_host)
  const server = http.createServer((request, answer) => answer.writeHead(200, { 'content-type': 'text/html' }).end(`<title>an application</title>${body}`))
  await new Promise((done) => server.listen(port, op_host, done))
  house.when_over(() => { server.close(); server.closeAllConnections() })
  return `http://${op_host}:${port}`
}

// What the specification has an OP make of it.
const hashed = (client, origin, state, salt) => createHash('sha256').update(`${client} ${origin} ${state} ${salt}`).digest('hex')

async function set_town(house, how = {}) {
  const spa = await start_page(house)
  const town = await settle(house, { clients: ['one', 'two', 'spa'], locations, ...how, more: { spa: {
    redirect_uris: [`${spa}/callback`], grant_types: ['authorization_code'], response_types: ['code'] } } })
  const issuer = town.issuer.issuer
  const tag = createHash('sha256').update(issuer).digest('base64url').slice(0, 6)
  return { ...town, spa, cookie: `slo-state-${tag}`, state: (browser) => browser.cookie(op_host, `slo-state-${tag}`) }
}

test('each response of a login has a session_state of its client, made of a browser state that stays and ends with the logout', { timeout: 120_000 }, async (t) => {
  const town = await set_town(new House(t))
  const ann = new Jar()
  const first = await log_in(town, ann, 'one', 'ann')
  const state = town.state(ann)
  assert.match(state, /^[\w-]{22}$/)
  const [hash, salt] = first.handed.session_state.split('.')
  assert.equal(hash, hashed('one', 'https://one.example', state, salt))

  const again = await authorize(town, ann, 'one', 'ann', { prompt: 'none' })
  assert.equal(town.state(ann), state, 'nothing has changed')
  assert.equal(again.session_state.split('.')[0], hashed('one', 'https://one.example', state, again.session_state.split('.')[1]))
  assert.notEqual(again.session_state.split('.')[1], salt)
  const two = await authorize(town, ann, 'two', 'ann', { response_type: 'code id_token', response_mode: 'fragment' })
  assert.ok(two.id_token && two.code)
  assert.equal(two.session_state.split('.')[0], hashed('two', 'https://two.example', town.state(ann), two.session_state.split('.')[1]))

  const bob = new Jar()
  await log_in(town, bob, 'one', 'bob')
  assert.notEqual(town.state(bob), state)

  const failed = await authorize(town, new Jar(), 'one', 'nobody', { prompt: 'none' })
  assert.deepEqual([failed.error, failed.session_state], ['login_required', undefined])

  const { body } = await send(`${town.nginx.url}/.well-known/openid-configuration`)
  assert.equal(JSON.parse(body).check_session_iframe, `${town.issuer.issuer}/session/check`)
  const out = await ann.send(`${town.nginx.logout}?${query({ id_token_hint: first.id_token })}`)
  assert.equal(out.status, 200, out.body)
  assert.equal(town.state(ann), 'out')
  for (const secret of [state, salt]) assert.ok(!town.nginx.log().includes(secret))
})

test('where slo_check_session is not configured nothing of it is told, added or set', { timeout: 120_000 }, async (t) => {
  const town = await set_town(new House(t), { locations: 'location = /.well-known/openid-configuration { slo_discovery main; }' })
  const ann = new Jar()
  const { handed } = await log_in(town, ann, 'one', 'ann')
  assert.deepEqual([handed.session_state, town.state(ann)], [undefined, undefined])
  const { body } = await send(`${town.nginx.url}/.well-known/openid-configuration`)
  assert.equal(JSON.parse(body).check_session_iframe, undefined)
})

test('in a real browser the frame says unchanged to whom the state is for, changed after the logout, and error to nonsense', { timeout: 120_000 }, async (t) => {
  const house = new House(t)
  const town = await set_town(house)
  const other = await start_page(house)
  const ann = new Jar()
  const { handed } = await log_in(town, ann, 'spa', 'ann', { redirect_uri: `${town.spa}/callback` })
  const chromium = await start_chromium(house)
  const tab = await chromium.new_page()
  // Each on a page of its own address: one that is about to go must not be taken for the one that comes.
  let pages = 0
  const ask_from = async (origin, message) => {
    const url = `${origin}/?page=${++pages}`
    await tab.goto(url)
    await tab.arrives_at(url)
    const frame = `${town.nginx.url}/session/check`
    await eventually('the page is there', () => tab.read(`document.readyState === 'complete' && location.href === '${url}'`))
    await tab.read(`void (addEventListener('message', ({ origin, data }) => { if (origin === '${town.nginx.url}') window.heard = data }),
      document.body.appendChild(Object.assign(document.createElement('iframe'), { src: '${frame}',
        onload: ({ target }) => target.contentWindow.postMessage(${message}, '${town.nginx.url}') })))`)
    return eventually('it hears', () => tab.read('window.heard'))
  }
  const mine = JSON.stringify(`spa ${handed.session_state}`)
  assert.equal(await ask_from(town.spa, mine), 'error', 'a browser without state')
  await tab.put_cookie(town.nginx.url, town.cookie, town.state(ann))
  assert.equal(await ask_from(town.spa, mine), 'unchanged')
  assert.equal(await ask_from(other, mine), 'changed', 'another origin never hears that it holds')
  assert.equal(await ask_from(town.spa, JSON.stringify(`one ${handed.session_state}`)), 'changed', 'nor another client')
  for (const nonsense of ['""', '"spa"', '"spa "', '"spa x"', '"spa .x"', '"spa x."', 'null', '{ a: 1 }', '[1]', '17'])
    assert.equal(await ask_from(town.spa, nonsense), 'error', nonsense)
  await tab.put_cookie(town.nginx.url, town.cookie, 'out')
  assert.equal(await ask_from(town.spa, mine), 'changed')
  assert.deepEqual(tab.complaints, [])
})
