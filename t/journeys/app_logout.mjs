// SPDX-License-Identifier: BSD-2-Clause
// The application's own session dies: its logout is called with its cookies, wherever the SSO session ends.
import assert from 'node:assert/strict'
import { chmodSync, readdirSync, readFileSync } from 'node:fs'
import http from 'node:http'
import { once } from 'node:events'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { start_gateway } from './parts/gateways.mjs'
import { House, eventually, free_port, sleep } from './parts/house.mjs'
import { start_nginx } from './parts/nginx.mjs'
import { query, set_stage } from './parts/stage.mjs'

const in_time = { timeout: 60_000 }
const secret = 'a value of a session that nobody may know'.replaceAll(' ', '-')

// An application that sees who is logged in by its cookie JSESSIONID, and answers logouts as `manner` says: with this status, or not at all.
async function start_app(house) {
  const app = { requests: [], manner: () => 200 }
  const server = http.createServer((request, answer) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      app.requests.push({ method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() })
      const status = request.url.startsWith('/bye') ? app.manner(app.logouts().length) : 200
      if (status) answer.writeHead(status).end('application')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  house.when_over(() => { server.close(); server.closeAllConnections() })
  app.url = `http://127.0.0.1:${server.address().port}`
  app.logouts = () => app.requests.filter(({ url }) => url.startsWith('/bye'))
  return app
}

const guarded = 'slo_guard main sid=$arg_sid; slo_cookie JSESSIONID csrf track; add_header X-Slo-Status $slo_status always;'

const secret_of = (house) => {
  const path = house.write('secret.txt', `${'s'.repeat(32)}\n`)
  chmodSync(path, 0o600)
  return path
}

// Hosts that guard `locations`, which may be a function of the application's URL.
async function settle(t, { hosts = 1, locations, ...how } = {}) {
  const house = new House(t)
  const app = await start_app(house)
  const options = {
    clients: [], store: `timeout=1s secret_file=${secret_of(house)}`,
    provider: `client_id gateway; delivery first=200ms wait=2s timeout=2s; ${how.provider ?? ''}`,
    locations: `server_name app.example; ${guarded} ${locations?.(app.url) ?? `slo_app_logout /bye; location / { proxy_pass ${app.url}; }`}`,
  }
  const stage = await set_stage(house, { name: 'nginx-1', ...options })
  const all = [stage.nginx]
  for (let n = 1; n < hosts; ++n) {
    const host = `127.0.0.${3 + n}`
    all.push(await start_nginx(house, { name: `nginx-${n + 1}`, host, port: await free_port(host), redis: stage.redis, issuer: stage.issuer, ...options }))
  }
  const visit = (nginx, sid, cookie, path = '/') => send(`${nginx.url}${path}?${query({ sid })}`, { headers: { cookie } })
  for (const nginx of all)
    await eventually('the guard knows all', async () => (await visit(nginx, 'nobody', '')).headers['x-slo-status'] === 'ok')
  // A worker that has not yet come to Redis binds nothing.
  const open = (nginx, sid, cookie) => eventually('the session is known', async () =>
    (await visit(nginx, sid, cookie)).status === 200 && (await nginx.session(sid)).status === 200)
  return { ...stage, house, app, all, visit, open, end: (nginx, sid) => nginx.ask('DELETE', `sessions/${sid}`) }
}

const nothing_pending = ({ nginx }) => eventually('nothing is pending', async () => (await nginx.ask('GET', 'deliveries?state=pending')).json.deliveries?.length === 0)

test('whichever host ends the session, its application is called once, with the cookies of that session', in_time, async (t) => {
  const stage = await settle(t, { hosts: 2 })
  const { app, all, open } = stage
  for (const nginx of all) await open(nginx, 's1', 'JSESSIONID=one; csrf=c1; other=o')
  await open(all[0], 's2', 'JSESSIONID=two')
  assert.equal((await stage.end(all[1], 's1')).status, 200)
  await eventually('the application is called', () => app.logouts().length === 1)
  await nothing_pending(stage)
  await sleep(1500)
  const [{ method, url, headers }, ...more] = app.logouts()
  assert.deepEqual([method, url, headers.cookie, more], ['GET', '/bye', 'JSESSIONID=one; csrf=c1', []])
  assert.equal((await stage.end(all[0], 's2')).status, 200)
  await eventually('the other one as well', () => app.logouts().length === 2)
  assert.equal(app.logouts()[1].headers.cookie, 'JSESSIONID=two')
})

test('an application behind FastCGI, uwsgi or SCGI sees a request like its users\'', in_time, async (t) => {
  for (const protocol of ['fastcgi', 'uwsgi', 'scgi']) await t.test(protocol, async (t) => {
    const gateway = await start_gateway(new House(t), protocol)
    const params = Object.entries({ REQUEST_METHOD: '$request_method', REQUEST_URI: '$request_uri', QUERY_STRING: '$query_string', CONTENT_TYPE: '$content_type',
      CONTENT_LENGTH: '$content_length', SERVER_NAME: '$server_name', SCRIPT_NAME: '$fastcgi_script_name', REMOTE_ADDR: '$remote_addr' })
      .map(([name, value]) => `${protocol}_param ${name} ${value};`).join(' ')
    const stage = await settle(t, { locations: (url) => `slo_app_logout /logout.php?a=1 method=POST "body=csrf=\${cookie_csrf}";
      location / { proxy_pass ${url}; } location ~ \\.php$ { ${params} ${protocol}_pass ${gateway.address}; }` })
    await stage.open(stage.nginx, 's1', 'JSESSIONID=one; csrf=c/1')
    assert.equal((await stage.end(stage.nginx, 's1')).status, 200)
    await eventually('it is called', () => gateway.seen.length === 1)
    await nothing_pending(stage)
    const [{ vars, body }] = gateway.seen
    assert.equal(body, 'csrf=c%2F1')
    const told = ({ REQUEST_METHOD, REQUEST_URI, QUERY_STRING, CONTENT_TYPE, CONTENT_LENGTH, SERVER_NAME, SCRIPT_NAME, REMOTE_ADDR, HTTP_COOKIE, HTTP_HOST }) =>
      [REQUEST_METHOD, REQUEST_URI, QUERY_STRING, CONTENT_TYPE, CONTENT_LENGTH, SERVER_NAME, SCRIPT_NAME, REMOTE_ADDR, HTTP_COOKIE, HTTP_HOST]
    assert.deepEqual(told(vars), ['POST', '/logout.php?a=1', 'a=1', 'application/x-www-form-urlencoded', '10', 'app.example', '/logout.php',
                                  '127.0.0.1', 'JSESSIONID=one; csrf=c/1', 'app.example'])
    assert.deepEqual(await stage.nginx.deliveries('dead'), [])
  })
})

test('what fails is tried again with the same cookies, and a dead letter can be sent again', in_time, async (t) => {
  const stage = await settle(t)
  stage.app.manner = (count) => count < 3 ? 503 : 403
  await stage.open(stage.nginx, 's1', 'JSESSIONID=one')
  assert.equal((await stage.end(stage.nginx, 's1')).status, 200)
  const [letter] = await eventually('a dead letter', async () => {
    const letters = await stage.nginx.deliveries('dead')
    return letters.length === 1 && letters
  })
  assert.deepEqual([letter.application, letter.error], ['app.example/bye', '403'])
  assert.equal(stage.app.logouts().length, 3)
  stage.app.manner = () => 302
  assert.equal((await stage.nginx.ask('POST', `deliveries/${letter.id}/retry`, {})).status, 200)
  await eventually('it is called again', () => stage.app.logouts().length === 4)
  await nothing_pending(stage)
  for (const { headers } of stage.app.logouts()) assert.equal(headers.cookie, 'JSESSIONID=one')
  assert.deepEqual(await stage.nginx.deliveries('dead'), [])
})

test('a host that is killed in the middle of a call loses nothing: another one calls', in_time, async (t) => {
  const stage = await settle(t, { hosts: 2 })
  const [one, two] = stage.all
  stage.app.manner = (count) => count === 1 ? undefined : 200
  await stage.open(one, 's1', 'JSESSIONID=one')
  assert.equal((await stage.end(one, 's1')).status, 200)
  await eventually('it is called, and does not answer', () => stage.app.logouts().length === 1)
  await one.kill()
  await eventually('the other host calls', () => stage.app.logouts().length === 2, { within: 30_000 })
  await nothing_pending({ nginx: two })
  for (const { headers } of stage.app.logouts()) assert.equal(headers.cookie, 'JSESSIONID=one')
})

test('while Redis is away nothing is called, and everything is afterwards', in_time, async (t) => {
  const stage = await settle(t)
  stage.app.manner = (count) => count === 1 ? 503 : 200
  await stage.open(stage.nginx, 's1', 'JSESSIONID=one')
  assert.equal((await stage.end(stage.nginx, 's1')).status, 200)
  await eventually('it is called', () => stage.app.logouts().length === 1)
  await stage.redis.kill()
  await sleep(1500)
  await stage.redis.start_again()
  await eventually('it is called again', () => stage.app.logouts().length > 1, { within: 40_000 })
  await nothing_pending(stage)
  for (const { headers } of stage.app.logouts()) assert.equal(headers.cookie, 'JSESSIONID=one')
})

test('no value of a cookie is found in Redis, in a log, or in an answer of the API', in_time, async (t) => {
  const stage = await settle(t)
  await stage.open(stage.nginx, 's1', `JSESSIONID=${secret}; csrf=${secret}`)
  assert.match(await stage.redis.ask('KEYS', '*:v:*'), /s1/, 'the append-only file that is looked at knows of it')
  const session = JSON.stringify((await stage.nginx.session('s1')).json)
  assert.match(session, /app.example/)
  stage.app.manner = () => 500
  assert.equal((await stage.end(stage.nginx, 's1')).status, 200)
  await eventually('it is called', () => stage.app.logouts().length === 1)
  assert.equal(stage.app.logouts()[0].headers.cookie, `JSESSIONID=${secret}; csrf=${secret}`)
  const listed = JSON.stringify(await stage.nginx.deliveries('pending'))
  assert.ok(!`${session}${listed}`.includes(secret))
  const files = readdirSync(stage.house.dir, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
  for (const file of files) {
    const text = readFileSync(`${file.parentPath ?? file.path}/${file.name}`, 'latin1')
    assert.ok(!text.includes(secret), file.name)
  }
})
