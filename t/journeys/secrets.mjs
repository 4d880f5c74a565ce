// SPDX-License-Identifier: BSD-2-Clause
// Tokens, sids, subjects and cookies that can be recognised, in requests that are refused in every phase by nginx and by
// us: in no log are they found again, and Redis hears neither a token nor a cookie.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import http2 from 'node:http2'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, eventually, free_port } from './parts/house.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

const http = `
  log_format all '$request|$request_uri|$uri|$args|$query_string|$arg_id_token_hint|$http_referer|$status';
  map $uri $kept_path { default $uri; ~^/slo-api/ /slo-api/; }
  log_format safe '$remote_addr [$time_local] "$request_method $kept_path" $status';
  access_log all.log all;
  access_log safe.log safe;
  log_subrequest on;
  limit_conn_zone $binary_remote_addr zone=conns:64k;
  limit_req_zone $binary_remote_addr zone=one:64k rate=1r/m;
  large_client_header_buffers 4 8k;
`
// By each of these nginx answers before our handlers do.
const refusals = {
  limit_req: ['limit_req zone=one;', 503], deny: ['deny all;', 403], auth_basic: ['auth_basic x; auth_basic_user_file /dev/null;', 401],
  auth_request: ['auth_request /no;', 403], limit_except: ['limit_except POST DELETE { deny all; }', 403], return: ['return 410;', 410],
  if: ['if ($arg_id_token_hint) { return 410; } if ($request_uri ~ sid-) { return 410; }', 410],
  error_page: ['deny all; error_page 403 /sorry;', 403], named: ['deny all; error_page 403 = @sorry;', 200],
  too_large: ['client_max_body_size 5;', 413],
}
const places = Object.entries(refusals).map(([name, [directives]]) => `
  location = /${name} { slo_end_session main; ${directives} }
  location /${name}-api/ { slo_api write=on; ${directives} }`).join('') + `
  location = /limit_conn { slo_end_session main; limit_conn conns 1; auth_request /hang; }
  location /limit_conn-api/ { slo_api; limit_conn conns 1; }
  location = /no { return 403; }
  location = /sorry { return 403 sorry; }
  location @sorry { return 200 sorry; }
  location /api/ { slo_api write=on; }
`

// Over HTTP/2, whose headers come another way, the same.
const over_http2 = (url, paths, headers) => new Promise((done, failed) => {
  const session = http2.connect(url).on('error', failed)
  const answers = paths.map((path) => new Promise((answered) => {
    const stream = session.request({ ':path': path, ...headers })
    stream.on('response', (answer) => answered(answer[':status'])).on('error', failed).resume()
  }))
  Promise.all(answers).then((statuses) => session.close(() => done(statuses)), failed)
})

// Said by nginx itself, whatever modules do, as it reads a request and goes through it. Each is named by the words in
// front of what it shows; none of them is a line of ours, which begin with `slo: `.
const debug_words = ['http request line: "', 'http uri: "', 'http args: "', 'http header: "', 'http script var: "', 'http proxy header: "', 'http proxy header:\n"',
  'http special response: N, "', 'http finalize request: N, "', 'http output filter "', 'http copy filter: "', 'http copy filter: N "',
  'http postpone filter "', 'http posted request: "', 'http wake parent request: "', 'using location: @sorry "',
  'http2 request line: "', 'http2 header: "', 'http2 table add: "', 'http upstream request: "']
  .map((words) => words.replace('N', '-?\\d+'))
const by_nginx = new RegExp(`^\\S+ \\S+ (\\[debug\\] \\S+ \\*\\d+ (${debug_words.join('|')})` +
  '|\\[notice\\] \\S+ \\*\\d+ "sid-" matches "' +  // `if` with a pattern, where any log is at debug
  '|\\[error\\] \\S+ \\*\\d+ client intended to send too large body: \\d+ bytes, )')  // no location is chosen yet

// Receivers that put what they were given into their answer, where nginx or we might quote it.
const reflecting = {
  in_an_error: (body, answer) => answer.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error: body, error_description: body })),
  in_the_status: (body, answer) => answer.socket.end(`HTTP/1.1 ${body}\r\n\r\n`),
  in_broken_headers: (body, answer) => answer.socket.end(`HTTP/1.1 500 Broken\r\nX: ${body}\u0000\r\n${body}: x\r\n\r\n${body}`),
}

test('no secret in any log', { timeout: 120_000 }, async (t) => {
  const house = new House(t)
  const app = await start_receiver(house)
  const mirrors = await Promise.all(Object.values(reflecting).map(async (reflect) => {
    const mirror = await start_receiver(house)
    mirror.behave = (_, answer) => reflect(mirror.requests.at(-1).body, answer)
    return mirror
  }))
  const hanging = await start_receiver(house, { behave: manners.hanging })
  const h2_port = await free_port()
  const h2 = `http://127.0.0.1:${h2_port}`
  const locations = `${places} location = /hang { internal; proxy_pass ${hanging.url}; }`
  const stage = await set_stage(house, {
    clients: [back_client('app', app.url), back_client('gone', 'http://127.0.0.9:9'),
              ...mirrors.map(({ url }, i) => back_client(`mirror-${i}`, url))],
    locations, http, main: 'error_log debug.log debug;', provider: 'delivery attempts=2 first=1s;',
    servers: `server { listen 127.0.0.1:${h2_port} http2; location = /logout { slo_end_session main; } ${locations} }`,
  })
  const { nginx, redis, hint, logout_url } = stage
  const heard = house.write('monitor.txt', '')
  const monitor = spawn('sh', ['-c', `exec redis-cli -s ${redis.socket} monitor >${heard}`], { stdio: 'ignore' })
  t.after(() => monitor.kill())
  await eventually('the monitor listens', () => house.read('monitor.txt').includes('OK'))

  const claims = { aud: 'app', sub: 'sub-5ecret', sid: 'sid-5ecret' }
  const token = await hint(claims)
  const cookie = 'cookie-5ecret'
  const headers = { cookie: `_session=${cookie}`, referer: `${nginx.logout}?id_token_hint=${token}`, accept: 'text/html' }
  const paths_of = (name) => [`/${name}?id_token_hint=${token}`, `/${name}-api/main/sessions/sid-5ecret?sub=sub-5ecret`]
  for (const [name, [, status]] of Object.entries(refusals)) {
    const post = name === 'too_large' && { method: 'POST', body: '123456' }
    const [by_logout, by_api] = paths_of(name).map((path) => () => send(`${nginx.url}${path}`, { headers, ...post }))
    if (name === 'limit_req') await by_logout()
    assert.deepEqual([(await by_logout()).status, (await by_api()).status], [status, status], name)
    if (!post) assert.deepEqual(await over_http2(h2, paths_of(name), headers), [status, status], `${name} over HTTP/2`)
  }
  const held = new AbortController()
  const first = fetch(`${nginx.url}${paths_of('limit_conn')[0]}`, { signal: held.signal, headers }).catch(() => {})
  await eventually('one request is held', () => hanging.requests.length > 0)
  for (const path of paths_of('limit_conn')) assert.equal((await send(`${nginx.url}${path}`, { headers })).status, 503, path)
  assert.deepEqual(await over_http2(h2, paths_of('limit_conn'), headers), [503, 503])
  held.abort()
  await first
  assert.equal((await send(`${nginx.url}/api/main/sessions/sid-5ecret?sub=sub-5ecret`, { headers })).status, 400, 'an unknown parameter')
  assert.equal((await send(`${nginx.url}/api/main/sessions/sid-5ecret`, { headers })).status, 404)
  for (const client_id of ['app', 'gone', ...mirrors.map((_, i) => `mirror-${i}`), 'nobody']) {
    await nginx.register({ client_id, sub: claims.sub, sid: claims.sid, session_cookie: cookie })
  }
  await nginx.register({ client_id: 'app', sub: claims.sub, sid: claims.sid, unheard_of: true })
  const form = { form: { id_token_hint: `${token}x`, state: 'state-5ecret' }, method: 'POST', headers }
  assert.equal((await send(nginx.logout, form)).status, 400)
  assert.equal((await send(logout_url({ id_token_hint: `${token}x` }), { headers })).status, 400)
  assert.equal((await send(logout_url({ client_id: 'nobody', state: 'state-5ecret' }), { headers })).status, 400)
  assert.equal((await send(logout_url({ id_token_hint: token }), { method: 'PUT', headers })).status, 405)
  assert.equal((await send(logout_url({}), { headers })).status, 200, 'the question')
  assert.deepEqual(await over_http2(h2, [`/logout?id_token_hint=${token}x`, '/logout'], headers), [400, 200])
  assert.equal((await send(logout_url({ id_token_hint: token }), { headers })).status, 200)
  await eventually('deliveries that failed for good', async () => (await nginx.deliveries('dead')).length === 1 + mirrors.length)
  await nginx.ask('GET', `sessions?sub=${claims.sub}`)
  await nginx.ask('DELETE', `sessions/${claims.sid}`)

  // What receivers were given is as secret as what the browser brought.
  const parts_of = (jwt) => jwt.split('.').slice(1)
  const given = [app, ...mirrors].flatMap(({ requests }) => requests.map(({ body }) => parts_of(new URLSearchParams(body).get('logout_token'))))
  assert.equal(given.length, 6, 'one attempt at who obeys and who refuses, two at who is not understood')
  const secrets = [...parts_of(token), ...given.flat(), '5ecret']
  const telling = (log) => house.read(log).split(/\n(?=\d{4}\/\d\d\/\d\d )/)
    .filter((entry) => secrets.some((secret) => entry.includes(secret)) && !by_nginx.test(entry)).map((entry) => entry.slice(0, 400))
  for (const log of ['nginx/access.log', 'nginx/all.log', 'nginx/error.log', 'nginx/debug.log']) {
    assert.ok(house.read(log).length > 200, `${log} was written`)
    assert.deepEqual(telling(log), [], log)
  }
  assert.match(house.read('nginx/debug.log'), / \[info\] .* slo: delivered: /, 'ours are there as well')
  // A sid and a subject are keys in the store by design; a token never gets there, and of a cookie only a digest.
  const commands = house.read('monitor.txt')
  assert.ok(commands.includes('sid-5ecret'), 'the monitor heard the registrations')
  assert.ok(![...parts_of(token), ...given.flat(), cookie, 'state-5ecret'].some((secret) => commands.includes(secret)), 'Redis heard a secret')

  // What is answered before a location is known is logged as it came. The manual's format leaves it out.
  const before = house.read('nginx/safe.log').length
  assert.equal((await send(`${nginx.logout}?id_token_hint=${'5ecret'.repeat(2000)}`, { headers })).status, 414)
  assert.equal((await send(`${nginx.url}/limit_req-api/main/sessions/sid-5ecret?x=5ecret`, { headers })).status, 503)
  const safe = () => house.read('nginx/safe.log')
  const logged = (status) => safe().slice(before).includes(` ${status}\n`)
  await eventually('both are logged', () => logged(414) && logged(503))  // in whatever order their connections end
  assert.ok(!safe().includes('5ecret'), 'the safe format')
})
