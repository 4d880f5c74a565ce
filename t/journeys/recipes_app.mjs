// SPDX-License-Identifier: BSD-2-Clause
// The examples that end applications' own sessions, each as it stands in packaging/examples with other addresses and paths, in front of
// applications that believe their cookies more than us.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { start_apache } from './parts/apache.mjs'
import { send } from './parts/browser_jar.mjs'
import { House, eventually, free_port } from './parts/house.mjs'
import { set_example } from './parts/recipe_stage.mjs'
import { start_session_app } from './parts/session_app.mjs'
import { TlsJar } from './parts/tls_jar.mjs'

const in_time = { timeout: 90_000 }
const secret = { 'slo/secret': '0123456789abcdef0123456789abcdef' }
const where = ({ status, headers }) => [status, headers.location?.replace(/^https?:\/\/[^/]*/, '')]

function assert_quiet(stage, warned = []) {
  for (const { log, warnings } of stage.hosts) {
    assert.equal(warnings.length, warned.length, warnings.join('\n'))
    warned.forEach((words, i) => assert.match(warnings[i], words))
    assert.doesNotMatch(log(), /\[(error|crit|alert|emerg)\]/)
  }
}

// A browser in which `user` has signed in at the verifier.
async function browser_of(stage, user, sid, browser = new TlsJar(stage.host), servers = ['intranet.example.com']) {
  await stage.sign_in(`login-of-${sid}`, { sub: user, sid })
  for (const server of servers) browser.put(server, 'login', `login-of-${sid}`)
  return browser
}

// Presses the button at `path`, and comes back from the OP: {asked, home}, what the OP was told, and its browser's last answer.
async function press(stage, browser, site, path) {
  const out = await browser.visit(site, path, { headers: { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' } })
  assert.equal(out.status, 303, out.body)
  const away = new URL(out.headers.location)
  assert.equal(away.pathname, '/logout')
  const { location } = (await stage.op.visit(away)).headers
  assert.ok(location.startsWith(`https://${site}${path}?state=`), location)
  const home = await browser.visit(site, location.slice(`https://${site}`.length), { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' } })
  return { asked: Object.fromEntries(away.searchParams), home }
}

const nothing_was_mixed_up = (app) => {
  for (const { user, shown, url } of app.seen) assert.equal(shown, user, `${url} of ${user} was shown as ${shown}`)
  for (const { user, theirs } of app.logouts) assert.deepEqual(theirs.filter(([, owner]) => owner !== user), [], 'cookies of another user')
}

test('app-kiosk.conf: the next user never gets the session of the last, whose own logout is called', in_time, async (t) => {
  const house = new House(t)
  const app = await start_session_app(house)
  const stage = await set_example(house, 'app-kiosk.conf', { apps: { 8080: app }, files: secret })
  const site = 'intranet.example.com', kiosk = await browser_of(stage, 'ann', 's1')
  const others = await browser_of(stage, 'bob', 's2')
  for (const browser of [kiosk, others]) for (let i = 0; i < 4; ++i) assert.equal((await browser.visit(site, '/')).status, 200)
  assert.equal(app.live.size, 2)
  const of_ann = kiosk.cookies(site).JSESSIONID
  assert.ok(of_ann)

  // She walks away without a logout, and another user signs in at the same browser.
  await browser_of(stage, 'cid', 's3', kiosk)
  for (let i = 0; i < 4; ++i) assert.match((await kiosk.visit(site, '/')).body, /welcome cid/)
  assert.notEqual(kiosk.cookies(site).JSESSIONID, of_ann)
  assert.deepEqual(app.logouts, [], 'her session lives on')

  const told = await stage.host.back(site, await stage.op.issuer.logout_token({ aud: 'intranet', sid: 's1' }))
  assert.equal(told.status, 200, told.body)
  await eventually('the application is called', () => app.logouts.length > 0)
  assert.deepEqual(app.logouts.map(({ user, status }) => [user, status]), [['ann', 302]])
  assert.equal(app.live.has(of_ann), false)
  const thief = new TlsJar(stage.host)
  thief.put(site, 'JSESSIONID', of_ann)
  await stage.sign_in('login-of-thief', { sub: 'eve', sid: 's9' })
  thief.put(site, 'login', 'login-of-thief')
  assert.match((await thief.visit(site, '/')).body, /welcome eve/, 'what somebody kept of it is nobody\'s')
  for (const [browser, name] of [[kiosk, 'cid'], [others, 'bob']]) assert.match((await browser.visit(site, '/')).body, new RegExp(`welcome ${name}`))

  // And who is at the kiosk now is logged out at the OP.
  assert.equal((await stage.host.back(site, await stage.op.issuer.logout_token({ aud: 'intranet', sid: 's3' }))).status, 200)
  assert.deepEqual(where(await kiosk.visit(site, '/')), [303, '/login/ended'])
  assert.deepEqual(kiosk.cookies(site), {}, 'nothing is left in the browser')
  await eventually('the application is called', () => app.logouts.length === 2)
  assert.deepEqual(app.logouts[1].user, 'cid')
  nothing_was_mixed_up(app)
  assert_quiet(stage)
})

test('logout-button.conf: a press ends the session here, in the application and at the OP, and the way back needs no login', in_time, async (t) => {
  const house = new House(t)
  const app = await start_session_app(house)
  const stage = await set_example(house, 'logout-button.conf', { apps: { 8080: app }, files: secret })
  const site = 'intranet.example.com', ann = await browser_of(stage, 'ann', 's1'), bob = await browser_of(stage, 'bob', 's2')
  for (const browser of [ann, bob]) for (let i = 0; i < 4; ++i) assert.equal((await browser.visit(site, '/')).status, 200)
  const before = ann.cookies(site)
  const { asked, home } = await press(stage, ann, site, '/signout')
  assert.deepEqual([asked.id_token_hint, asked.post_logout_redirect_uri], [stage.verifier.logins.get('login-of-s1').id_token, `https://${site}/signout`])
  assert.deepEqual([where(home), ann.cookies(site)], [[303, '/login/bye'], {}])
  assert.match((await ann.visit(site, '/login/bye')).body, /sign in at/)
  await eventually('the application is called', () => app.logouts.length > 0)
  assert.deepEqual(app.logouts.map(({ user, status }) => [user, status]), [['ann', 302]])
  assert.equal(app.live.size, 1)
  assert.deepEqual(where(await ann.visit(site, '/')), [303, '/login/'])
  assert.deepEqual(where(await ann.visit(site, '/signout?state=x')), [303, '/login/'], 'nobody is signed in')
  const thief = new TlsJar(stage.host)
  for (const [name, value] of Object.entries(before)) thief.put(site, name, value)
  assert.deepEqual(where(await thief.visit(site, '/')), [303, '/login/ended'])
  assert.match((await bob.visit(site, '/')).body, /welcome bob/)
  nothing_was_mixed_up(app)
  assert_quiet(stage)
})

test('app-help-desk.conf: one call ends a user in both applications, chunked cookies and __Host- ones', in_time, async (t) => {
  const house = new House(t)
  const wiki = await start_session_app(house, { name: 'wiki', pieces: 2, attributes: 'Path=/; HttpOnly; SameSite=Lax' })
  const tickets = await start_session_app(house, { name: '__Host-tickets', attributes: 'Path=/; Secure; HttpOnly; SameSite=None; Partitioned', logout: '/api/logout' })
  const stage = await set_example(house, 'app-help-desk.conf', { apps: { 8081: wiki, 8082: tickets }, files: secret })
  const sites = ['wiki.example.com', 'tickets.example.com']
  const at_work = await browser_of(stage, 'ann', 's1', undefined, sites), at_home = await browser_of(stage, 'ann', 's2', undefined, sites)
  const bob = await browser_of(stage, 'bob', 's3', undefined, sites)
  for (const browser of [at_work, at_home, bob]) for (const site of sites) assert.equal((await browser.visit(site, '/')).status, 200)
  const known = async () => JSON.parse((await stage.host.ask('GET', '/slo/corp/sessions?sub=ann')).body).sessions
  await eventually('both sessions are known', async () => (await known()).length === 2 && (await known()).every(({ applications }) => applications?.length === 2))
  const [{ applications }] = await known()
  assert.deepEqual(applications.map(({ name }) => name).sort(), ['tickets.example.com/api/logout', 'wiki.example.com/logout'])

  const ended = await stage.host.ask('DELETE', '/slo/corp/users/ann/sessions')
  assert.equal(ended.status, 200, ended.body)
  assert.deepEqual(JSON.parse(ended.body).ended.sort(), ['s1', 's2'])
  for (const browser of [at_work, at_home]) for (const site of sites) {
    await eventually('refused', async () => (await browser.visit(site, '/')).status === 303)
    assert.deepEqual(browser.cookies(site), {})
  }
  for (const app of [wiki, tickets]) {
    await eventually('it is called', () => app.logouts.length === 2)
    assert.deepEqual(app.logouts.map(({ user, status }) => [user, status]), [['ann', 302], ['ann', 302]])
    assert.deepEqual([...app.live.values()].map(({ user }) => user), ['bob'])
    nothing_was_mixed_up(app)
  }
  assert.equal(tickets.logouts[0].headers['x-requested-with'], 'XMLHttpRequest')
  for (const site of sites) assert.match((await bob.visit(site, '/')).body, /welcome bob/)
  assert_quiet(stage)
})

test('app-behind-op.conf: a logout at the OP behind the same nginx ends the application\'s own session', in_time, async (t) => {
  const house = new House(t)
  const app = await start_session_app(house)
  const clients = [{ client_id: 'intranet', client_secret: 'secret-of-intranet', redirect_uris: ['https://intranet.example.com/cb'],
                     post_logout_redirect_uris: ['https://intranet.example.com/'] }]
  const stage = await set_example(house, 'app-behind-op.conf', { apps: { 8080: app }, files: ({ op }) => ({ ...secret,
    'slo/op-jwks.json': JSON.stringify(op.issuer.public_jwks), 'slo/op.pem': op.issuer.keys.RS256.pem, 'slo/clients.json': JSON.stringify(clients) }) })
  const { host, op, verifier } = stage
  const sso = 'sso.example.com', site = 'intranet.example.com'
  // The verifier's login at the OP, whose answer nginx sees.
  const log_in = async (user, sid) => {
    op.login = { sub: user, sid }
    const browser = new TlsJar(host)
    browser.put(sso, 'op_session', `op-session-of-${sid}`)
    const code = new URL((await browser.visit(sso, '/authorize?client_id=intranet&state=x&redirect_uri=https://intranet.example.com/cb')).headers.location).searchParams.get('code')
    const { body } = await host.visit(sso, '/token', { method: 'POST', body: `grant_type=authorization_code&code=${code}`, headers: {
      'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${btoa('intranet:secret-of-intranet')}` } })
    const { id_token } = JSON.parse(body)
    verifier.logins.set(`login-of-${sid}`, { id_token, user })
    browser.put(site, 'login', `login-of-${sid}`)
    return { browser, id_token }
  }
  const ann = await log_in('ann', 's1'), bob = await log_in('bob', 's2')
  for (const { browser } of [ann, bob]) assert.equal((await browser.visit(site, '/')).status, 200)
  const back = encodeURIComponent('https://intranet.example.com/')
  const out = await ann.browser.visit(sso, `/logout?id_token_hint=${ann.id_token}&post_logout_redirect_uri=${back}`)
  assert.deepEqual([out.status, out.headers.location], [303, 'https://intranet.example.com/'], out.body)
  await eventually('the application is called', () => app.logouts.length > 0)
  assert.deepEqual(where(await ann.browser.visit(site, '/')), [303, '/login/ended'])
  assert.deepEqual(ann.browser.cookies(site), {})
  assert.match((await bob.browser.visit(site, '/')).body, /welcome bob/)
  assert.deepEqual(app.logouts.map(({ user, status }) => [user, status]), [['ann', 302]])
  nothing_was_mixed_up(app)
  assert_quiet(stage)
})

// Its own OIDC client, over TLS by our nginx alone. It knows no name server, so that its OP has an address here.
async function start_library(house, stage) {
  const at = `https://127.0.0.1:${stage.op.port}`
  const client = { client_id: 'library', client_secret: 'secret-of-library', id_token_signed_response_alg: 'RS256' }
  await start_apache(house, { host: '127.0.0.1', port: stage.apps[8080].port, op: stage.op.issuer.issuer, client, redirect_uri: 'https://library.example.com/app/callback',
    provider: `OIDCProviderIssuer ${stage.op.issuer.issuer}\nOIDCProviderAuthorizationEndpoint ${stage.op.issuer.issuer}/authorize\nOIDCProviderTokenEndpoint ${at}/token\nOIDCProviderJwksUri ${at}/jwks`,
    more: 'OIDCXForwardedHeaders X-Forwarded-Proto' })
}

test('app-own-client.conf: mod_auth_openidc, which has no back channel, is logged out by the OP\'s logout token', in_time, async (t) => {
  const house = new House(t)
  const library = { port: await free_port('127.0.0.1') }, site = 'library.example.com'
  const stage = await set_example(house, 'app-own-client.conf', { apps: { 8080: library }, files: secret })
  const { host, op } = stage
  await start_library(house, stage)
  const log_in = async (user, sid, browser = new TlsJar(host)) => {
    op.login = { sub: user, sid, session_state: sid }
    const away = await browser.visit(site, '/app/')
    assert.equal(away.status, 302, away.body)
    const { location } = (await op.visit(new URL(away.headers.location))).headers
    const back = await browser.visit(site, location.slice(`https://${site}`.length))
    assert.deepEqual(where(back), [302, '/app/'], back.body)
    return browser
  }
  const ann = await log_in('ann', 's1'), bob = await log_in('bob', 's2')
  for (const [browser, name] of [[ann, 'ann'], [bob, 'bob']])
    for (let i = 0; i < 4; ++i) assert.match((await browser.visit(site, '/app/')).body, new RegExp(`shows this to ${name}`))
  const cookie = ann.cookies(site).mod_auth_openidc_session
  assert.ok(cookie)
  assert.equal((await host.back(site, await op.issuer.logout_token({ aud: 'library', sid: 's1' }))).status, 200)
  const over = await ann.visit(site, '/app/')
  assert.deepEqual([over.status, ann.cookies(site)], [401, {}])
  await eventually('the application is called', () => /GET \/app\/callback\?logout=get 200/.test(house.read('apache/access.log')))
  // Asked past nginx, with the cookie of before: its own session is gone.
  await eventually('its own session is gone', async () => {
    const headers = { cookie: `mod_auth_openidc_session=${cookie}`, host: site, 'x-forwarded-proto': 'https', accept: 'text/html' }
    return (await send(`http://127.0.0.1:${library.port}/app/`, { headers })).status === 302
  })
  assert.match((await bob.visit(site, '/app/')).body, /shows this to bob/)
  await log_in('ann', 's3', ann)
  assert.match((await ann.visit(site, '/app/')).body, /shows this to ann/)

  // The button knows him by his cookie alone.
  const of_bob = bob.cookies(site).mod_auth_openidc_session
  const { asked, home } = await press(stage, bob, site, '/signout')
  assert.deepEqual([asked.client_id, asked.id_token_hint, where(home), bob.cookies(site)], ['library', undefined, [303, '/signed-out'], {}])
  assert.match((await bob.visit(site, '/signed-out')).body, /You are signed out/)
  await eventually('the application is called', () => house.read('apache/access.log').match(/GET \/app\/callback\?logout=get 200/g)?.length === 2)
  const thief = new TlsJar(host)
  thief.put(site, 'mod_auth_openidc_session', of_bob)
  assert.equal((await thief.visit(site, '/app/')).status, 401)
  assert.match((await ann.visit(site, '/app/')).body, /shows this to ann/)
  assert_quiet(stage)
})
