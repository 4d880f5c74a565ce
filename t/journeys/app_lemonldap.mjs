// SPDX-License-Identifier: BSD-2-Clause
// An application that believes the name in a header, behind LemonLDAP::NG's own handler, and has a session of its own: it ends by the API.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Jar } from './parts/browser_jar.mjs'
import { House, eventually, free_port } from './parts/house.mjs'
import { make_issuer } from './parts/issuer.mjs'
import { start_lemonldap } from './parts/lemonldap.mjs'
import { start_nginx } from './parts/nginx.mjs'
import { start_redis } from './parts/redis.mjs'
import { start_session_app } from './parts/session_app.mjs'

const host = '127.0.0.1'

// The portal, its handler and the application behind one nginx. There is no token anywhere: a name is all that is known.
async function settle(house) {
  const port = await free_port(host), issuer = await make_issuer(`http://${host}:${port}`)
  const sso = await start_lemonldap(house, { issuer, clients: [], guarded: [host] })
  const app = await start_session_app(house, { logout: '/intranet/logout' })
  const nginx = await start_nginx(house, { host, port, issuer, redis: await start_redis(house), clients: [], provider: 'client_id gateway;',
    store: `timeout=5s secret_file=${house.write('secret.txt', `${'s'.repeat(32)}\n`)}`,
    locations: `server_name intranet.example;
      location / { ${sso.location()} }
      location = /lmauth { internal; ${sso.handler} }
      location /intranet/ {
        auth_request /lmauth;
        auth_request_set $signed_in $upstream_http_auth_user;
        auth_request_set $to_portal $upstream_http_location;
        error_page 401 $to_portal;
        slo_guard main sub=$signed_in error=403;
        slo_cookie JSESSIONID XSRF-TOKEN track;
        slo_app_logout /intranet/logout method=POST "body=_csrf=\${cookie_XSRF-TOKEN}";
        proxy_pass http://127.0.0.1:${app.port}; proxy_set_header X-User $signed_in;
      }` })
  return { app, nginx, page: `${nginx.url}/intranet/` }
}

test('the API ends a user: refused, his cookies gone, the application\'s own logout called; the next user has a session of his own', { timeout: 120_000 }, async (t) => {
  const { app, nginx, page } = await settle(new House(t))
  const dwho = new Jar(), rtyler = new Jar()
  for (const [browser, user] of [[dwho, 'dwho'], [rtyler, 'rtyler']]) {
    assert.match((await browser.log_in(page, user)).body, new RegExp(`welcome ${user}`))
    for (let i = 0; i < 4; ++i) assert.match((await browser.send(page)).body, new RegExp(`welcome ${user}`))
  }
  assert.equal(app.live.size, 2)
  const kept = dwho.cookie(host, 'JSESSIONID')
  assert.ok(kept)
  assert.equal((await nginx.ask('DELETE', 'users/dwho/sessions')).status, 200)
  await eventually('refused', async () => (await dwho.send(page)).status === 403)
  assert.deepEqual([dwho.cookie(host, 'JSESSIONID'), dwho.cookie(host, 'XSRF-TOKEN')], [undefined, undefined])
  await eventually('the application is called', () => app.logouts.length === 1)
  assert.deepEqual(app.logouts.map(({ user, status }) => [user, status]), [['dwho', 302]])
  assert.equal(app.live.has(kept), false)

  // A browser that gets another user, with cookies that somebody kept.
  const third = new Jar()
  third.put(host, 'JSESSIONID', rtyler.cookie(host, 'JSESSIONID'))
  assert.match((await third.log_in(page, 'msmith')).body, /welcome msmith/)
  assert.match((await rtyler.send(page)).body, /welcome rtyler/)
  for (const { user, shown } of app.seen) assert.equal(shown, user)
  assert.deepEqual(await nginx.deliveries('pending'), [])
  assert.doesNotMatch(nginx.log(), /\[(error|crit|alert|emerg)\]/)
})
