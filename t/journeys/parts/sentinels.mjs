// SPDX-License-Identifier: BSD-2-Clause
// Sentinels, and the servers that they watch: processes of their own, found by nobody before they are started.
import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { promisify } from 'node:util'
import { eventually, free_port, stop } from './house.mjs'
import { server_program, start_redis } from './redis.mjs'

const run = promisify(execFile)
const host = '127.0.0.1'

export const places = async (count) => {
  const taken = []
  for (let i = 0; i < count; ++i) taken.push({ host, port: await free_port(host) })
  return taken
}
export const shown = (list) => list.map(({ host, port }) => `${host}:${port}`).join(',')

// Asks whoever listens there, in so many words.
export const ask = async ({ host, port }, ...words) => (await run('redis-cli', ['-h', host, '-p', String(port), ...words], { timeout: 5000 })).stdout.trim()

export async function start_sentinel(house, name, at, { watches, called = watches.host, quorum = 2, before = '', more = '', door = `port ${at.port}`, within = [] }) {
  mkdirSync(house.path(`${name}.files`))
  const conf = house.write(`${name}.files/sentinel.conf`, `
${door}
bind ${at.host}
dir ${house.path(`${name}.files`)}
${before}
sentinel monitor main ${called} ${watches.port} ${quorum}
sentinel down-after-milliseconds main 1000
sentinel failover-timeout main 3000
sentinel parallel-syncs main 2
${more}
`)
  const child = await house.start(name, [...within, server_program, conf, '--sentinel'], at)
  return { name, at, stop: () => stop(child), kill: async () => { child.kill('SIGKILL'); await child.gone } }
}

export const start_replica = (house, name, at, of, more = [], within = []) =>
  start_redis(house, { name, at, within, more: ['--replicaof', of.host, String(of.port), '--repl-diskless-sync-delay', '0', ...more] })

// Who is the master, by the sentinels' word and by his own. `called`: where they call him otherwise than by his address.
export async function master_by(sentinel, servers) {
  const [host, port] = (await ask(sentinel.at, 'sentinel', 'get-master-addr-by-name', 'main')).split('\n')
  const server = servers.find(({ at, called = at.host }) => called === host && String(at.port) === port)
  return server && (await ask(server.at, 'role').catch(() => '')).startsWith('master') ? server : undefined
}

export const replicas_in_step = (server, count) => eventually(`${count} replicas are in step`, async () =>
  ((await ask(server.at, 'info', 'replication')).match(/state=online/g) ?? []).length === count, { within: 30_000 })

// They look at replicas every ten seconds, and pass over those that had lost their master then.
export const in_a_hurry = (sentinel) =>
  ask(sentinel.at, 'sentinel', 'debug', 'info-period', '500', 'publish-period', '500')

export const sentinels_know = (sentinel, { others, replicas }) => eventually('the sentinels have met', async () => {
  const said = await ask(sentinel.at, 'sentinel', 'master', 'main')
  const value = (name) => Number(new RegExp(`^${name}\\n(\\d+)`, 'm').exec(said)?.[1])
  return value('num-other-sentinels') === others && value('num-slaves') === replicas
}, { within: 30_000 })
