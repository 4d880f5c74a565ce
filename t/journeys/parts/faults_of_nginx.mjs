// SPDX-License-Identifier: BSD-2-Clause
// What may happen to our nginx: killed, reloaded, told to quit, frozen, out of connections.
import { connect } from 'node:net'
import { sleep } from './house.mjs'

const sessions = [[1, 200], [50, 4]]  // how many, clients of each
const soon_again = { timeout: '2s' }  // leases of 12 s

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
    proof: [/exited on signal 9/g, 2],
    sessions: [[2, 200], [25, 4]],
    delivery: soon_again,
    strike: (stage) => Promise.all([
      stage.log_everybody_out(),
      kill_a_worker(stage, 0.2).then(() => kill_a_worker(stage, 0.4)),
    ]),
  },
  {
    name: 'nginx is killed (-9), master and workers',
    sessions: [[2, 200], [25, 4]],
    delivery: soon_again,
    strike: async (stage) => {
      const all_out = stage.log_everybody_out()
      await stage.arrived(0.3)
      await stage.one.kill()
      await stage.one.start_again()
      await all_out
    },
  },
  {
    name: 'frozen for longer than its leases, another host takes over',
    proof: [/were not ours to settle any more|could not be settled in time/g, 1],
    sessions,
    delivery: soon_again,
    hosts: 2,
    strike: async (stage) => {
      const all_out = stage.log_everybody_out()
      await stage.arrived(0.2)
      const workers = stage.one.workers()
      for (const pid of workers) process.kill(pid, 'SIGSTOP')
      stage.front = stage.two
      try {
        await Promise.all([all_out, sleep(14_000)])
      } finally {
        for (const pid of workers) process.kill(pid, 'SIGCONT')
      }
      await sleep(1000)  // for what they still believe to be their own
    },
  },
  {
    name: 'five reloads',
    sessions,
    proof: [/reconfiguring/g, 5],
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
    proof: [/gracefully shutting down/g, 2],
    sessions,
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
    name: 'no connections left (64 for each worker)',
    sessions,
    connections: 64,
    proof: [/64 worker_connections are not enough/g, 1],
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
