// SPDX-License-Identifier: BSD-2-Clause
// What slo_cookie's `track` adds to a guarded request whose cookie is known, and what a tracked cookie takes of Redis.
import { mkdirSync } from 'node:fs'
import { eventually } from '../t/journeys/parts/house.mjs'
import { send } from '../t/journeys/parts/browser_jar.mjs'
import { make_keys } from './parts/keys.mjs'
import { number, remark, table, verdict } from './parts/numbers.mjs'
import { head, measure, ratio_of, row } from './parts/pairs.mjs'
import { start_nginx, start_redis } from './parts/servers.mjs'
import { drive_templates, get, write_requests } from './parts/tools.mjs'

const connections = 32
const sessions = 2000
// A session's cookie of Java's kind among those that pages have besides.
const cookie = 'Cookie: theme=dark; JSESSIONID=8C0D4A2F1B7E4963A5D2########; _ga=GA1.2.1234567890.1700000000\r\n'
const sid = 'X-Sid: live-5f0cQb7kM########\r\n'
const numbered = (header, i) => header.replace('########', String(i).padStart(8, '0'))

const places = {
  '/bare/': 'slo_guard main sid=$http_x_sid;',
  '/tracked/': 'slo_guard main sid=$http_x_sid; slo_cookie JSESSIONID track;',
  '/alone/': 'slo_guard main; slo_cookie JSESSIONID track;',
  '/called/': 'slo_guard main sid=$http_x_sid; slo_cookie JSESSIONID track; slo_app_logout /called/logout;',
}
const locations = (www) => `server_name app.example;
    ${Object.entries(places).map(([path, lines]) => `location ${path} { ${lines} sendfile on; alias ${www}/; }`).join('\n    ')}`

async function set_up(house) {
  const keys = make_keys(), redis = await start_redis(house), www = house.path('www')
  mkdirSync(www)
  house.write('www/page.html', `<!doctype html><title>a page</title><p>${'x'.repeat(560)}\n`)
  const store = `timeout=10s secret_file=${house.write('secret.txt', `${'s'.repeat(32)}\n`)}`
  const nginx = await start_nginx(house, { redis, keys, clients: [], provider: 'client_id gateway;', store, locations: locations(www) })
  await eventually('marks are here', async () => /"marks_complete":(true|1)/.test((await send('http://localhost/metrics', { socketPath: `${nginx.dir}/admin.sock` })).body.replaceAll(' ', '')))
  return { house, keys, redis, nginx }
}

// Requests that differ by path alone: of one session, or of each of many by turns.
function pairs_of({ house, nginx }) {
  const files = (name, guarded, headers) => Object.fromEntries([['bare', '/bare/'], ['guarded', guarded]].map(([which, path]) =>
    [which, write_requests(house.path(`${name}-${which}`), headers.map((header) => get(`${path}page.html`, nginx.to, header)))]))
  const one = numbered(sid, 1) + numbered(cookie, 1)
  const both = sid + cookie
  return [
    { name: 'sid and cookie, of one session', ...files('one', '/tracked/', [one]) },
    { name: 'sid and cookie, of many sessions', mixed: sessions, ...files('many', '/tracked/', [both]) },
    { name: 'cookie alone, of many sessions', mixed: sessions, ...files('alone', '/alone/', [sid + cookie]) }]
}

const used = async (redis) => Number(/used_memory:(\d+)/.exec(await redis.ask('INFO', 'memory'))[1])

// Bytes of Redis for a session with one tracked cookie.
async function bytes_of({ house, nginx, redis }, path, series, count) {
  const headers = `X-Sid: ${series}-5f0cQb7kM########\r\nCookie: JSESSIONID=${series}C0D4A2F1B7E4963A5D########\r\n`
  const before = await used(redis)
  const { statuses, answers } = await drive_templates(nginx.to, connections, write_requests(house.path(`bytes-${series}`), [get(`${path}page.html`, nginx.to, headers)]), 0, count)
  if (statuses['200'] !== answers) throw new Error(`answers were ${JSON.stringify(statuses)}`)
  return (await used(redis) - before) / count
}

async function check_that_it_tracks({ nginx }) {
  const of = async (path, ...headers) => (await send(`${nginx.url}${path}page.html`, { headers: Object.fromEntries(headers.map((line) => line.trim().split(': '))) })).headers['set-cookie']
  await of('/tracked/', numbered(sid, 0), numbered(cookie, 0))
  if (!await of('/tracked/', numbered(sid, 9), numbered(cookie, 0))) throw new Error('a cookie of another session is not kept out')
}

export async function bench(house, { quick }) {
  const stage = await set_up(house), { nginx } = stage
  await check_that_it_tracks(stage)
  const how = quick ? { rounds: 7, count: 1900 } : { rounds: 21, count: 1900 }
  const runs = await measure(nginx.to, { nginx: nginx.worker }, pairs_of(stage), how)
  table('A tracked request whose cookie is known, beside one that is guarded alike and not tracked', head.map((word) => word.replace('guarded', 'tracked')),
        [...runs].map(([name, rounds]) => row(name, rounds)))
  const count = quick ? 5000 : 20_000
  const sizes = [['tracked', await bytes_of(stage, '/tracked/', 'trac', count)], ['tracked, with its value for slo_app_logout', await bytes_of(stage, '/called/', 'call', count)]]
  table('Redis memory: bytes for a session with one tracked cookie, all indexes included', ['what', 'bytes'], sizes.map(([what, bytes]) => [what, number(bytes, 0)]))
  table('Tracking: targets', ['what', 'target', 'measured', 'met'], [...runs].map(([name, rounds]) =>
    [`${name}: not tracked ÷ tracked, of a core`, ...verdict(ratio_of(rounds), 0.95, { digits: 3 })]))
  remark(`32 connections; ${number(sessions, 0)} sessions; nginx and Redis on one core, the driver on the other. Microseconds are processor time of the worker. The page is a file of 600 bytes.`)
}
