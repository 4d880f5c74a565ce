// SPDX-License-Identifier: BSD-2-Clause
// A thousand clients in one session, one in a hundred hanging: the user is not kept, and all who live are told at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, eventually } from './parts/house.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { back_client, set_stage } from './parts/stage.mjs'

const hosts = Array.from({ length: 1000 }, (_, i) => `127.0.${1 + Math.floor(i / 250)}.${1 + (i % 250)}`)
const hangs = (host) => hosts.indexOf(host) % 100 === 50

test('a thousand clients, ten of them hanging (ES256)', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const everyone = await start_receiver(house, { host: '0.0.0.0', behave: (request, answer) =>
    (hangs(request.socket.localAddress) ? manners.hanging : manners.obeying)(request, answer) })
  const clients = hosts.map((host, i) => back_client(`app-${i}`, `http://${host}:${everyone.port}`,
                                                     { id_token_signed_response_alg: 'ES256' }))
  const { nginx, hint, logout_url } = await set_stage(house, { clients, access_log: 'off' })
  for (let i = 0; i < clients.length; i += 20) {
    await Promise.all(clients.slice(i, i + 20).map(async ({ client_id }) => {
      const { status, body } = await nginx.register({ client_id, sid: 's1', sub: 'ann' })
      assert.equal(status, 201, body)
    }))
  }
  const url = logout_url({ id_token_hint: await hint({ aud: 'app-0', sub: 'ann', sid: 's1' }, { alg: 'ES256' }),
                           post_logout_redirect_uri: clients[0].post_logout_redirect_uris[0] })
  const begin = Date.now()
  const answer = await send(url)
  const waited = Date.now() - begin
  assert.equal(answer.status, 303, answer.body)

  const told = () => new Set(everyone.requests.map(({ host }) => host).filter((host) => !hangs(host))).size
  await eventually('990 are told', () => told() === 990)
  const times = everyone.requests.filter(({ host }) => !hangs(host)).map(({ at }) => at - begin).sort((a, b) => a - b)
  t.diagnostic(`the user waited ${waited} ms; told after: first ${times[0]} ms, half ${times[495]} ms, last ${times.at(-1)} ms`)
  assert.ok(waited <= 1100, `the user waited ${waited} ms`)
  assert.ok(times.at(-1) <= 1000, `the last was told after ${times.at(-1)} ms`)
  assert.equal(times.length, 990, 'nobody was told twice')
})
