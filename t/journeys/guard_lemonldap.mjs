// SPDX-License-Identifier: BSD-2-Clause
// In front of an application of a real OP, LemonLDAP::NG, that is somewhere else: its keys are fetched, its logout tokens obeyed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { Jar, send } from './parts/browser_jar.mjs'
import { House, eventually, free_port, sleep } from './parts/house.mjs'
import { make_issuer } from './parts/issuer.mjs'
import { sends_logout_tokens, start_lemonldap } from './parts/lemonldap.mjs'
import { start_nginx } from './parts/nginx.mjs'
import { query } from './parts/stage.mjs'
import { start_redis } from './parts/redis.mjs'

const needs = { timeout: 120_000, skip: sends_logout_tokens() ? false : 'this LemonLDAP::NG sends no logout tokens; SLO_LEMONLDAP may name one that does' }
const op_host = '127.0.0.1', host = '127.0.0.6'

// The portal with one client, and the proxy of its application, which shares nothing with it.
async function settle(house, { with_sid }) {
  const op_port = await free_port(op_host), port = await free_port(host)
  const issuer = await make_issuer(`http://${op_host}:${op_port}`)
  const client = { client_id: 'gateway', client_secret: 'secretofgateway', redirect_uris: [`http://${host}:${port}/callback`],
    backchannel_logout_uri: `http://${host}:${port}/slo/back`, backchannel_logout_session_required: with_sid }
  const op = await start_lemonldap(house, { issuer, tells: true, clients: [client] })
  await start_nginx(house, { name: 'nginx-op', host: op_host, port: op_port, redis: await start_redis(house), issuer, clients: [],
    locations: `location / { ${op.location()} }` })
  await eventually('the portal is up', async () => (await send(`${issuer.issuer}/.well-known/openid-configuration`)).status === 200, { within: 60_000 })
  const redis = await start_redis(house, { name: 'redis-apart' })
  const proxy = await start_nginx(house, { name: 'nginx-apart', host, port, redis, issuer, clients: [], jwks: '',
    provider: 'client_id gateway; exp optional;',
    locations: `location = /slo/back { slo_backchannel_logout main; } location = /pixel { empty_gif; } location = /callback { return 200 $arg_code; }
      location /app { slo_guard main token=$http_authorization sid=$http_x_sid; add_header X-Slo-Status $slo_status always; proxy_pass http://${host}:${port}/pixel; }` })
  // It sends a token once: what comes before the keys are here is refused for good.
  await eventually('its keys are here', () => /slo: the OP's keys are here/.test(proxy.log()))
  const visit = async (headers) => {
    const answer = await send(`${proxy.url}/app`, { headers })
    return [answer.status, answer.headers['x-slo-status']]
  }
  return { issuer, proxy, by_token: ({ id_token }) => visit({ authorization: `Bearer ${id_token}` }), by_sid: ({ claims }) => visit({ 'x-sid': claims.sid }) }
}

async function log_in(town, browser, user) {
  const redirect_uri = `${town.proxy.url}/callback`
  const page = await browser.log_in(`${town.issuer.issuer}/oauth2/authorize?${query({ response_type: 'code', scope: 'openid', client_id: 'gateway', redirect_uri, state: 's', nonce: 'n' })}`, user)
  assert.equal(new URL(page.url).pathname, '/callback', page.body)
  const { status, body } = await send(`${town.issuer.issuer}/oauth2/token`, { method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('gateway:secretofgateway').toString('base64')}` },
    form: { grant_type: 'authorization_code', code: page.body, redirect_uri } })
  assert.equal(status, 200, body)
  const { id_token } = JSON.parse(body)
  return { id_token, claims: decodeJwt(id_token) }
}

async function dwho_leaves(t, { with_sid }) {
  const town = await settle(new House(t), { with_sid })
  const dwho = new Jar(), rtyler = new Jar()
  const his = await log_in(town, dwho, 'dwho'), hers = await log_in(town, rtyler, 'rtyler')
  await eventually('it knows all', async () => (await town.by_token(his))[1] === 'ok')
  for (const visit of [town.by_token, town.by_sid]) for (const one of [his, hers]) assert.deepEqual(await visit(one), [200, 'ok'])
  assert.ok((await dwho.open(`${town.issuer.issuer}/?logout=1`)).status < 400)
  await eventually('he is out', async () => (await town.by_token(his))[0] === 401)
  assert.deepEqual(await town.by_token(hers), [200, 'ok'])
  assert.doesNotMatch(town.proxy.log(), /\[(error|crit|alert|emerg)\]|slo: refused a token|token has no sid/)
  return { ...town, dwho, his, hers }
}

test('whoever logs out at the portal is out here, by its logout token with a sid', needs, async (t) => {
  const town = await dwho_leaves(t, { with_sid: true }), { his, hers } = town
  assert.deepEqual(await town.by_sid(his), [401, 'ended'])
  assert.deepEqual(await town.by_sid(hers), [200, 'ok'])
  const again = await log_in(town, town.dwho, 'dwho')
  for (const visit of [town.by_token, town.by_sid]) assert.deepEqual(await visit(again), [200, 'ok'], 'a new login is another session')
  assert.match(town.proxy.log(), /\[info\].* slo: logout received: session #\S+, backchannel, provider "main"/)
})

test('a token that names the user alone ends what began before it, where an ID Token says when that was', needs, async (t) => {
  const town = await dwho_leaves(t, { with_sid: false }), { his, hers } = town
  assert.deepEqual(await town.by_sid(his), [200, 'ok'], 'a sid alone tells nobody whose session it is')
  assert.deepEqual(await town.by_token(hers), [200, 'ok'])
  await sleep(1100)
  assert.deepEqual(await town.by_token(await log_in(town, town.dwho, 'dwho')), [200, 'ok'], 'a login of a later second')
  assert.deepEqual(await town.by_token(his), [401, 'ended'])
  assert.match(town.proxy.log(), /\[info\].* slo: logout received: all sessions of user #\S+, backchannel, provider "main"/)
})
