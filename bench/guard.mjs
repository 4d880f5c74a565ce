// SPDX-License-Identifier: BSD-2-Clause
// What slo_guard adds to a small static page, with few marks in the zone and with many, beside the bare page; and what else is
// put in front of a page adds to its own.
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { createServer } from 'node:http'
import { sleep } from '../t/journeys/parts/house.mjs'
import { send } from '../t/journeys/parts/browser_jar.mjs'
import { start_guard_peers } from './parts/guard_peers.mjs'
import { id_token, make_keys } from './parts/keys.mjs'
import { add_marks, find_feed, marked_sid, marks_of } from './parts/marks.mjs'
import { number, remark, table, verdict } from './parts/numbers.mjs'
import { head, measure, more_of, ratio_of, row } from './parts/pairs.mjs'
import { start_nginx, start_redis } from './parts/servers.mjs'
import { get, write_requests } from './parts/tools.mjs'

const zone_mb = 64
const other_sids = 100_000
const known_sid = 'X-Sid: live-5f0cQb7kM00000000\r\n'

const pages = (www) => Object.entries({
  '/bare/': '', '/sids/': 'slo_guard main sid=$http_x_sid;', '/toks/': 'slo_guard main token=$http_authorization;',
}).map(([path, guard]) => `location ${path} { ${guard} sendfile on; alias ${www}/; }`).join('\n    ')

const sockets = (door) => `location /sock/ { slo_guard main sid=$http_x_sid; proxy_pass http://${door}; proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_read_timeout 1h; }`

// Takes WebSockets, and says nothing on them.
async function start_silent_upstream(house) {
  const server = createServer(), open = new Set()
  server.on('upgrade', (_, socket) => {
    open.add(socket.on('error', () => {}))
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', 1024, done))
  house.when_over(() => { for (const socket of open) socket.destroy(); server.close() })
  return `127.0.0.1:${server.address().port}`
}

async function set_up(house) {
  const keys = make_keys(), redis = await start_redis(house), www = house.path('www')
  mkdirSync(www)
  house.write('www/page.html', `<!doctype html><title>a page</title><p>${'x'.repeat(560)}\n`)
  const door = await start_silent_upstream(house)
  const nginx = await start_nginx(house, { redis, keys, clients: [], provider: 'client_id gateway;', store: `timeout=10s marks=${zone_mb}m`,
                                           locations: `location = /back { slo_backchannel_logout main; }\n    ${pages(www)}\n    ${sockets(door)}` })
  return { house, keys, redis, nginx, www }
}

// 1.2 kB of it, as an OP with groups issues them.
const token_of = (nginx, key, sid) => id_token(key, {
  iss: nginx.issuer, aud: 'gateway', sub: `user-${sid}`, sid, auth_time: Math.floor(Date.now() / 1000), scope: 'openid profile groups',
  groups: Array.from({ length: 10 }, (_, i) => `department-${i}-${'x'.repeat(16)}`) })

// Requests that differ by path alone, of equal length, so that whatever else they cost falls on both.
function pairs_of({ house, nginx, keys }, quick) {
  const files = (name, guarded, headers) => Object.fromEntries([['bare', '/bare/'], ['guarded', guarded]].map(([which, path]) =>
    [which, write_requests(house.path(`${name}-${which}`), headers.map((header) => get(`${path}page.html`, nginx.to, header)))]))
  const bearer = (i) => `Authorization: Bearer ${token_of(nginx, keys.RS256, `live-5f0cQb7kM${String(i).padStart(8, '0')}`)}\r\n`
  const tokens = Array.from({ length: quick ? 3000 : 6000 }, (_, i) => bearer(i))
  return [
    { name: 'sid', ...files('sid', '/sids/', [known_sid]) },
    { name: 'sid, each another', mixed: other_sids, ...files('sid-mixed', '/sids/', ['X-Sid: live-5f0cQb7kM########\r\n']) },
    { name: 'token', ...files('token', '/toks/', tokens.slice(0, 1)) },
    { name: 'token, each another', once: tokens.length, ...files('token-mixed', '/toks/', tokens) }]
}

async function check_that_it_guards({ nginx }, path, headers, wanted) {
  const { status } = await send(`${nginx.url}${path}page.html`, { headers })
  if (status !== wanted) throw new Error(`${path} was answered with ${status} instead of ${wanted}`)
}

async function with_marks(stage, feed, levels, how, pairs) {
  const { nginx, keys } = stage, all = new Map()
  let so_far = 0
  for (const level of levels) {
    await add_marks(stage, feed, so_far, level)
    so_far = level
    if (level) await check_that_it_guards(stage, '/sids/', { 'x-sid': marked_sid(level - 1) }, 401)
    if (level) await check_that_it_guards(stage, '/toks/', { authorization: `Bearer ${token_of(nginx, keys.RS256, marked_sid(level - 1))}` }, 401)
    all.set(level, await measure(nginx.to, { nginx: nginx.worker }, pairs, how))
  }
  return all
}

// `count` connections that were upgraded and stay silent.
async function open_sockets({ house, nginx }, count) {
  const open = []
  house.when_over(() => { for (const socket of open) socket.destroy() })
  const one = (i) => new Promise((done, failed) => {
    const socket = connect(nginx.port, '127.0.0.1').on('error', failed)
    open.push(socket)
    socket.once('data', (said) => (/^HTTP\/1.1 101/.test(said) ? done() : failed(new Error(String(said).split('\r\n')[0]))))
    socket.write(`GET /sock/ HTTP/1.1\r\nHost: ${nginx.to}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
                 `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nX-Sid: sock-5f0cQb7kM${i}\r\n\r\n`)
  })
  for (let i = 0; i < count; i += 50) await Promise.all(Array.from({ length: 50 }, (_, k) => one(i + k)))
}

// The same pair with open WebSockets on the worker, and while other sessions end.
async function beside_sockets(stage, feed, pair, how) {
  const { nginx, redis } = stage, pids = { nginx: nginx.worker }, rows = []
  const run = async () => (await measure(nginx.to, pids, [pair], how)).get(pair.name)
  rows.push(row('no WebSocket', await run()))
  await open_sockets(stage, 1000)
  await sleep(200)
  rows.push(row('1000 idle WebSockets', await run()))
  let ended = 0
  const timer = setInterval(() => redis.ask('XADD', feed, '*', 's', `more-5f0cQb7kM${++ended}`).catch(() => {}), 10)
  rows.push(row('1000, and a hundred other sessions end each second', await run()))
  clearInterval(timer)
  table('Guarded by sid, beside open requests', head, rows)
}

function tell_growth(all) {
  const names = [...all.values().next().value.keys()]
  table('What the guard adds to a request, µs, by the number of marks', ['marks', ...names],
        [...all].map(([level, runs]) => [number(level, 0), ...names.map((name) => number(more_of(runs.get(name)), 2))]))
}

async function tell_room(stage) {
  const { marks, marks_capacity } = await marks_of(stage.nginx)
  remark(`A zone of ${zone_mb} MB has ${number(marks_capacity, 0)} places, ${number(zone_mb * 1024 * 1024 / marks_capacity, 2)} bytes each; ` +
         `${number(marks, 0)} are taken.`)
}

const targets_of = (most, last) => [
  ['sid: bare ÷ guarded, of a core', ...verdict(ratio_of(most.get('sid')), 0.95, { digits: 3 })],
  ['sid: more µs', ...verdict(more_of(most.get('sid')), 0.5, { at_most: true })],
  ['token: bare ÷ guarded, of a core', ...verdict(ratio_of(most.get('token')), 0.95, { digits: 3 })],
].map(([what, ...rest]) => [`${what} (${number(last, 0)} marks)`, ...rest])

export async function bench(house, { quick }) {
  const stage = await set_up(house), levels = quick ? [0, 10_000, 100_000] : [0, 10_000, 100_000, 1_000_000]
  const how = quick ? { rounds: 7, count: 4000 } : { rounds: 21, count: 10_000 }
  const feed = await find_feed(stage, '/back'), pairs = pairs_of(stage, quick)
  const all = await with_marks(stage, feed, levels, how, pairs), last = levels.at(-1)
  for (const [level, runs] of all) table(`Guarded page beside the bare one, ${number(level, 0)} marks`, head, [...runs].map(([name, rounds]) => row(name, rounds)))
  tell_growth(all)
  await tell_room(stage)
  await beside_sockets(stage, feed, pairs[0], how)
  const peers = await start_guard_peers(house, { www: stage.www, keys: stage.keys, sid: known_sid, entries: last })
  const theirs = await measure(undefined, undefined, peers, { rounds: how.rounds, count: how.count / 4 })
  table('Others in front of the same page, beside their own bare one', head, [...theirs].map(([name, rounds]) => row(name, rounds)))
  table('Guard: targets', ['what', 'target', 'measured', 'met'], targets_of(all.get(last), last))
  remark('32 connections; server and all it asks on one core, the driver on the other. Microseconds are processor time of all servers that a request ' +
         'touches; more µs and ratios are medians of pairs, of which the order changes. The page is a file of 600 bytes, opened anew for each ' +
         `request. "Each another": of ${number(other_sids, 0)} sids, or ${number(pairs.at(-1).once, 0)} tokens by turns.`)
}
