// SPDX-License-Identifier: BSD-2-Clause
// A whole life of applications' sessions on two hosts: whatever Redis keeps or hears, and every log, is searched for cookies, tokens, sids and subjects.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import http from 'node:http'
import { once } from 'node:events'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { House, eventually, free_port } from './parts/house.mjs'
import { start_nginx } from './parts/nginx.mjs'
import { query, set_stage } from './parts/stage.mjs'

// What can be recognised wherever it lies: as it is, and as others might write it down.
const secrets = { cookie: 'c00kie-5ecret', csrf: 'c5rf-5ecret', set: '5et-5ecret', callback: 'ca11back-5ecret', refused: 'refu5ed-5ecret' }
const shapes = (text) => [text, Buffer.from(text).toString('base64').replace(/=+$/, '').slice(0, -2), Buffer.from(text).toString('base64url').slice(0, -2), Buffer.from(text).toString('hex'), encodeURIComponent(text)]

// Sets a cookie where it is told to, refuses its first logout, and says in its answers whatever it was sent.
async function start_mirror(house) {
  const app = { logouts: 0, manner: () => 200 }
  const server = http.createServer((request, answer) => {
    let body = ''
    request.on('data', (chunk) => { body += chunk }).on('end', () => {
      if (request.url.startsWith('/set')) answer.setHeader('set-cookie', `JSESSIONID=${secrets.set}; Path=/; HttpOnly`)
      const is_logout = request.url === '/app/logout', status = is_logout ? app.manner(++app.logouts) : 200
      answer.writeHead(status, { 'x-mirror': request.headers.cookie ?? '', 'content-type': 'application/json' })
      answer.end(JSON.stringify({ error: `${request.headers.cookie} ${body}`, error_description: request.headers.cookie }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  house.when_over(() => { server.close(); server.closeAllConnections() })
  return Object.assign(app, { url: `http://127.0.0.1:${server.address().port}` })
}

// What users tell is in headers here; the manual's format is another journey's.
const http_part = `log_format safe '$remote_addr [$time_local] "$request_method $uri" $status $slo_status';`

async function settle(house, app) {
  const options = { clients: [], http: `${http_part} access_log safe.log safe;`, provider: 'client_id gateway; delivery first=100ms attempts=4 timeout=2s;',
    store: `timeout=2s secret_file=${house.write('secret.txt', `${'s'.repeat(32)}\n`)}`,
    locations: `server_name shop.example;
      location = /slo/back { slo_backchannel_logout main; }
      location = /out { slo_guard main token=$http_authorization; slo_logout main local then=/bye; }
      slo_cookie JSESSIONID XSRF track; slo_app_logout /app/logout method=POST "body=_csrf=$cookie_XSRF" "header=X-Csrf: $cookie_XSRF";
      location / { slo_guard main token=$http_authorization; proxy_pass ${app.url}; }
      location /named/ { slo_guard main sid=$http_x_sid sub=$http_x_sub; proxy_pass ${app.url}; }` }
  const stage = await set_stage(house, { name: 'nginx-1', ...options })
  const host = '127.0.0.4'
  return { ...stage, hosts: [stage.nginx, await start_nginx(house, { name: 'nginx-2', host, port: await free_port(host), redis: stage.redis, issuer: stage.issuer, ...options })] }
}

// All that Redis holds, byte by byte, for keys and values are binary: each key, and what is in it.
const read_everything = `local found = {}
  local reads = { string = { 'GET' }, hash = { 'HGETALL' }, zset = { 'ZRANGE', 0, -1 }, set = { 'SMEMBERS' }, list = { 'LRANGE', 0, -1 }, stream = { 'XRANGE', '-', '+' } }
  local function flat(value) if type(value) ~= 'table' then return tostring(value) end
    local parts = {} for i, part in ipairs(value) do parts[i] = flat(part) end return table.concat(parts, ' ') end
  local hex = function(text) return (string.gsub(text, '.', function(c) return string.format('%02x', string.byte(c)) end)) end
  for _, key in ipairs(redis.call('KEYS', '*')) do
    local read = reads[redis.call('TYPE', key).ok]
    found[#found + 1] = hex(key) .. '=' .. hex(flat(redis.call(read[1], key, unpack(read, 2)))) end
  return found`
async function everything_in(redis) {
  const bytes = (hex) => Buffer.from(hex, 'hex').toString('latin1')
  return (await redis.ask('--raw', 'EVAL', read_everything, '0')).split('\n').map((line) => line.split('=')).map(([key, said]) => ({ key: bytes(key), said: bytes(said) }))
}

test('no cookie and no token in Redis, and none of them, no sid and no subject in any log', { timeout: 120_000 }, async (t) => {
  const house = new House(t), app = await start_mirror(house)
  const stage = await settle(house, app), { issuer, hosts, redis } = stage
  const heard = house.write('monitor.txt', '')
  const monitor = spawn('sh', ['-c', `exec redis-cli -s ${redis.socket} monitor >${heard}`], { stdio: 'ignore' })
  t.after(() => monitor.kill())
  await eventually('the monitor listens', () => house.read('monitor.txt').includes('OK'))
  const tokens = []
  const token_of = async (claims) => { tokens.push(await issuer.id_token({ aud: 'gateway', ...claims })); return tokens.at(-1) }
  const visit = (nginx, path, headers, how) => send(`${nginx.url}${path}`, { headers, ...how })
  const cookie = `JSESSIONID=${secrets.cookie}; XSRF=${secrets.csrf}`
  const who = (n) => ({ sid: `5id-5ecret-${n}`, sub: `5ub-5ecret-${n}` })

  const ann = { authorization: `Bearer ${await token_of(who(1))}`, cookie }
  for (const nginx of hosts) assert.equal((await visit(nginx, '/', ann)).status, 200)
  assert.equal((await visit(hosts[0], '/set', { authorization: ann.authorization })).status, 200)
  assert.equal((await visit(hosts[1], '/', { ...ann, authorization: `Bearer ${await token_of(who(2))}` })).status, 200, 'a kiosk')
  assert.equal((await visit(hosts[1], '/named/', { 'x-sid': who(3).sid, 'x-sub': who(3).sub, cookie: `JSESSIONID=${secrets.refused}` })).status, 200)
  await eventually('they are in the store', async () => (await stage.nginx.session(who(1).sid)).json?.applications?.[0]?.cookies.length === 2)
  for (const n of [1, 3]) assert.doesNotMatch(JSON.stringify((await stage.nginx.session(who(n).sid)).json), /c00kie|c5rf|5et-|refu5ed/, 'the API tells names')
  const alive = await everything_in(redis)

  // A logout that fails, is tried again, and one that is given up; a refused request; a token that is no good.
  app.manner = (n) => (n === 1 ? 503 : 200)
  const back = async (claims) => { tokens.push(await issuer.logout_token({ aud: 'gateway', ...claims })); return send(`${hosts[1].url}/slo/back`, { method: 'POST', form: { logout_token: tokens.at(-1) } }) }
  assert.equal((await back({ sid: who(1).sid, sub: who(1).sub })).status, 200)
  await eventually('it is called twice', () => app.logouts === 2)
  for (const nginx of hosts) await eventually('refused', async () => (await visit(nginx, '/', ann)).status === 401)
  assert.equal((await back({ aud: 'somebody', sid: who(2).sid })).status, 400)
  app.manner = () => 403
  assert.equal((await stage.nginx.ask('DELETE', `users/${who(3).sub}/sessions`)).status, 200)
  const dead = await eventually('a dead letter', async () => { const all = await stage.nginx.deliveries('dead'); return all.length > 0 && all })
  assert.doesNotMatch(JSON.stringify(dead), /c00kie|c5rf|5et-|refu5ed/)
  assert.equal((await visit(hosts[0], '/out', { authorization: `Bearer ${await token_of(who(2))}`, 'sec-fetch-site': 'none' })).status, 303)
  const over = await everything_in(redis)

  const parts_of_tokens = tokens.flatMap((token) => token.split('.').slice(1))
  const never_in_store = [...Object.values(secrets).flatMap(shapes), ...parts_of_tokens]
  const finds = (text, words) => words.filter((word) => text.includes(word))
  for (const { key, said } of [...alive, ...over]) assert.deepEqual(finds(`${key}\n${said}`, never_in_store), [], key.replace(/5[iu][db]-5ecret/g, '…'))
  assert.ok(alive.some(({ key }) => key.includes(':v:')) && alive.some(({ key }) => key.includes(':o:')), 'cookies were remembered')
  assert.deepEqual(finds(house.read('monitor.txt'), never_in_store), [], 'what Redis heard')
  assert.ok(house.read('monitor.txt').includes(who(1).sid), 'the monitor heard the registrations')

  const never_in_logs = [...never_in_store, ...[1, 2, 3].flatMap((n) => [...shapes(who(n).sid), ...shapes(who(n).sub)])]
  for (const name of ['nginx-1', 'nginx-2']) {
    const logs = readdirSync(house.path(name)).filter((file) => file.endsWith('.log'))
    assert.ok(logs.includes('error.log') && logs.includes('safe.log'), String(logs))
    for (const log of logs) assert.deepEqual(house.read(`${name}/${log}`).split('\n').filter((line) => finds(line, never_in_logs).length > 0), [], `${name}/${log}`)
    assert.doesNotMatch(house.read(`${name}/error.log`), /\[(crit|alert|emerg)\]/)
  }
  assert.match(house.read('nginx-1/error.log') + house.read('nginx-2/error.log'), /slo: gave up a delivery/, 'ours are there')
})
