// SPDX-License-Identifier: BSD-2-Clause
// Receivers over TLS, through the shipped snippet: whoever cannot prove his name gets no token, and whoever can is told
// over connections that are kept.
import assert from 'node:assert/strict'
import https from 'node:https'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { make_authority } from './parts/certificates.mjs'
import { House, eventually } from './parts/house.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

async function start_tls_receiver(house, identity) {
  const receiver = { requests: 0, handshakes: 0 }
  const server = https.createServer(identity, (request, answer) => {
    request.resume().on('end', () => { ++receiver.requests; answer.writeHead(200).end('bye') })
  })
  server.keepAliveTimeout = 60_000
  server.on('secureConnection', () => { ++receiver.handshakes })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  house.when_over(() => new Promise((done) => { server.close(done); server.closeAllConnections() }))
  receiver.port = server.address().port
  return receiver
}

// Named as the logout URI names it, as the snippet advises.
const upstream = (name, { port }) => `upstream ${name} { server 127.0.0.1:${port}; keepalive 4; }`

async function settle(t, identities, provider) {
  const house = new House(t)
  const authority = make_authority(house, 'ours'), stranger = make_authority(house, 'theirs')
  const receivers = {}
  for (const [name, identity] of Object.entries(identities)) {
    receivers[name] = await start_tls_receiver(house, identity({ authority, stranger }))
  }
  const clients = Object.keys(identities).map((name) => back_client(name, `https://${name}.example`))
  const http = Object.entries(receivers).map(([name, receiver]) => upstream(`${name}.example`, receiver)).join('\n  ')
  const stage = await set_stage(house, { clients, http, provider, trusted: authority.ca, workers: 1 })
  const log_out = async (sid) => {
    for (const { client_id } of clients) assert.equal((await stage.nginx.register({ client_id, sid, sub: 'ann' })).status, 201)
    const answer = await send(stage.logout_url({ id_token_hint: await stage.hint({ aud: clients[0].client_id, sub: 'ann', sid }) }))
    assert.equal(answer.status, 200, answer.body)
  }
  return { ...stage, receivers, log_out }
}

test('only who proves his name is told', { timeout: 60_000 }, async (t) => {
  const { nginx, receivers, log_out } = await settle(t, {
    good: ({ authority }) => authority.issue('good.example'),
    misnamed: ({ authority }) => authority.issue('good.example'),
    unknown: ({ stranger }) => stranger.issue('unknown.example'),
    expired: ({ authority }) => authority.issue('expired.example', -1),
  }, 'delivery wait=5s timeout=1s attempts=2 first=1s max=1s;')
  await log_out('s1')
  await eventually('the others are given up', async () => (await nginx.deliveries('dead')).length === 3)
  assert.deepEqual(Object.fromEntries(Object.entries(receivers).map(([name, { requests }]) => [name, requests])),
                   { good: 1, misnamed: 0, unknown: 0, expired: 0 })
  assert.deepEqual(await nginx.deliveries('pending'), [])
  const dead = (await nginx.deliveries('dead')).map(({ client_id, error }) => `${client_id}: ${error}`).sort()
  assert.deepEqual(dead, ['expired', 'misnamed', 'unknown'].map((name) => `${name}: certificate, last attempt`))
  const log = nginx.log()
  assert.match(log, /upstream SSL certificate does not match "misnamed\.example"/)
  assert.match(log, /upstream SSL certificate verify error: \(10:certificate has expired\)/)
  assert.match(log, /upstream SSL certificate verify error: \(2[01]:/)
})

test('one handshake serves many deliveries', { timeout: 60_000 }, async (t) => {
  const { nginx, receivers, log_out } = await settle(t, { good: ({ authority }) => authority.issue('good.example') }, 'delivery wait=5s;')
  for (let i = 0; i < 30; ++i) await log_out(`s${i}`)
  assert.deepEqual(await nginx.deliveries('pending'), [])
  assert.deepEqual(receivers.good, { ...receivers.good, requests: 30, handshakes: 1 })
})
