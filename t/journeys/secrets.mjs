// SPDX-License-Identifier: BSD-2-Clause
// Tokens, sids, subjects and cookies that can be recognised, in requests that are refused in every phase by nginx and by
// us: in no log are they found again, and Redis hears neither a token nor a cookie.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, eventually } from './parts/house.mjs'
import { start_receiver } from './parts/receivers.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

const http = `
  log_format all '$request|$request_uri|$uri|$args|$query_string|$arg_id_token_hint|$http_referer|$status';
  map $uri $kept_path { default $uri; ~^/slo-api/ /slo-api/; }
  log_format safe '$remote_addr [$time_local] "$request_method $kept_path" $status';
  access_log all.log all;
  access_log safe.log safe;
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
const locations = Object.entries(refusals).map(([name, [directives]]) => `
  location = /${name} { slo_end_session main; ${directives} }
  location /${name}-api/ { slo_api write=on; ${directives} }`).join('') + `
  location = /no { return 403; }
  location = /sorry { return 403 sorry; }
  location @sorry { return 200 sorry; }
  location /api/ { slo_api write=on; }
`

// Said by nginx' core as it chooses the location: no module hears of the request before.
const before_us = /\[error\] [^,]* client intended to send too large body: /

test('no secret in any log', { timeout: 120_000 }, async (t) => {
  const house = new House(t)
  const app = await start_receiver(house)
  const stage = await set_stage(house, {
    clients: [back_client('app', app.url), back_client('gone', 'http://127.0.0.9:9')], locations, http,
    provider: 'delivery attempts=2 first=1s;',
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
  const seen = {}
  for (const [name, [, status]] of Object.entries(refusals)) {
    const post = name === 'too_large' && { method: 'POST', body: '123456' }
    const by_logout = () => send(`${nginx.url}/${name}?id_token_hint=${token}`, { headers, ...post })
    const by_api = () => send(`${nginx.url}/${name}-api/main/sessions/sid-5ecret?sub=sub-5ecret`, { headers, ...post })
    if (name === 'limit_req') await by_logout()
    seen[name] = [(await by_logout()).status, (await by_api()).status]
    assert.deepEqual(seen[name], [status, status], name)
  }
  assert.equal((await send(`${nginx.url}/api/main/sessions/sid-5ecret?sub=sub-5ecret`, { headers })).status, 404)
  for (const client_id of ['app', 'gone', 'nobody']) {
    await nginx.register({ client_id, sub: claims.sub, sid: claims.sid, session_cookie: cookie })
  }
  await nginx.register({ client_id: 'app', sub: claims.sub, sid: claims.sid, unheard_of: true })
  const form = { form: { id_token_hint: `${token}x`, state: 'state-5ecret' }, method: 'POST', headers }
  assert.equal((await send(nginx.logout, form)).status, 400)
  assert.equal((await send(logout_url({ id_token_hint: `${token}x` }), { headers })).status, 400)
  assert.equal((await send(logout_url({ client_id: 'nobody', state: 'state-5ecret' }), { headers })).status, 400)
  assert.equal((await send(logout_url({ id_token_hint: token }), { method: 'PUT', headers })).status, 405)
  assert.equal((await send(logout_url({}), { headers })).status, 200, 'the question')
  assert.equal((await send(logout_url({ id_token_hint: token }), { headers })).status, 200)
  await eventually('a delivery that failed for good', async () => (await nginx.deliveries('dead')).length > 0)
  await nginx.ask('GET', `sessions?sub=${claims.sub}`)
  await nginx.ask('DELETE', `sessions/${claims.sid}`)

  const [, payload, signature] = token.split('.')
  const secrets = [payload, signature, '5ecret']
  for (const log of ['nginx/access.log', 'nginx/all.log', 'nginx/error.log']) {
    const text = house.read(log)
    assert.ok(text.length > 200, `${log} was written`)
    const telling = text.split('\n').filter((line) => secrets.some((secret) => line.includes(secret)) && !before_us.test(line))
    assert.deepEqual(telling.map((line) => line.slice(0, 400)), [], log)
  }
  // A sid and a subject are keys in the store by design; a token never gets there, and of a cookie only a digest.
  const commands = house.read('monitor.txt')
  assert.ok(commands.includes('sid-5ecret'), 'the monitor heard the registrations')
  assert.ok(![payload, signature, cookie, 'state-5ecret'].some((secret) => commands.includes(secret)), 'Redis heard a secret')

  // What is answered before a location is known is logged as it came. The manual's format leaves it out.
  const before = house.read('nginx/safe.log').length
  assert.equal((await send(`${nginx.logout}?id_token_hint=${'5ecret'.repeat(2000)}`, { headers })).status, 414)
  assert.equal((await send(`${nginx.url}/limit_req-api/main/sessions/sid-5ecret?x=5ecret`, { headers })).status, 503)
  const safe = house.read('nginx/safe.log')
  assert.ok(safe.length > before && safe.includes(' 414') && !safe.includes('5ecret'), 'the safe format')
})
