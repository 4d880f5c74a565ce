// SPDX-License-Identifier: BSD-2-Clause
// The logout button in a real browser: out here at once, through the OP and back; other sites' pages cannot press it.
import assert from 'node:assert/strict'
import http from 'node:http'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { Jar, send } from './parts/browser_jar.mjs'
import { start_chromium } from './parts/chromium.mjs'
import { House, eventually, free_port } from './parts/house.mjs'
import { make_issuer } from './parts/issuer.mjs'
import { start_nginx } from './parts/nginx.mjs'
import { converse } from './parts/raw_http.mjs'
import { query } from './parts/stage.mjs'
import { start_redis } from './parts/redis.mjs'

const in_time = { timeout: 90_000 }

// Notes whatever is asked of it; `behave` answers.
async function start_site(house, host, behave) {
  const requests = []
  const server = http.createServer(async (request, answer) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const seen = { method: request.method, url: request.url, body: Buffer.concat(chunks).toString(), headers: request.headers }
    requests.push(seen)
    behave(seen, answer)
  })
  server.listen(0, host)
  await once(server, 'listening')
  house.when_over(() => { server.close(); server.closeAllConnections() })
  return { requests, url: `http://${host}:${server.address().port}` }
}

// Sends everybody straight back, as an OP does whose session has ended, and keeps what it was told.
function come_and_go({ method, url, body }, answer) {
  const told = new URLSearchParams(method === 'POST' ? body : url.replace(/^[^?]*\??/, ''))
  if (!told.has('post_logout_redirect_uri')) return answer.writeHead(204).end()
  answer.writeHead(303, { location: `${told.get('post_logout_redirect_uri')}?${query({ state: told.get('state') })}` }).end()
}

const html = (body) => `<!DOCTYPE html><title>page</title><link rel="icon" href="data:,">${body}`

// One nginx in front of an application; `end_session` says where its OP is, by the address of nginx.
async function settle(house, { end_session, clients = () => [], button = 'then=/gone', servers = '', discovery, more = '' }) {
  const host = '127.0.0.1', port = await free_port(host)
  const url = `http://${host}:${port}`
  const issuer = await make_issuer(url)
  const app = await start_site(house, '127.0.0.9', (_, answer) => {
    answer.writeHead(200, { 'set-cookie': ['app=; Path=/; Max-Age=0', 'app_too=; Path=/; Max-Age=0'] }).end('application: you are out')
  })
  const redis = await start_redis(house)
  const nginx = await start_nginx(house, { host, port, issuer, clients: clients(url), redis,
    provider: `client_id gateway; ${end_session(url)}`, workers: 2, servers, ...(discovery && { jwks: '' }),
    locations: `
      ${more}
      ${discovery ? `location = /.well-known/openid-configuration { return 200 '${JSON.stringify(discovery(url))}'; }` : ''}
      location = /gone { default_type text/html; return 200 '${html('gone')}'; }
      location /app/ { default_type text/html; slo_guard main token=$cookie_id_token; error_page 418 = @page; return 418; }
      location @page { default_type text/html; slo_guard main token=$cookie_id_token; return 200 '${html('<a id="out" href="$slo_logout_url">out</a>')}'; }
      location /guarded { slo_guard main token=$cookie_id_token; empty_gif; }
      location = /slo/out { slo_logout main token=$cookie_id_token ${button}; proxy_pass ${app.url}; }` })
  const token = (claims) => issuer.id_token({ aud: 'gateway', sub: 'ann', sid: 's1', ...claims })
  const is_in = async (id_token) => (await send(`${url}/guarded`, { headers: { cookie: `id_token=${id_token}` } })).status === 200
  return { url, issuer, app, nginx, redis, token, is_in }
}

const at = (site) => () => `end_session ${site.url}/bye?realm=r1;`

async function open_page(browser, stage, id_token) {
  const page = await browser.new_page()
  await page.put_cookie(stage.url, 'id_token', id_token)
  await page.put_cookie(stage.url, 'app', 'session of the application')
  return page
}
const cookie_names = async (page, url) => (await page.cookies(url)).map(({ name }) => name).sort()

test('pressed in a browser: out here, through the OP with hint and state, and back to where the operator says', in_time, async (t) => {
  const house = new House(t)
  const op = await start_site(house, '127.0.0.7', come_and_go)
  const stage = await settle(house, { end_session: at(op) })
  const mine = await stage.token({}), other = await stage.token({ sid: 's2' })
  const page = await open_page(await start_chromium(house), stage, mine)
  await page.goto(`${stage.url}/app/`)
  await eventually('the page has its button', async () => await page.read('document.querySelector("#out")?.getAttribute("href")') === '/slo/out')
  await page.click('#out')
  await page.arrives_at(`${stage.url}/gone`)
  const [asked] = op.requests
  const told = Object.fromEntries(new URL(asked.url, op.url).searchParams)
  assert.deepEqual([asked.method, told], ['GET', { realm: 'r1', id_token_hint: mine, client_id: 'gateway',
    post_logout_redirect_uri: `${stage.url}/slo/out`, state: told.state }])
  assert.match(told.state, /^[\w-]{44}$/)
  assert.equal(await page.address(), `${stage.url}/gone`)
  assert.deepEqual(await cookie_names(page, stage.url), ['id_token'], 'those of the application and of the way are gone')
  assert.deepEqual(await Promise.all([stage.is_in(mine), stage.is_in(other)]), [false, true])
  assert.deepEqual(stage.app.requests.map(({ method, url }) => [method, url]), [['GET', '/slo/out']])
  assert.doesNotMatch(stage.nginx.log(), /no state of its own|\[(warn|error|crit|alert|emerg)\].*slo_logout/)
  assert.deepEqual(page.complaints, [])
})

test('a long token travels as a form, with and without scripts', in_time, async (t) => {
  const house = new House(t)
  const op = await start_site(house, '127.0.0.7', come_and_go)
  const stage = await settle(house, { end_session: at(op) })
  const browser = await start_chromium(house)
  for (const scripts of [true, false]) {
    const mine = await stage.token({ sid: `s-${scripts}`, groups: 'x'.repeat(2200) })
    const page = await open_page(browser, stage, mine)
    if (!scripts) await page.without_scripts()
    await page.goto(`${stage.url}/app/`)
    await eventually('the page is there', () => page.read('!!document.querySelector("#out")'))
    await page.read('void document.querySelector("#out").click()')
    if (!scripts) {
      await eventually('the form is there', () => page.read('document.querySelector("h1")?.textContent === "Signing you out"'))
      await page.read('void document.querySelector("button").click()')
    }
    await page.arrives_at(`${stage.url}/gone`)
    const { method, url, body } = op.requests.pop()
    const told = Object.fromEntries(new URLSearchParams(body))
    assert.deepEqual([method, url, told.id_token_hint, told.client_id], ['POST', '/bye?realm=r1', mine, 'gateway'])
    assert.equal(await stage.is_in(mine), false)
    assert.deepEqual(page.complaints, [])
  }
})

test('our own end_session endpoint is such an OP: its session ends there as well, and the way back fits', in_time, async (t) => {
  const stage = await settle(new House(t), { end_session: (url) => `end_session ${url}/logout;`,
    clients: (url) => [{ client_id: 'gateway', redirect_uris: [`${url}/callback`], post_logout_redirect_uris: [`${url}/slo/out`] }] })
  await stage.nginx.register({ client_id: 'gateway', sid: 's1', sub: 'ann', session_cookie: 'cookie-of-ann' })
  const mine = await stage.token({}), browser = new Jar()
  browser.put('127.0.0.1', 'id_token', mine)
  browser.put('127.0.0.1', '_session', 'cookie-of-ann')
  const away = await browser.send(`${stage.url}/slo/out`, { headers: { referer: `${stage.url}/app/` } })
  assert.equal(away.status, 303, away.body)
  assert.equal(await stage.is_in(mine), false, 'before the OP is asked')
  const op = await browser.send(away.location)
  assert.deepEqual([op.status, op.location.split('?')[0]], [303, `${stage.url}/slo/out`], op.body)
  assert.equal((await stage.nginx.session('s1')).json.state, 'ended')
  const home = await browser.send(op.location)
  assert.deepEqual([home.status, new URL(home.location, stage.url).pathname], [303, '/gone'])
  assert.equal(browser.cookie('127.0.0.1', 'slo-logout'), undefined)
  assert.doesNotMatch(stage.nginx.log(), /no state of its own/)
})

test('the endpoint of the discovery document will do, and an OP that loses the state sends him home all the same', in_time, async (t) => {
  const house = new House(t)
  const op = await start_site(house, '127.0.0.7', ({ url }, answer) => {
    answer.writeHead(303, { location: new URL(url, 'http://op').searchParams.get('post_logout_redirect_uri') }).end()
  })
  const stage = await settle(house, { end_session: () => '',
    discovery: (url) => ({ issuer: url, jwks_uri: `${url}/slo/jwks`, end_session_endpoint: `${op.url}/discovered` }) })
  await eventually('the document was fetched', () => /slo: .*keys/.test(stage.nginx.log()))
  const mine = await stage.token({})
  const page = await open_page(await start_chromium(house), stage, mine)
  await page.goto(`${stage.url}/app/`)
  await eventually('the page is there', () => page.read('!!document.querySelector("#out")'))
  await page.click('#out')
  await page.arrives_at(`${stage.url}/gone`)
  assert.deepEqual(op.requests.map(({ url }) => url.split('?')[0]), ['/discovered'])
  assert.equal(await stage.is_in(mine), false)
  assert.deepEqual(await cookie_names(page, stage.url), ['id_token'])
})

test('a page of another site presses nothing by image, frame, script or fetch, and its link is a question', in_time, async (t) => {
  const house = new House(t)
  const op = await start_site(house, '127.0.0.7', come_and_go)
  const stage = await settle(house, { end_session: at(op) })
  const button = `${stage.url}/slo/out`
  const evil = await start_site(house, '127.0.0.8', (_, answer) => answer.writeHead(200, { 'content-type': 'text/html' }).end(html(`
    <img src="${button}"><iframe src="${button}"></iframe><script src="${button}"></script>
    <script>fetch('${button}', { mode: 'no-cors', credentials: 'include' }).finally(() => { document.title = 'tried' })</script>
    <a id="link" href="${button}">free kittens</a><form id="form" method="post" action="${button}"></form>`)))
  const mine = await stage.token({})
  const page = await open_page(await start_chromium(house), stage, mine)
  const refused = () => stage.nginx.log().split('refused a logout that no user has navigated to').length - 1
  await page.goto(`${evil.url}/`)
  await eventually('all four were refused', () => refused() >= 4)
  assert.equal(await stage.is_in(mine), true)
  await page.click('#link')
  await eventually('it is a question', () => page.read('document.querySelector("h1")?.textContent === "Sign out?"'))
  assert.equal(await stage.is_in(mine), true)
  await page.goto(`${evil.url}/`)
  await eventually('the form is there', () => page.read('!!document.querySelector("#form")'))
  await page.read('void setTimeout(() => document.querySelector("#form").submit())')
  await eventually('it is a question, too', () => page.read('document.querySelector("h1")?.textContent === "Sign out?"'))
  assert.equal(await stage.is_in(mine), true)
  assert.deepEqual([op.requests, stage.app.requests], [[], []])
  await page.click('button')
  await page.arrives_at(`${stage.url}/gone`)
  assert.equal(await stage.is_in(mine), false)
})

test('a script of the application ends the session as well', in_time, async (t) => {
  const house = new House(t)
  const op = await start_site(house, '127.0.0.7', come_and_go)
  const stage = await settle(house, { end_session: at(op) })
  const mine = await stage.token({})
  const page = await open_page(await start_chromium(house), stage, mine)
  await page.goto(`${stage.url}/app/`)
  await eventually('the page is there', () => page.read('!!document.querySelector("#out")'))
  await page.read('void fetch("/slo/out", { method: "POST", redirect: "manual" })')
  await eventually('it is out', async () => !(await stage.is_in(mine)))
  assert.equal(await page.address(), `${stage.url}/app/`)
})

test('a return that does not fit ends nothing and lands where it may; a missing endpoint is warned of once', in_time, async (t) => {
  const house = new House(t)
  const stage = await settle(house, { end_session: () => '', servers: `server { listen 127.0.0.6:${await free_port('127.0.0.6')};
    server_name *.example.com intranet.example.com; location = /slo/back { slo_backchannel_logout main; } location ~ ^/front { slo_frontchannel_logout main; }
    location /slo/bye { slo_logout main token=$arg_x; } location = /named { slo_logout main token=$arg_x post_logout_redirect_uri=https://app.example/out; } }` })
  const mine = await stage.token({})
  for (const state of ['', 'x', 'A'.repeat(44)]) {
    const home = await send(`${stage.url}/slo/out?state=${state || '%00'}`, { headers: { cookie: `id_token=${mine}; slo-logout=${'A'.repeat(22)}` } })
    assert.deepEqual([home.status, new URL(home.location, stage.url).pathname], [303, '/gone'])
  }
  assert.equal(await stage.is_in(mine), true)
  for (let i = 0; i < 3; ++i)
    assert.equal((await send(`${stage.url}/slo/out`, { headers: { referer: `${stage.url}/`, cookie: `id_token=${mine}` }, method: 'HEAD' })).status, 303)
  const warnings = stage.nginx.log().match(/\[warn\] .*no end_session endpoint is known/g)
  assert.ok(warnings.length <= 2, 'once a worker')
  const told = stage.nginx.log().match(/register at the OP of slo_provider "main": .*/g)
  assert.deepEqual(told.map((line) => line.replace(/^.*"main": /, '')), [
    'backchannel_logout_uri https://intranet.example.com/slo/back', 'post_logout_redirect_uri https://intranet.example.com/slo/bye',
    'post_logout_redirect_uri https://app.example/out'])
})

test('an access rule that asks for the login does not see who comes back from the OP without it', in_time, async (t) => {
  const house = new House(t)
  const op = await start_site(house, '127.0.0.7', come_and_go)
  const stage = await settle(house, { end_session: at(op), more: `
    location = /login { internal; if ($cookie_login = '') { return 401; } return 204; }
    location = /slo/closed { slo_cookie login; auth_request /login; slo_logout main token=$cookie_id_token then=/gone; }` })
  const mine = await stage.token({})
  const page = await open_page(await start_chromium(house), stage, mine)
  await page.put_cookie(stage.url, 'login', 'of ann')
  await page.goto(`${stage.url}/slo/closed`)
  await page.arrives_at(`${stage.url}/gone`)
  assert.equal(op.requests.length, 1)
  assert.equal(await stage.is_in(mine), false)
  assert.deepEqual(await cookie_names(page, stage.url), ['app', 'id_token'])
  assert.deepEqual([(await send(`${stage.url}/slo/closed`)).status, (await send(`${stage.url}/slo/closed?state=x`)).status], [401, 401])
})

test('tracked cookies alone tell whose session ends, in each worker; while the store is away nothing is claimed', in_time, async (t) => {
  const stage = await settle(new House(t), { end_session: () => '', more: `
    location /lib/ { slo_guard main token=$cookie_id_token; slo_cookie lib_session path=/ track; empty_gif; }
    location = /signout { slo_guard main; slo_cookie lib_session path=/ track; slo_logout main local then=/gone; }` })
  const visit = (path, lib, more = {}) => send(`${stage.url}${path}`, { headers: { cookie: `lib_session=${lib}`, ...more } })
  const press = (lib) => visit('/signout', lib, { referer: `${stage.url}/` })
  const log_in = async (sid) => {
    const id_token = await stage.token({ sid })
    await eventually('it is bound', async () => {
      await visit('/lib/', `lib-of-${sid}`, { cookie: `lib_session=lib-of-${sid}; id_token=${id_token}` })
      return (await stage.nginx.session(sid)).status === 200
    })
    return id_token
  }
  const tokens = []
  for (let i = 0; i < 6; ++i) tokens.push(await log_in(`s${i}`))
  for (let i = 0; i < 4; ++i) {
    const out = await press(`lib-of-s${i}`)
    assert.deepEqual([out.status, out.headers['set-cookie']?.map((line) => line.split(';')[0])], [303, ['lib_session=']])
    assert.equal((await visit('/lib/', `lib-of-s${i}`)).status, 401)
    assert.deepEqual([await stage.is_in(tokens[i]), await stage.is_in(tokens[5]), (await stage.nginx.session(`s${i}`)).json.state], [false, true, 'ended'])
  }
  await stage.redis.stop()
  for (let i = 0; i < 4; ++i) {
    const out = await press('lib-of-s4')
    assert.deepEqual([out.status, out.headers['set-cookie'], out.headers['retry-after']], [503, undefined, '5'])
  }
  await stage.redis.start_again()
  await eventually('it is out', async () => (await press('lib-of-s4')).status === 303)
  await eventually('each worker knows whose it was', async () => (await visit('/lib/', 'lib-of-s4')).status === 401)
  assert.deepEqual([await stage.is_in(tokens[4]), await stage.is_in(tokens[5])], [false, true])
  assert.doesNotMatch(stage.nginx.log(), /lib-of-s/)
})

test('an application that switches protocols at the button gets no tunnel: what comes next on the connection is asked of nginx', in_time, async (t) => {
  const house = new House(t), heard = []
  const application = createServer((socket) => {
    socket.on('error', () => {}).on('data', (bytes) => heard.push(bytes.toString('latin1')))
    socket.once('data', () => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: clock\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged'))
  }).listen(0, '127.0.0.8')
  await once(application, 'listening')
  house.when_over(() => application.close())
  const stage = await settle(house, { end_session: () => '', more: `
    location = /up { slo_logout main local token=$cookie_id_token then=/gone; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $http_connection; proxy_pass http://127.0.0.8:${application.address().port}; }` })
  const { host } = new URL(stage.url)
  const { answers } = await converse(stage.url, [
    `GET /up HTTP/1.1\r\nHost: ${host}\r\nSec-Fetch-Site: none\r\nCookie: id_token=${await stage.token({})}\r\nConnection: Upgrade\r\nUpgrade: clock\r\n\r\n`,
    `GET /gone HTTP/1.1\r\nHost: ${host}\r\nX-Of: another user\r\nConnection: close\r\n\r\n`])
  assert.deepEqual(answers.map(({ status }) => status).slice(0, 1), [303])
  assert.ok(answers.slice(1).every(({ status, body }) => status === 200 && body.includes('gone')), JSON.stringify(answers))
  assert.match(heard.join(''), /^GET \/up HTTP\/1\.1/)
  assert.doesNotMatch(heard.join(''), /another user/)
})
