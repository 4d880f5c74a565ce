// SPDX-License-Identifier: BSD-2-Clause
// An nginx with kept connections in front of ours, as many have it: an attacker puts requests into bodies that are too
// large, and no other user gets an answer that is not his.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, free_port, sleep } from './parts/house.mjs'
import { set_stage } from './parts/stage.mjs'

const front_conf = (port, ours) => `
daemon off;
worker_processes 1;
${process.getuid() === 0 ? 'user root;' : ''}
pid nginx.pid;
events { worker_connections 512; }
http {
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path temp_${kind};`).join(' ')}
  access_log off;
  upstream ours { server ${ours}; keepalive 4; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://ours; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`
const inner = 'GET /attackers-answer HTTP/1.1\r\nHost: x\r\n\r\n'
const attacks = [
  ['POST', '/logout', 'application/x-www-form-urlencoded'], ['PUT', '/logout', 'text/plain'], ['POST', '/logout', 'text/plain'],
  ['POST', '/api/main/sessions', 'application/json'], ['GET', '/metrics', 'text/plain'], ['GET', '/slo/jwks', 'text/plain'],
]

test('nobody gets the answer to a request that was smuggled in', { timeout: 120_000 }, async (t) => {
  const house = new House(t)
  // It answers late: the front has then taken its connection back, for the next user.
  const evil = createServer((_, answer) => sleep(30).then(() => answer.end('evil'))).listen(0, '127.0.0.1')
  await new Promise((done) => evil.once('listening', done))
  t.after(() => { evil.closeAllConnections(); evil.close() })
  const locations = `
    location /api/ { slo_api write=on; }
    location = /metrics { slo_status; }
    location /victim/ { return 200 $uri; }
    location = /attackers-answer { proxy_pass http://127.0.0.1:${evil.address().port}; }`
  const { nginx } = await set_stage(house, { clients: [], locations })
  const port = await free_port()
  mkdirSync(house.path('front'))
  house.write('front/nginx.conf', front_conf(port, new URL(nginx.url).host))
  await house.start('front', ['nginx', '-p', house.path('front'), '-c', 'nginx.conf', '-e', house.path('front/error.log')],
                    { host: '127.0.0.1', port })
  const front = `http://127.0.0.1:${port}`

  const wrong = []
  for (let victim = 0; victim < 100; ++victim) {
    const [method, path, type] = attacks[victim % attacks.length]
    const attack = send(front + path, { method, body: inner.padEnd(70_000), headers: { 'content-type': type } })
    await attack
    const answer = await send(`${front}/victim/${victim}`)
    if (answer.body !== `/victim/${victim}`) wrong.push(`${victim}: ${answer.status} ${answer.body.slice(0, 40)}`)
  }
  assert.deepEqual(wrong, [])
  assert.ok(!house.read('nginx/access.log').includes('attackers-answer'))
})
