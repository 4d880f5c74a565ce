// SPDX-License-Identifier: BSD-2-Clause
// A private Redis on a unix socket, and at `at` ({host, port}) where that is given, started by the words of `within`.
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { promisify } from 'node:util'
import { stop } from './house.mjs'

const run = promisify(execFile)

// Another one than the system's, such as a Valkey: t/README.md.
export const server_program = process.env.SLO_REDIS_SERVER || 'redis-server'

export async function start_redis(house, { name = 'redis', fsync = 'everysec', at, more = [], within = [] } = {}) {
  const socket = house.path(`${name}.sock`)
  const door = at ? ['--port', String(at.port), '--bind', at.host] : ['--port', '0']
  const dir = house.path(`${name}.files`)
  mkdirSync(dir, { recursive: true })
  const words = [...within, server_program, ...door, '--unixsocket', socket, '--unixsocketperm', '777', '--save', '',
                 '--appendonly', 'yes', '--appendfsync', fsync, '--dir', dir, '--maxmemory-policy', 'noeviction', ...more]
  let child = await house.start(name, words, socket)
  return {
    socket, dir, url: `unix:${socket}`,
    ask: async (...command) => (await run('redis-cli', ['-s', socket, ...command])).stdout.trim(),
    do_not_wait_for: (...command) => { execFile('redis-cli', ['-s', socket, ...command], () => {}) },
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    stop: () => stop(child),
    kill: async () => { child.kill('SIGKILL'); await child.gone },
    start_without_its_files: async () => {
      rmSync(`${dir}/appendonlydir`, { recursive: true })
      child = await house.start(name, words, socket)
    },
    start_again: async () => { child = await house.start(name, words, socket) },
  }
}
