// SPDX-License-Identifier: BSD-2-Clause
// One user signs out at a real OpenID Provider behind our nginx: two real relying parties forget him, and nobody else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { apache_client, start_apache } from './parts/apache.mjs'
import { Jar } from './parts/browser_jar.mjs'
import { express_client, start_express } from './parts/express_rp.mjs'
import { House, eventually, free_port } from './parts/house.mjs'
import { make_issuer } from './parts/issuer.mjs'
import { start_nginx } from './parts/nginx.mjs'
import { start_op } from './parts/op.mjs'
import { start_redis } from './parts/redis.mjs'
import { every_printable } from './parts/words.mjs'

const op_host = '127.0.0.1'

// nginx with the OP behind it, and the two relying parties, all clients registered for `alg`. The OP's keys go by `kids`,
// of which nginx' configuration says nothing.
async function settle(house, alg, kids) {
  const port = await free_port(op_host)
  const behind = await free_port(op_host)
  const issuer = await make_issuer(`http://${op_host}:${port}`, { kids })
  const at = { apache: { host: '127.0.0.2', port: await free_port('127.0.0.2') },
               express: { host: '127.0.0.3', port: await free_port('127.0.0.3') } }
  const clients = { apache: apache_client('apache', at.apache.host, at.apache.port, alg),
                    express: express_client('express', at.express.host, at.express.port, alg) }
  const redis = await start_redis(house)
  const nginx = await start_nginx(house, {
    host: op_host, port, redis, issuer, clients: Object.values(clients),
    locations: `location / { proxy_pass http://${op_host}:${behind}; proxy_set_header Host $http_host;
                             proxy_set_header X-Forwarded-For $remote_addr; }`,
  })
  const participations = []
  await start_op(house, {
    issuer: issuer.issuer, host: op_host, port: behind, keys: issuer.private_jwks, clients: Object.values(clients),
    end_session_endpoint: nginx.logout,
    when_registered: async (participation) => {
      const { status, body } = await nginx.register(participation)
      assert.ok([200, 201].includes(status), body)
      participations.push(participation)
    },
  })
  const apache = await start_apache(house, { ...at.apache, op: issuer.issuer, client: clients.apache })
  const express = await start_express(house, { ...at.express, op: issuer.issuer, client: clients.express })
  return { nginx, redis, issuer, clients, participations, apache, express }
}

async function log_in(rooms, user) {
  const browser = new Jar()
  for (const id of ['apache', 'express']) {
    const page = await browser.log_in(rooms[id].page, user)
    assert.match(page.body, new RegExp(`${id} shows this to ${user}`))
  }
  return browser
}

for (const [alg, kids, named] of [['RS256', { RS256: 'of-2026', ES256: 'ec/1' }, "kids of the OP's own"],
                                  ['ES256', undefined, 'thumbprints']]) {
  test(`a sign-out ends the user's sessions at two real relying parties (${alg}, ${named})`, { timeout: 60_000 }, async (t) => {
    const rooms = await settle(new House(t), alg, kids)
    const { nginx, clients, participations, apache, express } = rooms
    const ann = await log_in(rooms, 'ann')
    const bob = await log_in(rooms, 'bob')
    const id_token = (await ann.send(express.id_token)).body
    const op_cookie = ann.cookie(op_host, '_session')

    const query = { id_token_hint: id_token, state: every_printable,
                    post_logout_redirect_uri: clients.express.post_logout_redirect_uris[0] }
    const wire = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
    const answer = await ann.send(`${nginx.logout}?${wire}`)

    assert.ok([302, 303].includes(answer.status), `${answer.status} ${answer.body}`)
    assert.ok(answer.location.startsWith(`${query.post_logout_redirect_uri}&state=`), answer.location)
    assert.deepEqual(new URL(answer.location).searchParams.getAll('state'), [every_printable])
    assert.equal(ann.cookie(op_host, '_session'), undefined, 'the OP session cookie was expired')

    await t.test('both relying parties accepted their logout tokens before the answer', async () => {
      assert.deepEqual(express.answers, [204])
      // Apache writes its log, and nginx settles in Redis, when the answers are through.
      await eventually('apache logs its answer', () => /^POST \/app\/callback\?logout=backchannel 200$/m.test(apache.access_log()))
      await eventually('nobody is owed anything', async () => (await nginx.deliveries('pending')).length === 0)
      assert.deepEqual(await nginx.deliveries('dead'), [])
    })
    await t.test('jose verifies the logout token with the keys that slo_jwks serves', async () => {
      const keys = createRemoteJWKSet(new URL(`${nginx.url}/slo/jwks`))
      const { payload, protectedHeader } = await jwtVerify(express.logout_tokens[0], keys, {
        issuer: rooms.issuer.issuer, audience: 'express', algorithms: [alg], typ: 'logout+jwt',
        requiredClaims: ['iat', 'exp', 'jti', 'events', 'sub', 'sid'] })
      assert.equal(protectedHeader.kid, rooms.issuer.keys[alg].kid)
      assert.deepEqual(payload.events, { 'http://schemas.openid.net/event/backchannel-logout': {} })
      const { client_sid, sub } = participations.find((seen) => seen.client_id === 'express' && seen.sub === 'ann')
      assert.deepEqual([payload.sid, payload.sub, 'nonce' in payload], [client_sid, sub, false])
      assert.ok(payload.exp - payload.iat <= 120)
    })
    await t.test('her sessions are over everywhere', async () => {
      assert.equal((await ann.send(apache.page)).status, 302)
      assert.equal((await ann.send(express.page)).status, 302)
      assert.match((await ann.open(express.page)).body, /<form/i, 'the OP asks for a login')
      const { sid } = participations.find((seen) => seen.sub === 'ann')
      assert.notEqual((await nginx.session(sid)).json.ended, undefined)
    })
    await t.test('his are not', async () => {
      assert.match((await bob.send(apache.page)).body, /shows this to bob/)
      assert.match((await bob.send(express.page)).body, /shows this to bob/)
      const { sid } = participations.find((seen) => seen.sub === 'bob')
      assert.equal((await nginx.session(sid)).json.ended, undefined)
    })
    await t.test('the same request once more is no error, and tells nobody again', async () => {
      ann.put(op_host, '_session', op_cookie)
      const again = await ann.send(`${nginx.logout}?${wire}`)
      assert.equal(again.location, answer.location)
      assert.equal(express.logout_tokens.length, 1)
    })
  })
}
