// SPDX-License-Identifier: BSD-2-Clause
// Guards under load: how long after the 200 to a logout the other host refuses, and open connections end.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { Agent } from 'node:http'
import { connect, createServer } from 'node:net'
import { performance } from 'node:perf_hooks'
import { test } from 'node:test'
import { send } from './parts/browser_jar.mjs'
import { set_guard } from './parts/guard_stage.mjs'
import { change_conf, guarded, percentiles } from './parts/guard_watch.mjs'
import { House, eventually, sleep } from './parts/house.mjs'

const limit = { timeout: 60_000 }
const agents = (count) => Array.from({ length: count }, () => new Agent({ keepAlive: true, maxSockets: 1 }))

// A driver beside us where there is one, else as fast as we are: {stop()}, which says what was asked in a second.
function drive(url) {
  const driver = spawn('wrk', ['-t1', '-c32', '-d50s', url], { stdio: ['ignore', 'pipe', 'ignore'] })
  let said = ''
  driver.stdout.on('data', (bytes) => { said += bytes })
  driver.on('error', () => {})
  const by_hand = drive_by_hand(url, driver)
  return { stop: async () => {
    if (driver.pid === undefined) return by_hand.stop()
    driver.kill('SIGINT')
    await once(driver, 'close')
    return Number(/Requests\/sec:\s+([\d.]+)/.exec(said)?.[1])
  } }
}

function drive_by_hand(url, driver) {
  let count = 0, goes = true
  const began = performance.now()
  driver.on('error', () => agents(8).forEach(async (agent) => {
    for (; goes; ++count) await send(url, { agent }).catch(() => {})
    agent.destroy()
  }))
  return { stop: () => { goes = false; return count / (performance.now() - began) * 1000 } }
}

// Asks on connections of its own from the 200 on, until each has been refused five times: {first ms, wrong}.
async function poll(url, lines) {
  const since = performance.now()
  let first, wrong = 0
  await Promise.all(lines.map(async (agent) => {
    for (let refused = 0; refused < 5;) {
      const began = performance.now()
      const { status } = await send(url, { agent })
      if (status === 401) { ++refused; first ??= performance.now() } else if (first !== undefined && began > first) ++wrong
    }
  }))
  return { first: first - since, wrong }
}

test('another host refuses within milliseconds of the 200, as fast as requests may come', limit, async (t) => {
  const stage = await set_guard(new House(t), { hosts: 2, access_log: 'off', main: 'error_log error.log notice;', locations: guarded('pass', 'sid=$arg_sid') })
  const [one, two] = stage.hosts
  const driven = stage.hosts.map(({ nginx }) => drive(`${nginx.url}/pass?sid=lives`))
  await sleep(500)
  const lines = agents(4)
  const answers = [], usual = []
  const until = performance.now() + 25_000  // on a machine that is very busy there are fewer
  for (let i = 0; i < 300 && performance.now() < until; ++i) {
    assert.equal((await one.back({ sid: `gone-${i}` })).status, 200)
    answers.push(await poll(`${two.nginx.url}/pass?sid=gone-${i}`, lines))
    usual.push(await poll(`${two.nginx.url}/pass?sid=gone-${i}`, lines))  // who has been refused before: what the machine takes
  }
  for (const agent of lines) agent.destroy()
  const rates = await Promise.all(driven.map(({ stop }) => stop()))
  const { p50, p99, last } = percentiles(answers.map(({ first }) => first))
  const of_machine = percentiles(usual.map(({ first }) => first))
  console.log(`      ${answers.length} logouts, refused after p50 ${p50} ms, p99 ${p99} ms, last ${last} ms; once known, after p50 ${of_machine.p50} ms, p99 ${of_machine.p99} ms; beside ${rates.map(Math.round).join(' and ')} requests a second`)
  assert.equal(answers.reduce((sum, { wrong }) => sum + wrong, 0), 0, 'passes after the first refusal')
  assert.ok(answers.length >= 10 && p99 <= Math.max(100, 3 * of_machine.p99), `${p99} ms`)
  for (const { nginx } of stage.hosts) assert.equal((await send(`${nginx.url}/pass?sid=lives`)).status, 200)
})

// Ticks on every connection at once: fewer writes of ours than a timer for each.
async function start_clock(house) {
  const sockets = new Set()
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: clock\r\nConnection: Upgrade\r\n\r\ntick\n')
      sockets.add(socket)
    })
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1', 1024)
  await once(server, 'listening')
  const timer = setInterval(() => { for (const socket of sockets) socket.write('tick\n') }, 250)
  house.when_over(() => { clearInterval(timer); server.close(); for (const socket of sockets) socket.destroy() })
  return `location = /clock { slo_guard main sid=$arg_sid; proxy_pass http://127.0.0.1:${server.address().port}; proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection; }`
}

// Opens it and waits for its first tick: {closed_at, ticked_at, longest_gap}, the last being what the machine makes of 250 ms.
async function open_clock({ nginx }, sid) {
  const { hostname: host, port } = new URL(nginx.url)
  const clock = { sid, client: connect({ host, port: Number(port) }) }
  clock.client.on('error', () => {}).on('close', () => { clock.closed_at = performance.now() })
  clock.client.write(`GET /clock?sid=${sid} HTTP/1.1\r\nHost: x\r\nUpgrade: clock\r\nConnection: Upgrade\r\n\r\n`)
  await new Promise((done) => clock.client.on('data', (bytes) => {
    if (!bytes.includes('tick')) return
    const now = performance.now()
    clock.longest_gap = Math.max(clock.longest_gap ?? 0, now - (clock.ticked_at ?? now))
    clock.ticked_at = now
    done()
  }))
  return clock
}

const open_clocks = async (host, sids) => {
  const clocks = []
  for (let i = 0; i < sids.length; i += 50) clocks.push(...await Promise.all(sids.slice(i, i + 50).map((sid) => open_clock(host, sid))))
  return clocks
}

test('of a thousand WebSockets those end whose session does, and all others go on', limit, async (t) => {
  const house = new House(t)
  const stage = await set_guard(house, { hosts: 2, access_log: 'off', locations: await start_clock(house) })
  const [one, two] = stage.hosts
  const clocks = await open_clocks(two, Array.from({ length: 1000 }, (_, i) => `s-${i % 500}`))
  const ended_at = new Map()
  for (let i = 0; i < 500; i += 5) {
    assert.equal((await one.back({ sid: `s-${i}` })).status, 200)
    ended_at.set(`s-${i}`, performance.now())
  }
  const [theirs, others] = [true, false].map((is_over) => clocks.filter(({ sid }) => ended_at.has(sid) === is_over))
  await eventually('all of theirs are closed', () => theirs.every(({ closed_at }) => closed_at), { within: 5000 })
  const since = performance.now()
  await sleep(600)
  assert.deepEqual(others.filter(({ closed_at, ticked_at }) => closed_at || ticked_at < since).length, 0)
  const times = theirs.map(({ sid, closed_at }) => Math.max(0, closed_at - ended_at.get(sid)))
  const { p50, p99, last } = percentiles(times)
  console.log(`      ${theirs.length} closed after p50 ${p50} ms, p99 ${p99} ms, last ${last} ms; ${others.length} go on`)
  assert.equal(theirs.length, 200)
  const gaps = percentiles(others.map(({ longest_gap }) => longest_gap))
  assert.ok(p99 <= Math.max(500, 2 * gaps.p99), `${p99} ms, while what ticks every 250 ms ticked every ${gaps.p99} ms`)
  for (const { client } of others) client.destroy()
})

const ways = {
  'that was told to quit': (nginx) => nginx.child.kill('SIGQUIT'),
  'whose marks another zone has taken over': (nginx) => {
    change_conf(nginx, (text) => text.replace('marks=2m', 'marks=4m'))
    nginx.child.kill('SIGHUP')
  },
}

for (const [which, leave] of Object.entries(ways)) {
  test(`connections of a worker ${which} end with their sessions`, limit, async (t) => {
    const house = new House(t)
    const stage = await set_guard(house, { hosts: 2, store: 'timeout=1s marks=2m', locations: await start_clock(house) })
    const [one, two] = stage.hosts
    const workers = two.nginx.workers()
    const clocks = await open_clocks(two, ['s-1', 's-1', 's-1', 's-1', 's-2', 's-2'])
    leave(two.nginx)
    await sleep(1500)
    const is_open = (sid) => clocks.filter((clock) => clock.sid === sid && !clock.closed_at).length
    assert.deepEqual([is_open('s-1'), is_open('s-2')], [4, 2])
    assert.equal((await one.back({ sid: 's-1' })).status, 200)
    await eventually('they are closed', () => is_open('s-1') === 0, { within: 1500 })
    assert.equal(is_open('s-2'), 2)
    assert.equal((await one.back({ sid: 's-2' })).status, 200)
    await eventually('these as well', () => is_open('s-2') === 0, { within: 1500 })
    await eventually('the workers have gone', () => workers.every((pid) => !existsSync(`/proc/${pid}`)), { within: 5000 })
  })
}
