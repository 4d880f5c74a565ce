// SPDX-License-Identifier: BSD-2-Clause
// A town of receivers in a process of their own: one at each loopback address, in streets (one for each fault) that
// behave differently. What arrives is told to the journey at once, before it is answered.
import { fork } from 'node:child_process'
import http from 'node:http'
import net from 'node:net'

const gentle = { slow: 40, status: 200 }

// Listens on `hosts`: {port, hosts, behave(street, {slow ms, status}), visit(street, hear)}.
export async function start_town(test, hosts) {
  const child = fork(import.meta.filename, [], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const gone = new Promise((done) => child.once('exit', done))
  test.after(() => { child.disconnect(); return gone })
  const ears = new Map()
  const port = await new Promise((done, failed) => {
    child.once('exit', (code) => failed(new Error(`the town ended with ${code}`)))
    child.on('message', (said) => (said.port ? done(said.port) : ears.get(said.street)?.(said)))
    child.send({ hosts })
  })
  return {
    port, hosts,
    behave: (street, manner) => child.send({ street, manner: { ...gentle, ...manner } }),
    visit: (street, hear) => ears.set(street, hear),
  }
}

async function live_here() {
  const manners = new Map()
  const server = http.createServer((request, answer) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('error', () => {})
    request.on('end', () => {
      const street = request.url.split('/')[1]
      const { slow, status } = manners.get(street) ?? gentle
      process.send({ street, status, host: request.socket.localAddress, at: Date.now(), method: request.method,
                     type: request.headers['content-type'], body: Buffer.concat(chunks).toString() })
      setTimeout(() => answer.writeHead(status, { 'content-type': 'text/plain' }).end(), slow)
    })
  })
  const listening = (door, port, host) => new Promise((done, failed) =>
    door.once('listening', done).once('error', failed).listen(port, host, 1024))
  const settle = async (hosts) => {
    await listening(server, 0, hosts[0])
    const { port } = server.address()
    for (const host of hosts.slice(1)) {
      await listening(net.createServer((socket) => server.emit('connection', socket)), port, host)
    }
    process.send({ port })
  }
  process.on('message', ({ hosts, street, manner }) => (hosts ? settle(hosts) : manners.set(street, manner)))
  process.on('disconnect', () => process.exit(0))
}

if (process.argv[1] === import.meta.filename) await live_here()
