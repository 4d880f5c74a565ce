// SPDX-License-Identifier: BSD-2-Clause
// A private Redis on a unix socket.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { stop } from './house.mjs'

const run = promisify(execFile)

export async function start_redis(house, { name = 'redis', fsync = 'everysec' } = {}) {
  const socket = house.path(`${name}.sock`)
  const words = ['redis-server', '--port', '0', '--unixsocket', socket, '--unixsocketperm', '777', '--save', '',
                 '--appendonly', 'yes', '--appendfsync', fsync, '--dir', house.dir, '--maxmemory-policy', 'noeviction']
  let child = await house.start(name, words, socket)
  return {
    socket, url: `unix:${socket}`,
    ask: async (...command) => (await run('redis-cli', ['-s', socket, ...command])).stdout.trim(),
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    stop: () => stop(child),
    kill: async () => { child.kill('SIGKILL'); await child.gone },
    start_again: async () => { child = await house.start(name, words, socket) },
  }
}
