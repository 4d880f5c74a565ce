// SPDX-License-Identifier: BSD-2-Clause
// What may happen to our nginx: killed, reloaded, told to quit, frozen, out of connections.
import { connect } from 'node:net'
import { sleep } from './house.mjs'

const wide = [3, 200]  // sessions, clients of each
const narrow = [20, 6]

async function kill_a_worker(stage, part) {
  await stage.arrived(part)
  process.kill(stage.one.workers()[0], 'SIGKILL')
}

// Clients that begin a request and leave it at that, on as many connections as they get.
function hold_connections(url, count) {
  const { hostname: host, port } = new URL(url)
  const sockets = Array.from({ length: count }, () => {
    const socket = connect({ host, port: Number(port) }, () => socket.write('GET / HTTP/1.1\r\nHost: a\r\n'))
    return socket.on('error', () => {})
  })
  return () => { for (const socket of sockets) socket.destroy() }
}

export const faults_of_nginx = [
  {
    name: 'a worker is killed (-9), then another',
    sessions: [wide, narrow],
    strike: (stage) => Promise.all([
      stage.log_everybody_out(),
      kill_a_worker(stage, 0.2).then(() => kill_a_worker(stage, 0.4)),
    ]),
  },
  {
    name: 'nginx is killed (-9), master and workers',
    sessions: [wide, narrow],
    strike: async (stage) => {
      const all_out = stage.log_everybody_out()
      await stage.arrived(0.3)
      await stage.one.kill()
      await stage.one.start_again()
      await all_out
    },
  },
  {
    name: 'five reloads',
    sessions: [[1, 200], [60, 4]],
    strike: async (stage) => {
      const all_out = stage.log_everybody_out()
      await stage.arrived(0.05)
      for (let i = 0; i < 5; ++i) {
        stage.one.child.kill('SIGHUP')
        await sleep(250)
      }
      await all_out
    },
  },
  {
    name: 'quit, another host takes over',
    sessions: [[2, 200], narrow],
    hosts: 2,
    strike: async (stage) => {
      const all_out = stage.log_everybody_out()
      await stage.arrived(0.2)
      stage.one.child.kill('SIGQUIT')
      stage.front = stage.two
      await Promise.all([stage.one.child.gone, all_out])
    },
  },
  {
    name: "frozen for longer than its leases, another host takes over",
    sessions: [[2, 200], narrow],
    hosts: 2,
    strike: async (stage) => {
      const all_out = stage.log_everybody_out()
      await stage.arrived(0.2)
      const workers = stage.one.workers()
      for (const pid of workers) process.kill(pid, 'SIGSTOP')
      stage.front = stage.two
      await Promise.all([all_out, sleep(13_000)])
      for (const pid of workers) process.kill(pid, 'SIGCONT')
      await sleep(1000)  // what it still believes to be its own
    },
  },
  {
    name: 'no connections left (64 for each worker)',
    sessions: [[1, 200], [60, 4]],
    connections: 64,
    strike: async (stage) => {
      const all_out = stage.log_everybody_out()
      await stage.arrived(0.1)
      const let_go = hold_connections(stage.one.url, 400)
      await sleep(3000)
      let_go()
      await all_out
    },
  },
]
