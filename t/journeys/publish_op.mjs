// SPDX-License-Identifier: BSD-2-Clause
// Two real relying parties learn of our logout by the discovery of a real OP alone, and verify our tokens by its key set alone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { discovery, allowInsecureRequests, buildEndSessionUrl } from 'openid-client'
import { apache_client, start_apache } from './parts/apache.mjs'
import { Jar } from './parts/browser_jar.mjs'
import { express_client, start_express } from './parts/express_rp.mjs'
import { House, eventually, free_port } from './parts/house.mjs'
import { make_issuer } from './parts/issuer.mjs'
import { start_nginx } from './parts/nginx.mjs'
import { start_op } from './parts/op.mjs'
import { start_redis } from './parts/redis.mjs'

const host = '127.0.0.1'

// The OP signs with its keys, nginx with its own, which only passing documents tell of.
async function settle(house) {
  const port = await free_port(host), behind = await free_port(host)
  const theirs = await make_issuer(`http://${host}:${port}`), ours = await make_issuer(`http://${host}:${port}`)
  const at = { apache: { host: '127.0.0.2', port: await free_port('127.0.0.2') },
               express: { host: '127.0.0.3', port: await free_port('127.0.0.3') } }
  const clients = { apache: apache_client('apache', at.apache.host, at.apache.port, 'RS256'),
                    express: express_client('express', at.express.host, at.express.port, 'RS256') }
  const to_op = `proxy_pass http://${host}:${behind}; proxy_set_header Host $http_host;`
  const nginx = await start_nginx(house, {
    host, port, redis: await start_redis(house), issuer: { ...ours, public_jwks: theirs.public_jwks }, clients: Object.values(clients),
    locations: `location / { ${to_op} }
                location = /.well-known/openid-configuration { slo_publish main; ${to_op} }
                location = /jwks { slo_publish main; ${to_op} }`,
  })
  await start_op(house, {
    issuer: theirs.issuer, host, port: behind, keys: theirs.private_jwks, clients: Object.values(clients),
    when_registered: async (participation) => {
      const { status, body } = await nginx.register(participation)
      assert.ok([200, 201].includes(status), body)
    },
  })
  const rps = { apache: await start_apache(house, { ...at.apache, op: theirs.issuer, client: clients.apache }),
                express: await start_express(house, { ...at.express, op: theirs.issuer, client: clients.express }) }
  return { nginx, theirs, ours, behind, clients, ...rps }
}

async function log_in(rooms, user) {
  const browser = new Jar()
  for (const id of ['apache', 'express']) {
    const page = await browser.log_in(rooms[id].page, user)
    assert.match(page.body, new RegExp(`${id} shows this to ${user}`))
  }
  return browser
}

const document_at = async (url) => (await fetch(url)).json()

test('a real OP is found to log users out, by its own documents', { timeout: 120_000 }, async (t) => {
  const rooms = await settle(new House(t))
  const { nginx, theirs, ours, apache, express, clients } = rooms
  const path = '/.well-known/openid-configuration'
  await t.test('its documents are its own, and ours are in them', async () => {
    const alone = await document_at(`http://${host}:${rooms.behind}${path}`)
    assert.equal(alone.end_session_endpoint, undefined)
    const seen = await document_at(`${nginx.url}${path}`)
    const { end_session_endpoint, frontchannel_logout_supported, frontchannel_logout_session_supported, ...rest } = seen
    assert.deepEqual([end_session_endpoint, frontchannel_logout_supported, frontchannel_logout_session_supported],
      [nginx.logout, true, true])
    assert.deepEqual(Object.keys(rest), Object.keys(alone))
    const { keys } = await document_at(`${nginx.url}/jwks`)
    assert.deepEqual(keys.map(({ kid }) => kid), [...theirs.public_jwks.keys, ...ours.public_jwks.keys].map(({ kid }) => kid))
  })
  await t.test('openid-client knows where to send a user', async () => {
    const config = await discovery(new URL(theirs.issuer), 'express', clients.express.client_secret, undefined, { execute: [allowInsecureRequests] })
    assert.ok(buildEndSessionUrl(config, { logout_hint: 'ann' }).href.startsWith(`${nginx.logout}?`))
  })
  const ann = await log_in(rooms, 'ann')
  const bob = await log_in(rooms, 'bob')
  const asked = await ann.send(`${new URL(apache.page).origin}/app/callback?logout=${encodeURIComponent(clients.apache.post_logout_redirect_uris[0])}`)
  assert.ok(asked.location.startsWith(`${nginx.logout}?`), `mod_auth_openidc sends her to ${asked.location}`)
  const answer = await ann.send(asked.location)
  assert.ok([302, 303].includes(answer.status), `${answer.status} ${answer.body}`)
  assert.ok(answer.location.startsWith(clients.apache.post_logout_redirect_uris[0]), answer.location)

  await eventually('both have taken their tokens', () => express.answers.length === 1 && /^POST \/app\/callback\?logout=backchannel 200$/m.test(apache.access_log()))
  assert.deepEqual(express.answers, [204])
  const { jwks_uri } = await document_at(`${nginx.url}${path}`)
  const { protectedHeader } = await jwtVerify(express.logout_tokens[0], createRemoteJWKSet(new URL(jwks_uri)),
    { issuer: theirs.issuer, audience: 'express', algorithms: ['RS256'], typ: 'logout+jwt' })
  assert.equal(protectedHeader.kid, ours.keys.RS256.kid)
  assert.equal((await ann.send(express.page)).status, 302, 'she is out')
  assert.match((await bob.send(apache.page)).body, /shows this to bob/)
  assert.match((await bob.send(express.page)).body, /shows this to bob/)
  assert.deepEqual(await nginx.deliveries('dead'), [])
  assert.doesNotMatch(nginx.log(), /\[(crit|alert|emerg)\]|passes as it is/)
})
