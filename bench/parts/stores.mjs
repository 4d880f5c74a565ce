// SPDX-License-Identifier: BSD-2-Clause
// The forms of a store, as processes on the servers' core: one node, one that sentinels name, a cluster. Each: {url, pids, ask_all}.
import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { promisify } from 'node:util'
import { eventually, free_port } from '../../t/journeys/parts/house.mjs'
import { cores } from './cores.mjs'
import { cpu_of } from './cpu.mjs'

const run = promisify(execFile)
const host = '127.0.0.1'
const place = async () => ({ host, port: await free_port(host) })
const name_of = ({ port }) => `${host}:${port}`
const ask = async ({ port }, ...words) => (await run('redis-cli', ['-h', host, '-p', String(port), ...words], { maxBuffer: 1 << 26 })).stdout.trim()

async function start_server(house, name, more = []) {
  const at = await place(), dir = house.path(`${name}.d`)
  mkdirSync(dir)
  const child = await house.start(name, ['taskset', '-c', cores.server, 'redis-server', '--port', String(at.port), '--bind', host, '--save', '', '--dir', dir,
    '--maxmemory-policy', 'noeviction', '--repl-diskless-sync-delay', '0', ...more], at)
  return { ...at, pid: child.pid, ask: (...words) => ask(at, ...words) }
}

async function start_sentinel(house, name, master) {
  const at = await place(), dir = house.path(`${name}.d`)
  mkdirSync(dir)
  const conf = house.write(`${name}.d/sentinel.conf`, `port ${at.port}\nbind ${host}\ndir ${dir}\nsentinel monitor main ${host} ${master.port} 2\n`)
  await house.start(name, ['redis-server', conf, '--sentinel'], at)
  return at
}

async function one_node(house) {
  const server = await start_server(house, 'one')
  return { url: `redis://${name_of(server)}`, masters: [server], replicas: [] }
}

async function with_sentinels(house) {
  const master = await start_server(house, 'master')
  const replicas = [await start_server(house, 'replica-1', ['--replicaof', host, String(master.port)]),
                    await start_server(house, 'replica-2', ['--replicaof', host, String(master.port)])]
  const sentinels = []
  for (let i = 0; i < 3; ++i) sentinels.push(await start_sentinel(house, `sentinel-${i}`, master))
  await eventually('replicas are in step', async () => ((await master.ask('info', 'replication')).match(/state=online/g) ?? []).length === 2)
  return { url: `redis-sentinel://${sentinels.map(name_of).join(',')}/main`, masters: [master], replicas }
}

export async function cluster(house, { masters = 3, replicas = 1, name = 'node' } = {}) {
  const nodes = []
  for (let i = 0; i < masters * (1 + replicas); ++i)
    nodes.push(await start_server(house, `${name}-${i}`, ['--cluster-enabled', 'yes', '--cluster-port', String(await free_port(host))]))
  await run('redis-cli', ['--cluster', 'create', ...nodes.map(name_of), '--cluster-replicas', String(replicas), '--cluster-yes'])
  for (const node of nodes) await eventually('it is whole', async () => /cluster_state:ok/.test(await node.ask('cluster', 'info')), { within: 60_000 })
  const roles = await Promise.all(nodes.map((node) => node.ask('role')))
  const of = (role) => nodes.filter((_, i) => roles[i].startsWith(role))
  return { url: `redis-cluster://${name_of(nodes[0])}`, masters: of('master'), replicas: of('slave') }
}

// Redis alone, by the tool that comes with it: µs of all masters for a script that writes one key as the module's do. Of a
// cluster any node will do to begin with.
export async function bare({ url, masters }) {
  const script = "for i=1,10 do redis.call('hset',KEYS[1],'f'..i,'a value') redis.call('expire',KEYS[1],600) end return redis.call('hgetall',KEYS[1])"
  const count = 20_000, before = masters.map(({ pid }) => cpu_of(pid).all)
  await run('taskset', ['-c', cores.driver, 'redis-benchmark', '-h', host, '-p', String(masters[0].port), ...(url.startsWith('redis-cluster') ? ['--cluster'] : []),
    '-n', String(count), '-r', '100000', '-c', '3', '-P', '4', '-q', 'eval', script, '1', '{tag}:__rand_int__'])
  return masters.reduce((sum, { pid }, i) => sum + cpu_of(pid).all - before[i], 0) / count
}

export const forms = { 'one node': one_node, 'Sentinel, 1 + 2': with_sentinels, 'Cluster, 3 + 3': cluster }
export const pids_of = ({ masters, replicas }) => Object.fromEntries([...masters.map(({ pid }, i) => [`master-${i}`, pid]), ...replicas.map(({ pid }, i) => [`replica-${i}`, pid])])
