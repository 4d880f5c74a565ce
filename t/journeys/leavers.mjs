// SPDX-License-Identifier: BSD-2-Clause
// Clients that leave while a handler waits for Redis or for receivers, where nginx makes another request of theirs.
import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { House } from './parts/house.mjs'
import { manners, start_receiver } from './parts/receivers.mjs'
import { back_client, query, set_stage } from './parts/stage.mjs'

// Sends and closes a moment later.
async function leave(nginx, request, body = '') {
  const { hostname, port } = new URL(nginx.url)
  const socket = net.connect(port, hostname)
  socket.on('error', () => {})
  socket.write(`${request}\r\nHost: ${hostname}\r\n\r\n${body}`)
  await pause(200)
  socket.destroy()
}

test('post_action after a client has left', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const app = await start_receiver(house, { behave: manners.hanging })
  const action = await start_receiver(house, { behave: manners.slow(1500) })
  const { nginx, redis, hint } = await set_stage(house, {
    clients: [back_client('app', app.url)], workers: 1, store: 'timeout=1s', provider: 'delivery wait=1s timeout=3s;',
    locations: `location = /out { slo_end_session main; post_action /action; }
      location = /action { internal; proxy_pass ${action.url}; }
      location = /status { slo_status; post_action /action; }
      location /slo-api/ { slo_api write=on; post_action /action; }` })
  await nginx.register({ client_id: 'app', sid: 's1', sub: 'ann', session_cookie: 'c1' })
  const workers = nginx.workers()

  await leave(nginx, `GET /out?${query({ id_token_hint: await hint({ aud: 'app', sub: 'ann', sid: 's1' }) })} HTTP/1.1\r\nCookie: _session=c1`)
  await pause(1500)
  for (const request of ['GET /out HTTP/1.1\r\nCookie: _session=c2', 'GET /slo-api/main/sessions/s1 HTTP/1.1', 'GET /status HTTP/1.1']) {
    redis.freeze()
    await leave(nginx, request)
    redis.thaw()
    await pause(1500)
  }

  redis.freeze()
  const body = JSON.stringify({ client_id: 'app', sid: 's2', sub: 'bob' })
  await leave(nginx, `POST /slo-api/main/sessions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`, body)
  redis.thaw()
  await pause(3000)

  assert.match(nginx.log(), /slo: API write: POST session, session #\S+, client "app": 499,/)
  assert.ok(action.requests.length >= 5, `post_action ran ${action.requests.length} times`)
  assert.deepEqual(nginx.workers(), workers, 'no worker has died')
  assert.doesNotMatch(nginx.log(), /\[(alert|emerg)\]/)
  assert.notEqual((await nginx.session('s1')).json.ended, undefined)
})
