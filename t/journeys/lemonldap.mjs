// SPDX-License-Identifier: BSD-2-Clause
// In front of a real OP that knows nothing of us, Debian's LemonLDAP::NG: logins are learnt as they pass by, a logout ends its session too.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apache_client, start_apache } from './parts/apache.mjs'
import { Jar } from './parts/browser_jar.mjs'
import { express_client, start_express } from './parts/express_rp.mjs'
import { House, eventually, free_port } from './parts/house.mjs'
import { make_issuer } from './parts/issuer.mjs'
import { start_lemonldap } from './parts/lemonldap.mjs'
import { start_nginx } from './parts/nginx.mjs'
import { start_redis } from './parts/redis.mjs'

const op_host = '127.0.0.1'

// nginx with the OP behind it, and two relying parties of it. Its ID Tokens have no sid: what holds a session together is its cookie.
async function settle(house) {
  const port = await free_port(op_host), issuer = await make_issuer(`http://${op_host}:${port}`)
  const at = { apache: { host: '127.0.0.2', port: await free_port('127.0.0.2') }, express: { host: '127.0.0.3', port: await free_port('127.0.0.3') } }
  const without_sid = { backchannel_logout_session_required: false }, plain = { client_secret: 'secretofexpress' }  // it is encoded, but not decoded
  const clients = { apache: { ...apache_client('apache', at.apache.host, at.apache.port, 'RS256'), ...without_sid },
                    express: { ...express_client('express', at.express.host, at.express.port, 'RS256'), ...without_sid, ...plain } }
  const op = await start_lemonldap(house, { issuer, clients: Object.values(clients) })
  const redis = await start_redis(house)
  const nginx = await start_nginx(house, {
    host: op_host, port, redis, issuer, clients: Object.values(clients), provider: 'session_cookie lemonldap; upstream_logout /_op_logout;',
    locations: `location / { ${op.location()} }
      location = /oauth2/authorize { slo_learn main; ${op.location()} }
      location = /oauth2/token { slo_learn main; ${op.location()} }
      location = /oauth2/jwks { slo_publish main; ${op.location()} }
      location = /.well-known/openid-configuration { slo_publish main; ${op.location()} }
      location = /_op_logout { internal; ${op.location('/', 'logout=1')} }` })
  const apache = await start_apache(house, { ...at.apache, op: issuer.issuer, client: clients.apache })
  const express = await start_express(house, { ...at.express, op: issuer.issuer, client: clients.express })
  return { issuer, nginx, clients, apache, express }
}

async function log_in(stage, user) {
  const browser = new Jar()
  for (const id of ['apache', 'express']) {
    const page = await browser.log_in(stage[id].page, user)
    assert.match(page.body, new RegExp(`${id} shows this to ${user}`))
  }
  return browser
}

test('two users, two relying parties, nothing registered: one logs out everywhere, the other stays', { timeout: 120_000 }, async (t) => {
  const stage = await settle(new House(t)), { issuer, nginx, clients, express } = stage
  const dwho = await log_in(stage, 'dwho'), rtyler = await log_in(stage, 'rtyler')
  const old_cookie = dwho.cookie(op_host, 'lemonldap')
  const { end_session_endpoint } = JSON.parse((await dwho.send(`${issuer.issuer}/.well-known/openid-configuration`)).body)
  assert.equal(end_session_endpoint, nginx.logout)
  for (const user of ['dwho', 'rtyler']) {
    const { sessions } = (await nginx.ask('GET', `sessions?sub=${user}`)).json
    assert.deepEqual(sessions.map(({ state }) => state), ['live'], user)
  }
  const id_token = (await dwho.send(express.id_token)).body
  const answer = await dwho.send(`${end_session_endpoint}?id_token_hint=${id_token}&post_logout_redirect_uri=${encodeURIComponent(clients.express.post_logout_redirect_uris[0])}`)
  assert.equal(answer.status, 303, answer.body)

  const is_signed_in = async (browser, id, user) => new RegExp(`${id} shows this to ${user}`).test((await browser.send(stage[id].page)).body)
  const prompt_none = async (cookie) => {
    const browser = new Jar()
    browser.put(op_host, 'lemonldap', cookie)
    const { location, body } = await browser.send(`${issuer.issuer}/oauth2/authorize?response_type=code&scope=openid&client_id=apache&prompt=none&redirect_uri=${encodeURIComponent(clients.apache.redirect_uris[0])}`)
    if (!location) return /name="user"/.test(body) ? 'who are you?' : body
    return new URL(location).searchParams.get('error') ?? 'a code'
  }
  for (const id of ['apache', 'express']) {
    await eventually(`dwho is out at ${id}`, async () => !await is_signed_in(dwho, id, 'dwho'))
    assert.ok(await is_signed_in(rtyler, id, 'rtyler'))
  }
  assert.equal(dwho.cookie(op_host, 'lemonldap'), undefined)
  // Each of its processes believes what it has in memory for some seconds.
  await eventually("the OP refuses dwho's old cookie", async () => ['login_required', 'who are you?'].includes(await prompt_none(old_cookie)), { within: 40_000, every: 2000 })
  assert.equal(await prompt_none(rtyler.cookie(op_host, 'lemonldap')), 'a code')
  assert.doesNotMatch(nginx.log(), /\[(error|crit|alert|emerg)\]/)
})
