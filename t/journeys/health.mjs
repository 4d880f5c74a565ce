// SPDX-License-Identifier: BSD-2-Clause
// How a server of the store is: numbers for each, and one line of a host when something changes, whoever asks.
import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { test } from 'node:test'
import { House, eventually } from './parts/house.mjs'
import { places, replicas_in_step, start_replica } from './parts/sentinels.mjs'
import { set_stage } from './parts/stage.mjs'
import { our_lines } from './parts/table.mjs'

const a_look = { within: 15_000, every: 200 }  // ten seconds, and some

const numbers = async (nginx, server) => Object.fromEntries(
  [...(await nginx.metrics()).matchAll(/^slo_store_(\w+)\{server="([^"]*)"\} (\d+)$/gm)]
    .filter(([, , its]) => its === server).map(([, name, , value]) => [name, Number(value)]))
const said_of_server = (nginx) => our_lines(nginx.log()).filter(({ said }) => /: its server |memory of its server/.test(said))
  .map(({ level, said }) => `${level}: ${said.replace(/^store "[^"]*": /, '').replace(/(unix:|127\.)[^ ]*/, 'S')}`)

test('a server is looked at by one worker of a host, and each change is one line', { timeout: 120_000 }, async (t) => {
  const house = new House(t)
  const [at, second] = await places(2)
  const { nginx, redis } = await set_stage(house, {
    clients: [], workers: 2, store: 'timeout=2s wait=1,100ms', redis_url: `redis://127.0.0.1:${at.port}`,
    redis_how: { at, more: ['--repl-diskless-sync-delay', '0'] },
  })
  const server = `127.0.0.1:${at.port}`
  const begun = await eventually('numbers', async () => { const its = await numbers(nginx, server); return its.is_master === 1 && its }, a_look)
  assert.deepEqual({ ...begun, memory_used_bytes: begun.memory_used_bytes > 0 },
                   { is_master: 1, memory_used_bytes: true, memory_limit_bytes: 0, evicts: 0, append_only: 1, last_save_ok: 1, replicas: 0 })
  assert.deepEqual(said_of_server(nginx), ['warn: its server S has 0 replicas, and "wait=" asks for 1'])

  await redis.ask('config', 'set', 'maxmemory', String(Math.round(begun.memory_used_bytes * 1.05)), 'maxmemory-policy', 'volatile-ttl')
  mkdirSync(`${redis.dir}/dump.rdb`)  // a directory in the place of its file
  await redis.ask('bgsave')
  const before = said_of_server(nginx).length
  await eventually('troubles', async () => (await numbers(nginx, server)).evicts === 1, a_look)
  const told = said_of_server(nginx).slice(before)
  assert.deepEqual(told.map((line) => line.replace(/\d+ of \d+/, 'N of M')).sort(), [
    'warn: its server S cannot write to its disk: what it holds is lost if it ends',
    'warn: its server S drops sessions and logouts when its memory is full: maxmemory-policy is "volatile-ttl", set it to "noeviction"',
    'warn: the memory of its server S is nearly full: N of M MiB'])

  process.kill(nginx.child.pid, 'SIGHUP')
  rmSync(`${redis.dir}/dump.rdb`, { recursive: true })
  await redis.ask('config', 'set', 'maxmemory', '1gb', 'maxmemory-policy', 'noeviction')
  await redis.ask('bgsave')
  const replica = await start_replica(house, 'replica', second, at)
  await replicas_in_step({ at }, 1)
  await eventually('no troubles', async () => { const its = await numbers(nginx, server); return its.evicts === 0 && its.replicas === 1 && its.last_save_ok === 1 }, { within: 25_000 })
  assert.ok((await numbers(nginx, server)).replica_lag_bytes < 1000)
  await replica.stop()
  await eventually('no replica', async () => (await numbers(nginx, server)).replicas === 0, a_look)
  const after = said_of_server(nginx).slice(before + 3)
  assert.deepEqual(after.filter((line, i) => after.indexOf(line) !== i), [], 'each once')
  assert.deepEqual(after.slice().sort(), [
    'notice: its server S drops nothing any more',
    'notice: its server S has 1 replicas, after 0',
    'notice: its server S writes to its disk again',
    'notice: the memory of its server S has room again',
    'warn: its server S has 0 replicas, after 1'])
})

test('who may not ask is served, and shows no numbers', { timeout: 60_000 }, async (t) => {
  const house = new House(t)
  const acl = 'slo on >word-of-the-store ~slo* &slo* +@all -info'
  const file = house.write('store.password', 'word-of-the-store\n')
  const { nginx, redis } = await set_stage(house, { clients: [], store: `user=slo password_file=${file}`, redis_how: { more: ['--user', ...acl.split(' ')] } })
  await eventually('it is there', async () => (await nginx.metrics()).includes('slo_store_up 1'))
  await eventually('it was asked', async () => /cmdstat_info:.*rejected_calls=[1-9]/.test(await redis.ask('info', 'commandstats')), a_look)
  assert.ok(!(await nginx.metrics()).includes('server='))
  assert.doesNotMatch(nginx.log(), /NOPERM/)
})
