// SPDX-License-Identifier: BSD-2-Clause
// In front of an application of a real OP, npm oidc-provider, that is somewhere else: its keys are fetched, its logouts obeyed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Jar, read_form, send } from './parts/browser_jar.mjs'
import { log_in, settle } from './parts/default_op.mjs'
import { House, eventually, free_port } from './parts/house.mjs'
import { start_nginx } from './parts/nginx.mjs'
import { start_redis } from './parts/redis.mjs'

// The OP with two clients, and the proxy of the first one's application, which shares nothing with it.
async function settle_apart(house, provider = '') {
  const host = '127.0.0.6', port = await free_port(host)
  const gateway = { backchannel_logout_uri: `http://${host}:${port}/slo/back`, backchannel_logout_session_required: true }
  const town = await settle(house, { clients: ['gateway', 'other'], more: { gateway }, 
    // It tells no receivers on the loopback, unless somebody else fetches for it.
    op: { features: { backchannelLogout: { enabled: true } }, fetch: (url, { dispatcher, ...options }) => fetch(url, options) } })
  const redis = await start_redis(house, { name: 'redis-apart' })
  const proxy = await start_nginx(house, { name: 'nginx-apart', host, port, redis, issuer: town.issuer, clients: [], jwks: '',
    provider: `client_id gateway; ${provider}`,
    locations: `location = /slo/back { slo_backchannel_logout main; } location = /pixel { empty_gif; }
      location /app { slo_guard main token=$http_authorization; add_header X-Slo-Status $slo_status always; proxy_pass http://${host}:${port}/pixel; }` })
  const visit = async ({ id_token }) => {
    const { status, headers } = await send(`${proxy.url}/app`, { headers: { authorization: `Bearer ${id_token}` } })
    return [status, headers['x-slo-status']]
  }
  return { ...town, proxy, visit }
}

// Through the OP's own pages.
async function log_out(town, browser, { id_token }) {
  const asked = await browser.send(`${town.nginx.url}/session/end?id_token_hint=${id_token}`)
  const { action, fields } = read_form(asked.body)
  return browser.send(new URL(action, asked.url).href, { method: 'POST', form: { ...fields, logout: 'yes' } })
}

test('whoever logs out at the OP is out here, by its real logout token', { timeout: 60_000 }, async (t) => {
  const town = await settle_apart(new House(t))
  const ann = new Jar(), bob = new Jar()
  const hers = await log_in(town, ann, 'gateway', 'ann'), his = await log_in(town, bob, 'gateway', 'bob')
  await eventually('it knows all', async () => (await town.visit(hers))[1] === 'ok')
  assert.deepEqual([await town.visit(hers), await town.visit(his)], [[200, 'ok'], [200, 'ok']])
  assert.ok((await log_out(town, ann, hers)).status < 400)
  await eventually('she is out', async () => (await town.visit(hers))[0] === 401)
  assert.deepEqual(await town.visit(his), [200, 'ok'])
  const again = await log_in(town, ann, 'gateway', 'ann')
  assert.deepEqual(await town.visit(again), [200, 'ok'], 'a new login is another session')
  assert.deepEqual(await town.visit(hers), [401, 'ended'])
  assert.match(town.proxy.log(), /slo: the OP's keys are here/)
  assert.match(town.proxy.log(), /\[info\].* slo: logout received: session #\S+, backchannel, provider "main"/)
  assert.doesNotMatch(town.proxy.log(), /\[(error|crit|alert|emerg)\]/)
})

test('an OP that signs otherwise than was configured is not obeyed, and the log says why', { timeout: 60_000 }, async (t) => {
  const town = await settle_apart(new House(t), 'signing_alg ES256;')
  const ann = new Jar()
  const hers = await log_in(town, ann, 'gateway', 'ann')
  await log_out(town, ann, hers)
  await eventually('it is refused', () => /\[warn\].* slo: refused a token whose algorithm/.test(town.proxy.log()))
  assert.equal((await town.visit(hers))[0], 200)
})
